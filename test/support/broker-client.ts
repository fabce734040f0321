// The requests of a client, one function each, for tests that look at a broker from outside. Must never retry or hide an answer.
import { SystemClock } from 'rocketmq-core/common';
import { decodeMessages, encodeProperties, type MessageExt } from 'rocketmq-core/message';
import {
  CONSUMER_SEND_MSG_BACK,
  encodeHeartbeatData,
  HEART_BEAT,
  PULL_MESSAGE,
  QUERY_CONSUMER_OFFSET,
  SEND_MESSAGE_V2,
  UPDATE_CONSUMER_OFFSET,
} from 'rocketmq-core/protocol';
import { createRemotingClient, NodeNetwork, type RemotingClient } from 'rocketmq-core/remoting';

export interface PullWish {
  topic: string;
  group?: string;
  queueId?: number;
  offset?: number;
  /** Hold for at most this long. */
  holdMs?: number;
  /** Tag expression carried by the request itself; undefined = the group's. */
  subscription?: string | undefined;
  subVersion?: number;
  commitOffset?: number;
}

export class BrokerClient {
  readonly remoting: RemotingClient = createRemotingClient({ network: new NodeNetwork(), clock: new SystemClock() });

  constructor(readonly address: string) {}

  send(topic: string, body: string, options: { queueId?: number; properties?: Record<string, string>; reconsumeTimes?: number } = {}) {
    return this.remoting.invoke(
      SEND_MESSAGE_V2,
      this.address,
      {
        producerGroup: 'pg',
        topic,
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: 4,
        queueId: options.queueId ?? 0,
        sysFlag: 0,
        bornTimestamp: 1_700_000_000_000,
        flag: 7,
        properties: encodeProperties(new Map(Object.entries(options.properties ?? {}))),
        reconsumeTimes: options.reconsumeTimes ?? 0,
        unitMode: false,
        batch: false,
      },
      { body: Buffer.from(body) },
    );
  }

  pull(wish: PullWish) {
    const own = wish.subscription !== undefined || wish.subVersion === undefined;
    const sysFlag = (wish.commitOffset === undefined ? 0 : 1) | (wish.holdMs === undefined ? 0 : 2) | (own ? 4 : 0);
    return this.remoting.invoke(
      PULL_MESSAGE,
      this.address,
      {
        consumerGroup: wish.group ?? 'cg',
        topic: wish.topic,
        queueId: wish.queueId ?? 0,
        queueOffset: wish.offset ?? 0,
        maxMsgNums: 32,
        sysFlag,
        commitOffset: wish.commitOffset ?? 0,
        suspendTimeoutMillis: wish.holdMs ?? 0,
        subscription: own ? (wish.subscription ?? '*') : undefined,
        subVersion: wish.subVersion ?? 0,
        expressionType: 'TAG',
      },
      { timeoutMs: 30_000 },
    );
  }

  async messages(wish: PullWish): Promise<MessageExt[]> {
    const response = await this.pull(wish);
    return response.code === 0 ? decodeMessages(response.body) : [];
  }

  heartbeat(clientID: string, group: string, topics: Record<string, number>, extra: { fingerprint?: number; withoutSub?: boolean } = {}) {
    const subscriptionDataSet = Object.entries(topics).map(([topic, subVersion]) => ({
      topic,
      subString: '*',
      subVersion,
      tagsSet: [],
      codeSet: [],
      expressionType: 'TAG',
      classFilterMode: false,
    }));
    const body = encodeHeartbeatData({
      clientID,
      producerDataSet: [{ groupName: 'pg' }],
      consumerDataSet: [
        {
          groupName: group,
          consumeType: 'CONSUME_PASSIVELY',
          messageModel: 'CLUSTERING',
          consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
          subscriptionDataSet,
          unitMode: false,
        },
      ],
      heartbeatFingerprint: extra.fingerprint ?? 0,
      withoutSub: extra.withoutSub ?? false,
    });
    return this.remoting.invoke(HEART_BEAT, this.address, {}, { body });
  }

  commit(group: string, topic: string, queueId: number, commitOffset: number) {
    return this.remoting.invoke(UPDATE_CONSUMER_OFFSET, this.address, { consumerGroup: group, topic, queueId, commitOffset });
  }

  committed(group: string, topic: string, queueId: number, setZeroIfNotFound?: boolean) {
    return this.remoting.invoke(QUERY_CONSUMER_OFFSET, this.address, { consumerGroup: group, topic, queueId, setZeroIfNotFound });
  }

  sendBack(group: string, offset: number, delayLevel: number, maxReconsumeTimes = 16) {
    return this.remoting.invoke(CONSUMER_SEND_MSG_BACK, this.address, { group, offset, delayLevel, maxReconsumeTimes, unitMode: false });
  }

  close(): Promise<void> {
    return this.remoting.shutdown();
  }
}
