// brokerAddrTable: the addresses of each broker name by broker id. Must never know topics.
import type { BrokerData } from 'rocketmq-core/protocol';

/** A broker name and its members. */
export interface BrokerMembers {
  readonly cluster: string;
  readonly brokerName: string;
  readonly addresses: Map<number, string>;
  enableActingMaster: boolean;
  zoneName: string | undefined;
}

export class BrokerAddrTable {
  private readonly brokers = new Map<string, BrokerMembers>();

  get(brokerName: string): BrokerMembers | undefined {
    return this.brokers.get(brokerName);
  }

  has(brokerName: string): boolean {
    return this.brokers.has(brokerName);
  }

  add(cluster: string, brokerName: string): BrokerMembers {
    const members: BrokerMembers = { cluster, brokerName, addresses: new Map(), enableActingMaster: false, zoneName: undefined };
    this.brokers.set(brokerName, members);
    return members;
  }

  remove(brokerName: string): void {
    this.brokers.delete(brokerName);
  }

  all(): IterableIterator<BrokerMembers> {
    return this.brokers.values();
  }
}

/** The members as routes show them: addresses by ascending id. */
export function brokerDataOf(members: BrokerMembers): BrokerData {
  return {
    brokerAddrs: new Map([...members.addresses].toSorted(([a], [b]) => a - b)),
    brokerName: members.brokerName,
    cluster: members.cluster,
    enableActingMaster: members.enableActingMaster,
    ...(members.zoneName === undefined ? {} : { zoneName: members.zoneName }),
  };
}
