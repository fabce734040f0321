// Answers lists of topics and takes an administrator's changes to them: codes 206, 216, 217, 224, 304, 311, 312, 313.
// Decodes and answers; the tables decide.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles, reply } from 'nest-rocketmq/server';
import {
  decodeTopicRouteData,
  DELETE_TOPIC_IN_NAMESRV,
  encodeTopicList,
  GET_ALL_TOPIC_LIST_FROM_NAMESERVER,
  GET_HAS_UNIT_SUB_TOPIC_LIST,
  GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST,
  GET_SYSTEM_TOPIC_LIST_FROM_NS,
  GET_TOPICS_BY_CLUSTER,
  GET_UNIT_TOPIC_LIST,
  REGISTER_TOPIC_IN_NAMESRV,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { NAMESRV_SETTINGS } from '../config/namesrv.tokens.js';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import { RouteInfoManager } from '../route-info/route-info-manager.js';
import { RouteQueries } from '../route-info/route-queries.js';

@Injectable()
export class TopicProcessor {
  constructor(
    private readonly manager: RouteInfoManager,
    private readonly routes: RouteQueries,
    @Inject(NAMESRV_SETTINGS) private readonly config: NamesrvConfig,
  ) {}

  @Handles(GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
  getAllTopicList(): Reply<typeof GET_ALL_TOPIC_LIST_FROM_NAMESERVER> {
    return this.topicList(this.config.enableAllTopicList, () => this.routes.allTopics());
  }

  @Handles(GET_TOPICS_BY_CLUSTER)
  getTopicsByCluster({ header }: ServedRequest<typeof GET_TOPICS_BY_CLUSTER>): Reply<typeof GET_TOPICS_BY_CLUSTER> {
    return this.topicList(this.config.enableTopicList, () => this.routes.topicsOfCluster(header.cluster));
  }

  @Handles(GET_SYSTEM_TOPIC_LIST_FROM_NS)
  getSystemTopicList(): Reply<typeof GET_SYSTEM_TOPIC_LIST_FROM_NS> {
    return this.config.enableTopicList
      ? reply(undefined, { body: encodeTopicList(this.routes.systemTopics()) })
      : fail('SYSTEM_ERROR', 'disable');
  }

  @Handles(GET_UNIT_TOPIC_LIST)
  getUnitTopicList(): Reply<typeof GET_UNIT_TOPIC_LIST> {
    return this.topicList(this.config.enableTopicList, () => this.routes.unitTopics('unit'));
  }

  @Handles(GET_HAS_UNIT_SUB_TOPIC_LIST)
  getHasUnitSubTopicList(): Reply<typeof GET_HAS_UNIT_SUB_TOPIC_LIST> {
    return this.topicList(this.config.enableTopicList, () => this.routes.unitTopics('hasUnitSub'));
  }

  @Handles(GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST)
  getHasUnitSubUnunitTopicList(): Reply<typeof GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST> {
    return this.topicList(this.config.enableTopicList, () => this.routes.unitTopics('hasUnitSubUnunit'));
  }

  @Handles(DELETE_TOPIC_IN_NAMESRV)
  deleteTopic({ header }: ServedRequest<typeof DELETE_TOPIC_IN_NAMESRV>): Reply<typeof DELETE_TOPIC_IN_NAMESRV> {
    this.manager.deleteTopic(header.topic, header.clusterName || undefined);
    return reply();
  }

  @Handles(REGISTER_TOPIC_IN_NAMESRV)
  registerTopic({ header, body }: ServedRequest<typeof REGISTER_TOPIC_IN_NAMESRV>): Reply<typeof REGISTER_TOPIC_IN_NAMESRV> {
    if (body.length > 0) this.manager.registerTopic(header.topic, decodeTopicRouteData(body).queueDatas);
    return reply();
  }

  private topicList(enabled: boolean, topics: () => string[]): Reply {
    return enabled ? reply(undefined, { body: encodeTopicList({ topicList: topics() }) }) : fail('SYSTEM_ERROR', 'disable');
  }
}
