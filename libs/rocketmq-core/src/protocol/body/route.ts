// Routes and clusters as name servers answer them [java TopicRouteData, ClusterInfo, BrokerMemberGroup, TopicList, KVTable].
import { BodyReader, jsonBytes, writeJson } from '../json/index.js';

export interface QueueData {
  brokerName: string;
  readQueueNums: number;
  writeQueueNums: number;
  perm: number;
  topicSysFlag: number;
}

export interface BrokerData {
  cluster: string;
  brokerName: string;
  /** Broker id to `host:port`; id 0 is the master. */
  brokerAddrs: Map<number, string>;
  enableActingMaster: boolean;
  zoneName?: string | undefined;
}

export interface TopicRouteData {
  /** `broker-a:4;broker-b:4` for topics with ordered queues. */
  orderTopicConf?: string | undefined;
  queueDatas: QueueData[];
  brokerDatas: BrokerData[];
  filterServerTable: Map<string, string[]>;
}

export interface ClusterInfo {
  brokerAddrTable: Map<string, BrokerData>;
  clusterAddrTable: Map<string, string[]>;
}

/** `standard`: quoted numeric keys, for clients from 4.9.4 on. */
export function encodeTopicRouteData(route: TopicRouteData, options: { standard?: boolean } = {}): Uint8Array {
  return jsonBytes(writeJson(route, { standard: options.standard ?? false }));
}

export function decodeTopicRouteData(body: Uint8Array): TopicRouteData {
  const reader = BodyReader.parse(body);
  return {
    orderTopicConf: reader.string('orderTopicConf', undefined),
    queueDatas: reader.objects('queueDatas').map(readQueueData),
    brokerDatas: reader.objects('brokerDatas').map(readBrokerData),
    filterServerTable: new Map(
      reader.namedEntries('filterServerTable').map(([address, servers]) => [address, Array.isArray(servers) ? servers.map(String) : []]),
    ),
  };
}

function readQueueData(reader: BodyReader): QueueData {
  return {
    brokerName: reader.string('brokerName'),
    readQueueNums: reader.integer('readQueueNums', 0),
    writeQueueNums: reader.integer('writeQueueNums', 0),
    perm: reader.integer('perm', 0),
    // 4.8 and older call it topicSynFlag.
    topicSysFlag: reader.integer('topicSysFlag', reader.integer('topicSynFlag', 0)),
  };
}

function readBrokerData(reader: BodyReader): BrokerData {
  return {
    cluster: reader.string('cluster', ''),
    brokerName: reader.string('brokerName'),
    brokerAddrs: new Map(reader.numberedEntries('brokerAddrs').map(([id, address]) => [id, String(address)])),
    enableActingMaster: reader.boolean('enableActingMaster', false),
    ...(reader.has('zoneName') ? { zoneName: reader.string('zoneName') } : {}),
  };
}

export function encodeClusterInfo(info: ClusterInfo): Uint8Array {
  return jsonBytes(writeJson(info));
}

export function decodeClusterInfo(body: Uint8Array): ClusterInfo {
  const reader = BodyReader.parse(body);
  return {
    brokerAddrTable: new Map(
      reader.namedEntries('brokerAddrTable').map(([name, value]) => [name, readBrokerData(reader.child('brokerAddrTable', value))]),
    ),
    clusterAddrTable: new Map(
      reader.namedEntries('clusterAddrTable').map(([cluster, names]) => [cluster, Array.isArray(names) ? names.map(String) : []]),
    ),
  };
}

export interface BrokerMemberGroup {
  cluster: string;
  brokerName: string;
  brokerAddrs: Map<number, string>;
}

export function encodeBrokerMemberGroup(body: { brokerMemberGroup: BrokerMemberGroup | undefined }): Uint8Array {
  return jsonBytes(writeJson(body));
}

export interface TopicList {
  topicList: string[];
  brokerAddr?: string | undefined;
}

export function encodeTopicList(list: TopicList): Uint8Array {
  return jsonBytes(writeJson(list));
}

export function decodeTopicList(body: Uint8Array): TopicList {
  const reader = BodyReader.parse(body);
  return { topicList: reader.strings('topicList'), brokerAddr: reader.string('brokerAddr', undefined) };
}

export interface KVTable {
  table: Map<string, string>;
}

export function encodeKVTable(table: KVTable): Uint8Array {
  return jsonBytes(writeJson(table));
}

export function decodeKVTable(body: Uint8Array): KVTable {
  return {
    table: new Map(
      BodyReader.parse(body)
        .namedEntries('table')
        .map(([key, value]) => [key, String(value)]),
    ),
  };
}
