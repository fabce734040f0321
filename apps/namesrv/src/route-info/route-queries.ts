// Reads the route tables: what clients and administrators ask. Must never change a table.
import type { BrokerData, ClusterInfo, QueueData, TopicRouteData } from 'rocketmq-core/protocol';
import { brokerDataOf } from './broker-addr-table.js';
import type { RouteTables } from './route-tables.js';

/** Bits of topicSysFlag. */
const FLAG_UNIT = 1;
const FLAG_UNIT_SUB = 2;

export type UnitKind = 'unit' | 'hasUnitSub' | 'hasUnitSubUnunit';

export class RouteQueries {
  private readonly tables: RouteTables;

  constructor(tables: RouteTables) {
    this.tables = tables;
  }

  /** Queues of a topic and the brokers that are there to serve them; undefined when there are none. */
  topicRoute(topic: string): TopicRouteData | undefined {
    const queues = this.tables.topicQueue.queuesOf(topic);
    if (queues === undefined) return undefined;
    const brokerDatas: BrokerData[] = [];
    const filterServerTable = new Map<string, string[]>();
    for (const brokerName of queues.keys()) {
      const members = this.tables.brokerAddr.get(brokerName);
      if (members === undefined || members.addresses.size === 0) continue;
      brokerDatas.push(brokerDataOf(members));
      for (const address of members.addresses.values()) {
        const filterServers = this.tables.brokerLive.get(members.cluster, address)?.filterServers ?? [];
        if (filterServers.length > 0) filterServerTable.set(address, [...filterServers]);
      }
    }
    if (brokerDatas.length === 0) return undefined;
    return { brokerDatas, filterServerTable, queueDatas: [...queues.values()] };
  }

  clusterInfo(): ClusterInfo {
    return {
      brokerAddrTable: new Map([...this.tables.brokerAddr.all()].map((members) => [members.brokerName, brokerDataOf(members)])),
      clusterAddrTable: new Map([...this.tables.clusterAddr.all()].map(([cluster, names]) => [cluster, [...names]])),
    };
  }

  allTopics(): string[] {
    return [...this.tables.topicQueue.topicNames()];
  }

  topicsOfCluster(clusterName: string): string[] {
    const topics = new Set<string>();
    for (const brokerName of this.tables.clusterAddr.brokerNames(clusterName) ?? []) {
      for (const topic of this.tables.topicQueue.topicsOfBroker(brokerName)) topics.add(topic);
    }
    return [...topics];
  }

  /** Names of clusters and brokers, which are system topics, and the address of some broker to ask further. */
  systemTopics(): { topicList: string[]; brokerAddr: string | undefined } {
    const topicList = new Set<string>();
    for (const [cluster, brokerNames] of this.tables.clusterAddr.all()) {
      topicList.add(cluster);
      for (const brokerName of brokerNames) topicList.add(brokerName);
    }
    for (const { addresses } of this.tables.brokerAddr.all()) {
      for (const brokerAddr of addresses.values()) return { topicList: [...topicList], brokerAddr };
    }
    return { topicList: [...topicList], brokerAddr: undefined };
  }

  unitTopics(kind: UnitKind): string[] {
    const matches = ({ topicSysFlag }: QueueData): boolean => {
      const isUnit = (topicSysFlag & FLAG_UNIT) !== 0;
      const hasSub = (topicSysFlag & FLAG_UNIT_SUB) !== 0;
      return kind === 'unit' ? isUnit : kind === 'hasUnitSub' ? hasSub : hasSub && !isUnit;
    };
    return this.allTopics().filter((topic) => {
      const [first] = this.tables.topicQueue.queuesOf(topic)!.values();
      return first !== undefined && matches(first);
    });
  }

  /** Members of one broker name; empty when it is unknown. */
  brokerMembers(brokerName: string): Map<number, string> {
    return new Map([...(this.tables.brokerAddr.get(brokerName)?.addresses ?? [])].toSorted(([a], [b]) => a - b));
  }
}
