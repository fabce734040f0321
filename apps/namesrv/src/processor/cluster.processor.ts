// Answers administrators about brokers: codes 106, 205, 327, 901. Decodes and answers; the tables decide.
import { Injectable } from '@nestjs/common';
import { Handles, reply } from 'nest-rocketmq/server';
import {
  ADD_WRITE_PERM_OF_BROKER,
  encodeBrokerMemberGroup,
  encodeClusterInfo,
  GET_BROKER_CLUSTER_INFO,
  GET_BROKER_MEMBER_GROUP,
  WIPE_WRITE_PERM_OF_BROKER,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { RouteInfoManager } from '../route-info/route-info-manager.js';
import { RouteQueries } from '../route-info/route-queries.js';

@Injectable()
export class ClusterProcessor {
  constructor(
    private readonly manager: RouteInfoManager,
    private readonly routes: RouteQueries,
  ) {}

  @Handles(GET_BROKER_CLUSTER_INFO)
  getBrokerClusterInfo(): Reply<typeof GET_BROKER_CLUSTER_INFO> {
    return reply(undefined, { body: encodeClusterInfo(this.routes.clusterInfo()) });
  }

  @Handles(WIPE_WRITE_PERM_OF_BROKER)
  wipeWritePermOfBroker({ header }: ServedRequest<typeof WIPE_WRITE_PERM_OF_BROKER>): Reply<typeof WIPE_WRITE_PERM_OF_BROKER> {
    return reply({ wipeTopicCount: this.manager.wipeWritePermission(header.brokerName) });
  }

  @Handles(ADD_WRITE_PERM_OF_BROKER)
  addWritePermOfBroker({ header }: ServedRequest<typeof ADD_WRITE_PERM_OF_BROKER>): Reply<typeof ADD_WRITE_PERM_OF_BROKER> {
    return reply({ addTopicCount: this.manager.addWritePermission(header.brokerName) });
  }

  @Handles(GET_BROKER_MEMBER_GROUP)
  getBrokerMemberGroup({ header }: ServedRequest<typeof GET_BROKER_MEMBER_GROUP>): Reply<typeof GET_BROKER_MEMBER_GROUP> {
    const { clusterName, brokerName } = header;
    const brokerMemberGroup = { brokerAddrs: this.routes.brokerMembers(brokerName), brokerName, cluster: clusterName };
    return reply(undefined, { body: encodeBrokerMemberGroup({ brokerMemberGroup }) });
  }
}
