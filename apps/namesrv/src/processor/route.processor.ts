// Answers where the queues of a topic are: code 105, the one request every client sends. Must never change a table.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles, reply } from 'nest-rocketmq/server';
import type { Clock } from 'rocketmq-core/common';
import { encodeTopicRouteData, GET_ROUTEINFO_BY_TOPIC } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { NAMESRV_CLOCK, NAMESRV_SETTINGS } from '../config/namesrv.tokens.js';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import { KvConfigTable, NAMESPACE_ORDER_TOPIC_CONFIG } from '../kv-config/kv-config-table.js';
import { RouteQueries } from '../route-info/route-queries.js';

/** MQVersion ordinal of V4_9_4: clients from here on read routes in standard JSON. [java ClientRequestProcessor] */
const STANDARD_JSON_VERSION = 401;

@Injectable()
export class RouteProcessor {
  private readonly startedMs: number;

  constructor(
    private readonly routes: RouteQueries,
    private readonly kvConfig: KvConfigTable,
    @Inject(NAMESRV_SETTINGS) private readonly config: NamesrvConfig,
    @Inject(NAMESRV_CLOCK) private readonly clock: Clock,
  ) {
    this.startedMs = clock.monotonic();
  }

  @Handles(GET_ROUTEINFO_BY_TOPIC)
  getRouteInfoByTopic(request: ServedRequest<typeof GET_ROUTEINFO_BY_TOPIC>): Reply<typeof GET_ROUTEINFO_BY_TOPIC> {
    if (this.isWaitingForService()) return fail('SYSTEM_ERROR', 'name server not ready');
    const { topic, acceptStandardJsonOnly } = request.header;
    const route = this.routes.topicRoute(topic);
    if (route === undefined) return fail('TOPIC_NOT_EXIST', `No topic route info in name server for the topic: ${topic}`);
    const orderTopicConf = this.config.orderMessageEnable ? this.kvConfig.get(NAMESPACE_ORDER_TOPIC_CONFIG, topic) : undefined;
    const standard = acceptStandardJsonOnly === true || request.version >= STANDARD_JSON_VERSION;
    return reply(undefined, {
      body: encodeTopicRouteData(orderTopicConf === undefined ? route : { ...route, orderTopicConf }, { standard }),
    });
  }

  private isWaitingForService(): boolean {
    return this.config.needWaitForService && this.clock.monotonic() - this.startedMs < this.config.waitSecondsForService * 1000;
  }
}
