// Serves administrators who look at consumers or move them: who is connected, what they are doing, one message handed to a listener, offsets
// set to a time. Must never decide for a member: what concerns a running client is asked of it, within a time limit.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles, InjectRemotingServer } from 'nest-rocketmq/server';
import { RequestTimeoutError } from 'rocketmq-core/errors';
import { decodeOffsetMessageId, type MessageQueue, validateGroupName } from 'rocketmq-core/message';
import {
  CLONE_GROUP_OFFSET,
  CONSUME_MESSAGE_DIRECTLY,
  decodeConsumerStatusBody,
  encodeConsumerConnection,
  encodeConsumerStatusBody,
  encodeResetOffsetBody,
  GET_CONSUMER_CONNECTION_LIST,
  GET_CONSUMER_RUNNING_INFO,
  GET_CONSUMER_STATUS_FROM_CLIENT,
  INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
  INVOKE_BROKER_TO_RESET_OFFSET,
  type RequestHeader,
  type RequestRow,
} from 'rocketmq-core/protocol';
import { languageName, type RemotingServer, type Reply, type ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { ClientChannel } from '../client/client-channel.js';
import { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { OffsetReset } from '../offset/offset-reset.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CONFIG, MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { isRefusal } from './refusal.js';

/** How long a client may take over what is passed on to it [java AdminBrokerProcessor#callConsumer, Broker2Client#getConsumeStatus]. */
const RELAY_TIMEOUT_MS = 10_000;
const STATUS_TIMEOUT_MS = 5_000;

@Injectable()
export class ConsumerAdminProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    @InjectRemotingServer() private readonly server: RemotingServer,
    private readonly consumers: ConsumerTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly topics: TopicConfigTable,
    private readonly offsets: ConsumerOffsetTable,
    private readonly offsetReset: OffsetReset,
  ) {}

  @Handles(GET_CONSUMER_CONNECTION_LIST)
  connections({ header }: ServedRequest<typeof GET_CONSUMER_CONNECTION_LIST>): Reply<typeof GET_CONSUMER_CONNECTION_LIST> {
    const group = this.consumers.find(header.consumerGroup);
    if (group === undefined) return fail('CONSUMER_NOT_ONLINE', `the consumer group[${header.consumerGroup}] not online`);
    const connectionSet = [...group.channels.values()].map(({ connection, clientId, language, version }) => ({
      clientAddr: connection.remoteAddress,
      clientId,
      language: languageName(language),
      version,
    }));
    const { consumeFromWhere, consumeType, messageModel, subscriptions } = group;
    return {
      code: 'SUCCESS',
      body: encodeConsumerConnection({ connectionSet, consumeFromWhere, consumeType, messageModel, subscriptionTable: subscriptions }),
    };
  }

  @Handles(GET_CONSUMER_RUNNING_INFO)
  runningInfo({
    header,
  }: ServedRequest<typeof GET_CONSUMER_RUNNING_INFO>):
    Reply<typeof GET_CONSUMER_RUNNING_INFO> | Promise<Reply<typeof GET_CONSUMER_RUNNING_INFO>> {
    return this.relay(GET_CONSUMER_RUNNING_INFO, header, header);
  }

  @Handles(CONSUME_MESSAGE_DIRECTLY)
  consumeDirectly({
    header,
  }: ServedRequest<typeof CONSUME_MESSAGE_DIRECTLY>):
    Reply<typeof CONSUME_MESSAGE_DIRECTLY> | Promise<Reply<typeof CONSUME_MESSAGE_DIRECTLY>> {
    const { consumerGroup, clientId, msgId } = header;
    if (clientId === undefined) return fail('SYSTEM_ERROR', `which member of ${consumerGroup}? give its clientId`);
    const record = msgId === undefined ? undefined : this.recordOf(msgId);
    if (record === undefined) return fail('SYSTEM_ERROR', `no message of this broker has the id ${msgId ?? ''}`);
    const group = this.groups.find(consumerGroup);
    const topic = header.topic === undefined ? undefined : this.topics.find(header.topic);
    const full = {
      ...header,
      brokerName: this.config.brokerName,
      ...(topic === undefined ? {} : { topicSysFlag: topic.topicSysFlag }),
      ...(group === undefined ? {} : { groupSysFlag: group.groupSysFlag }),
    };
    return this.relay(CONSUME_MESSAGE_DIRECTLY, full, { consumerGroup, clientId }, record);
  }

  @Handles(INVOKE_BROKER_TO_RESET_OFFSET)
  reset({ header }: ServedRequest<typeof INVOKE_BROKER_TO_RESET_OFFSET>): Reply<typeof INVOKE_BROKER_TO_RESET_OFFSET> {
    const offsets = this.offsetReset.reset({ ...header, queueId: header.queueId ?? -1, offset: header.offset ?? -1 });
    if (isRefusal(offsets)) return fail(offsets.code, offsets.remark);
    return { code: 'SUCCESS', body: encodeResetOffsetBody(this.byQueue(header.topic, offsets)) };
  }

  /** What the source has not committed is not taken over; what the other group had of a topic taken over is gone [java AdminBrokerProcessor#cloneGroupOffset]. */
  @Handles(CLONE_GROUP_OFFSET)
  clone({ header }: ServedRequest<typeof CLONE_GROUP_OFFSET>): Reply<typeof CLONE_GROUP_OFFSET> {
    const { srcGroup, destGroup, topic } = header;
    validateGroupName(destGroup);
    const subscriptions = header.offline === true ? undefined : this.consumers.find(srcGroup)?.subscriptions;
    const topics = topic === undefined || topic.trim() === '' ? this.offsets.topicsOf(srcGroup) : [topic];
    for (const each of topics) {
      if (this.topics.find(each) === undefined) continue;
      if (subscriptions !== undefined && subscriptions.size > 0 && !subscriptions.has(each)) continue;
      this.offsets.clone(each, srcGroup, destGroup);
    }
    return { code: 'SUCCESS' };
  }

  @Handles(INVOKE_BROKER_TO_GET_CONSUMER_STATUS)
  async status({
    header,
  }: ServedRequest<typeof INVOKE_BROKER_TO_GET_CONSUMER_STATUS>): Promise<Reply<typeof INVOKE_BROKER_TO_GET_CONSUMER_STATUS>> {
    const { topic, group, clientAddr } = header;
    const channels = [...(this.consumers.find(group)?.channels.values() ?? [])];
    const asked = clientAddr === undefined || clientAddr === '' ? channels : channels.filter(({ clientId }) => clientId === clientAddr);
    if (asked.length === 0) return fail('SYSTEM_ERROR', `No Any Consumer online in the consumer group: [${group}]`);
    const consumerTable = new Map<string, Map<MessageQueue, number>>();
    const ask = async ({ connection, clientId }: ClientChannel): Promise<void> => {
      const options = { timeoutMs: STATUS_TIMEOUT_MS };
      const { code, body } = await this.server.invoke(connection, GET_CONSUMER_STATUS_FROM_CLIENT, { topic, group }, options);
      if (code === 0) consumerTable.set(clientId, decodeConsumerStatusBody(body));
    };
    await Promise.all(asked.map(ask));
    return { code: 'SUCCESS', body: encodeConsumerStatusBody(new Map(), consumerTable) };
  }

  /** Passes a request on to a member and its answer back [java AdminBrokerProcessor#callConsumer]. */
  private async relay<R extends RequestRow>(
    row: R,
    header: RequestHeader<R>,
    { consumerGroup, clientId }: { consumerGroup: string; clientId: string },
    body?: Uint8Array,
  ): Promise<Reply<R>> {
    const channel = [...(this.consumers.find(consumerGroup)?.channels.values() ?? [])].find((each) => each.clientId === clientId);
    if (channel === undefined) return fail('SYSTEM_ERROR', `The Consumer <${consumerGroup}> <${clientId}> not online`);
    try {
      const answer = await this.server.invoke(channel.connection, row, header, { timeoutMs: RELAY_TIMEOUT_MS, ...(body ? { body } : {}) });
      if (answer.code !== 0) return fail('SYSTEM_ERROR', answer.remark ?? `the consumer answered ${answer.code}`);
      return { code: 'SUCCESS', body: answer.body } as Reply<R>;
    } catch (error) {
      if (!(error instanceof RequestTimeoutError)) throw error;
      return fail('CONSUME_MSG_TIMEOUT', `consumer <${consumerGroup}> <${clientId}> Timeout: ${error.message}`);
    }
  }

  private recordOf(msgId: string): Uint8Array | undefined {
    const id = decodeOffsetMessageId(msgId);
    return id === undefined || id.physicalOffset < 0n ? undefined : this.store.readRecord(Number(id.physicalOffset));
  }

  private byQueue(topic: string, offsets: ReadonlyMap<number, number>): Map<MessageQueue, number> {
    const { brokerName } = this.config;
    return new Map([...offsets].map(([queueId, offset]) => [{ topic, brokerName, queueId }, offset]));
  }
}
