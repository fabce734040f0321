// Where a POP of one queue begins: the committed offset, an offset an administrator has set, or, for a group that has none, what the
// request says [java PopMessageProcessor#getPopOffset]. Must never answer a place it has not committed.
import { Inject, Injectable } from '@nestjs/common';
import { RETRY_PREFIX } from 'rocketmq-core/message';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { ResetOffsetTable } from '../offset/reset-offset-table.js';
import { BROKER_CONFIG, MESSAGE_STORE } from '../tokens.js';
import { OrderInfoTable } from './order-info-table.js';

/** initMode of a request: from the first message, or from the last. */
export const INIT_MIN = 0;
export const INIT_MAX = 1;

@Injectable()
export class PopOffsets {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly offsets: ConsumerOffsetTable,
    private readonly resets: ResetOffsetTable,
    private readonly orders: OrderInfoTable,
  ) {}

  /** The place to read from; committed when the group had none, and when it was reset. The caller holds the queue's lock. */
  begin(topic: string, group: string, queueId: number, initMode: number): number {
    const reset = this.resets.take(topic, group, queueId);
    if (reset !== undefined) {
      this.orders.clear(topic, group, queueId);
      this.commit(topic, group, queueId, reset);
      return reset;
    }
    const committed = this.offsets.query(topic, group, queueId);
    if (committed >= 0) return committed;
    const initial = this.initial(topic, queueId, initMode);
    this.commit(topic, group, queueId, initial);
    return initial;
  }

  /** Where it would begin; nothing changes. */
  peek(topic: string, group: string, queueId: number): number {
    const committed = this.offsets.query(topic, group, queueId);
    return committed >= 0 ? committed : (this.store.findQueue(topic, queueId)?.minOffset ?? 0);
  }

  /** Messages between the group's place and the end of the queue. */
  rest(topic: string, group: string, queueId: number): number {
    const maxOffset = this.store.findQueue(topic, queueId)?.maxOffset ?? 0;
    return Math.max(0, maxOffset - this.peek(topic, group, queueId));
  }

  committed(topic: string, group: string, queueId: number): number {
    return this.offsets.query(topic, group, queueId);
  }

  commit(topic: string, group: string, queueId: number, offset: number): void {
    if (this.offsets.query(topic, group, queueId) !== offset) this.offsets.commit(topic, group, queueId, offset);
  }

  /** As commit(), unless an administrator has set another place meanwhile. */
  commitUnlessReset(topic: string, group: string, queueId: number, offset: number): void {
    if (this.resets.peek(topic, group, queueId) === undefined) this.commit(topic, group, queueId, offset);
  }

  private initial(topic: string, queueId: number, initMode: number): number {
    const queue = this.store.findQueue(topic, queueId);
    if (queue === undefined) return 0;
    if (initMode === INIT_MIN || topic.startsWith(RETRY_PREFIX)) return queue.minOffset;
    // A young topic is taken from its beginning.
    if (this.config.initPopOffsetByCheckMsgInMem && queue.minOffset <= 0 && this.store.isInMemory(queue, 0)) return 0;
    return Math.max(0, queue.maxOffset - 1);
  }
}
