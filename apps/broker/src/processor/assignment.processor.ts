// Serves clients that leave the sharing out of queues to the broker (clientRebalance=false): codes 400, 401, 402.
// Must never answer a part of the queues as if it were all: "cannot say" makes the client keep what it has.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import { type MessageQueue, RETRY_PREFIX } from 'rocketmq-core/message';
import {
  decodeQueryAssignmentRequest,
  decodeSetMessageRequestMode,
  encodeQueryAssignmentResponse,
  GET_ALL_MESSAGE_REQUEST_MODE,
  jsonBytes,
  QUERY_ASSIGNMENT,
  type QueryAssignmentRequest,
  SET_MESSAGE_REQUEST_MODE,
  type SetMessageRequestMode,
  writeJson,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { StateSettled } from '../lifecycle/state-settled.js';
import { assignedQueues } from '../loadbalance/assignment.js';
import { MessageRequestModes } from '../loadbalance/message-request-modes.js';
import { TopicQueues } from '../loadbalance/topic-queues.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CONFIG } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';

type QueryRow = typeof QUERY_ASSIGNMENT;
type SetRow = typeof SET_MESSAGE_REQUEST_MODE;
type ListRow = typeof GET_ALL_MESSAGE_REQUEST_MODE;

@Injectable()
export class AssignmentProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    private readonly modes: MessageRequestModes,
    private readonly queues: TopicQueues,
    private readonly topics: TopicConfigTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly consumers: ConsumerTable,
    private readonly settled: StateSettled,
  ) {}

  @Handles(QUERY_ASSIGNMENT)
  async assignment({ body }: ServedRequest<QueryRow>): Promise<Reply<QueryRow>> {
    const request = decodeQueryAssignmentRequest(body);
    const mode = this.modes.of(request.topic, request.consumerGroup);
    const queues = await this.queuesFor(request, mode);
    const assignments = queues?.map((messageQueue) => ({ messageQueue, mode: mode.mode }));
    return { code: 'SUCCESS', body: encodeQueryAssignmentResponse(assignments) };
  }

  @Handles(SET_MESSAGE_REQUEST_MODE)
  async setMode({ body }: ServedRequest<SetRow>): Promise<Reply<SetRow>> {
    const mode = decodeSetMessageRequestMode(body);
    if (mode.topic.startsWith(RETRY_PREFIX)) return fail('NO_PERMISSION', 'retry topic is not allowed to set mode');
    if (this.topics.find(mode.topic) === undefined) return fail('TOPIC_NOT_EXIST', `topic[${mode.topic}] not exist`);
    if (this.groups.findOrCreate(mode.consumerGroup) === undefined) {
      return fail('SUBSCRIPTION_GROUP_NOT_EXIST', 'subscription group does not exist');
    }
    this.modes.set(mode);
    await this.settled.topics();
    return { code: 'SUCCESS' };
  }

  @Handles(GET_ALL_MESSAGE_REQUEST_MODE)
  allModes(): Reply<ListRow> {
    return { code: 'SUCCESS', body: jsonBytes(writeJson(this.modes.toFile())) };
  }

  /** Undefined: cannot say. */
  private async queuesFor(request: QueryAssignmentRequest, mode: SetMessageRequestMode): Promise<MessageQueue[] | undefined> {
    const { topic, consumerGroup, messageModel } = request;
    const queues = await this.queues.of(topic);
    if (queues === undefined || messageModel === 'BROADCASTING' || !this.config.serverLoadBalancerEnable) return queues;
    const members = this.consumers.find(consumerGroup);
    if (members === undefined) return undefined;
    const clientIds = [...members.channels.values()].map(({ clientId }) => clientId);
    return assignedQueues({ ...request, ...mode }, queues, clientIds);
  }
}
