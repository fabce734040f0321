// The requests of a consumer that pops, one function each, for tests that look at a broker from outside. Must never retry or hide an answer.
import { SystemClock } from 'rocketmq-core/common';
import {
  decodeMessages,
  encodePopHandle,
  type MessageExt,
  parseEntries,
  popRetryTopicOf,
  popTopicTypeOf,
  PROPERTY,
} from 'rocketmq-core/message';
import {
  ACK_MESSAGE,
  BATCH_ACK_MESSAGE,
  type BatchAck,
  CHANGE_MESSAGE_INVISIBLETIME,
  encodeBatchAck,
  encodeQueryAssignmentRequest,
  encodeSetMessageRequestMode,
  NOTIFICATION,
  PEEK_MESSAGE,
  POLLING_INFO,
  POP_MESSAGE,
  QUERY_ASSIGNMENT,
  type QueryAssignmentRequest,
  SET_MESSAGE_REQUEST_MODE,
  type SetMessageRequestMode,
} from 'rocketmq-core/protocol';
import { createRemotingClient, NodeNetwork, type RemotingClient } from 'rocketmq-core/remoting';

export interface PopWish {
  topic?: string;
  group?: string;
  queueId?: number;
  max?: number;
  invisibleMs?: number;
  /** How long it may wait; 0: not at all. */
  pollMs?: number;
  bornTime?: number;
  /** 0 from the first message, 1 from the last. */
  initMode?: number;
  expression?: string;
  order?: boolean;
  attemptId?: string;
}

/** A message with what acknowledges it. */
export interface Popped {
  readonly message: MessageExt;
  readonly body: string;
  readonly handle: string;
  /** Where it lies: its topic, or the retry topic. */
  readonly topic: string;
}

const INVISIBLE_MS = 60_000;
const TIMEOUT_MS = 60_000;

export class PopClient {
  readonly remoting: RemotingClient = createRemotingClient({ network: new NodeNetwork(), clock: new SystemClock() });

  constructor(
    readonly address: string,
    readonly group = 'pg',
    readonly topic = 'T',
  ) {}

  pop(wish: PopWish = {}) {
    return this.remoting.invoke(
      POP_MESSAGE,
      this.address,
      {
        consumerGroup: wish.group ?? this.group,
        topic: wish.topic ?? this.topic,
        queueId: wish.queueId ?? -1,
        maxMsgNums: wish.max ?? 32,
        invisibleTime: wish.invisibleMs ?? INVISIBLE_MS,
        pollTime: wish.pollMs ?? 0,
        bornTime: wish.bornTime,
        initMode: wish.initMode ?? 0,
        exp: wish.expression,
        expType: wish.expression === undefined ? undefined : 'TAG',
        order: wish.order,
        attemptId: wish.attemptId,
      },
      { timeoutMs: TIMEOUT_MS },
    );
  }

  /** The messages of a POP with their handles, as a consumer makes them. */
  async messages(wish: PopWish = {}): Promise<Popped[]> {
    const { code, header, body } = await this.pop(wish);
    if (code !== 0 || header === undefined) return [];
    const starts = parseEntries(header.startOffsetInfo ?? '')!;
    return decodeMessages(body).map((message) => {
      const given = message.properties.get(PROPERTY.POP_CK);
      const group = wish.group ?? this.group;
      const type = given === undefined ? popTopicTypeOf(message.topic) : (Number(given.split(' ')[4]) as 0 | 1 | 2);
      const handle =
        given ??
        encodePopHandle({
          startOffset: Number(starts.get(`${type}@${message.queueId}`)),
          popTime: header.popTime,
          invisibleTime: header.invisibleTime,
          reviveQueueId: header.reviveQid,
          topicType: type,
          brokerName: 'broker-a',
          queueId: message.queueId,
          queueOffset: message.queueOffset,
        });
      const topic = given === undefined || type === 0 ? message.topic : popRetryTopicOf(message.topic, group, type === 2);
      return { message, body: message.text(), handle, topic };
    });
  }

  ack(popped: Popped, change: { group?: string; handle?: string; offset?: number; topic?: string; queueId?: number } = {}) {
    return this.remoting.invoke(ACK_MESSAGE, this.address, this.target(popped, change));
  }

  changeInvisible(popped: Popped, invisibleTime: number, suspend = false) {
    return this.remoting.invoke(CHANGE_MESSAGE_INVISIBLETIME, this.address, { ...this.target(popped, {}), invisibleTime, suspend });
  }

  batchAck(acks: BatchAck[], brokerName: string | undefined = 'broker-a') {
    return this.remoting.invoke(BATCH_ACK_MESSAGE, this.address, {}, { body: encodeBatchAck({ brokerName, acks }) });
  }

  peek(wish: Pick<PopWish, 'topic' | 'group' | 'queueId' | 'max'> = {}) {
    const { topic = this.topic, group = this.group, queueId = -1, max = 32 } = wish;
    return this.remoting.invoke(PEEK_MESSAGE, this.address, { consumerGroup: group, topic, queueId, maxMsgNums: max });
  }

  notification(wish: Pick<PopWish, 'topic' | 'group' | 'queueId' | 'pollMs' | 'order'> = {}) {
    const { topic = this.topic, group = this.group, queueId = -1, pollMs = 0, order } = wish;
    const header = { consumerGroup: group, topic, queueId, pollTime: pollMs, bornTime: 0, order };
    return this.remoting.invoke(NOTIFICATION, this.address, header, { timeoutMs: TIMEOUT_MS });
  }

  pollingInfo(wish: Pick<PopWish, 'topic' | 'group' | 'queueId'> = {}) {
    const { topic = this.topic, group = this.group, queueId = -1 } = wish;
    return this.remoting.invoke(POLLING_INFO, this.address, { consumerGroup: group, topic, queueId });
  }

  assignment(request: QueryAssignmentRequest) {
    return this.remoting.invoke(QUERY_ASSIGNMENT, this.address, {}, { body: encodeQueryAssignmentRequest(request) });
  }

  setMode(mode: SetMessageRequestMode) {
    return this.remoting.invoke(SET_MESSAGE_REQUEST_MODE, this.address, {}, { body: encodeSetMessageRequestMode(mode) });
  }

  close(): Promise<void> {
    return this.remoting.shutdown();
  }

  private target(popped: Popped, change: { group?: string; handle?: string; offset?: number; topic?: string; queueId?: number }) {
    return {
      consumerGroup: change.group ?? this.group,
      topic: change.topic ?? popped.topic,
      queueId: change.queueId ?? popped.message.queueId,
      extraInfo: change.handle ?? popped.handle,
      offset: change.offset ?? popped.message.queueOffset,
    };
  }
}
