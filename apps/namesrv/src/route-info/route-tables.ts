// The four route tables together. Holds them, nothing else: RouteInfoManager changes them, RouteQueries reads them.
import { BrokerAddrTable } from './broker-addr-table.js';
import { BrokerLiveTable } from './broker-live-table.js';
import { ClusterAddrTable } from './cluster-addr-table.js';
import { TopicQueueTable } from './topic-queue-table.js';

export class RouteTables {
  readonly topicQueue = new TopicQueueTable();
  readonly brokerAddr = new BrokerAddrTable();
  readonly clusterAddr = new ClusterAddrTable();
  readonly brokerLive = new BrokerLiveTable();
}
