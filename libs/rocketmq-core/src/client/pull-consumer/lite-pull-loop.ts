// Pulls one queue of a lite pull consumer ahead of poll(), for as long as it is assigned [java DefaultLitePullConsumerImpl.PullTaskImpl].
// Must never pull beyond the limits of flow control, spin on an error, nor put the answer to a question that a seek has made wrong.
import { type Clock, type Logger, sleep } from '../../common/index.js';
import { BrokerReplyError } from '../../errors/index.js';
import type { MessageExt, SubscriptionData } from '../../message/index.js';
import { RESPONSE_CODES } from '../../protocol/index.js';
import type { PullAnswer } from '../consumer/pull-answer.js';
import type { PullTrouble } from '../consumer/pull-trouble.js';
import type { AssignedQueue } from './assigned-queue.js';
import type { LitePullConsumerSettings } from './pull-settings.js';

const PAUSED_DELAY_MS = 1000;
const FLOW_CONTROL_DELAY_MS = 50;
const BROKER_FLOW_CONTROL_DELAY_MS = 20;
const NO_START_DELAY_MS = 3000;
const MIB = 1024 * 1024;

export interface LitePullLoopParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: LitePullConsumerSettings;
  readonly consumerGroup: string;
  readonly trouble: PullTrouble;
  subscription(topic: string): SubscriptionData | undefined;
  startOffset(queue: AssignedQueue): Promise<number>;
  /** Rejects when the signal is aborted. */
  pull(queue: AssignedQueue, subscription: SubscriptionData, offset: number, signal: AbortSignal): Promise<PullAnswer>;
  /** Messages of all queues that wait for poll(). */
  waitingMessages(): number;
  /** A batch of the queue waits for poll(). */
  pulled(queue: AssignedQueue): void;
}

export class LitePullLoop {
  private readonly parts: LitePullLoopParts;
  private readonly queue: AssignedQueue;

  constructor(parts: LitePullLoopParts, queue: AssignedQueue) {
    this.parts = parts;
    this.queue = queue;
  }

  /** Resolves when the queue has been dropped. Never rejects. */
  async run(): Promise<void> {
    await this.pullUntilDropped();
    this.parts.trouble.gone(this.queue.queue);
  }

  private async pullUntilDropped(): Promise<void> {
    while (!this.queue.dropped) {
      const { turn } = this.queue;
      const delayMs = await this.step(turn);
      if (delayMs <= 0 || turn.aborted) continue;
      try {
        await sleep(this.parts.clock, delayMs, turn);
      } catch {
        continue; // elsewhere, paused, resumed or dropped
      }
    }
  }

  /** One pull, or none; returns the pause before the next in ms. */
  private async step(turn: AbortSignal): Promise<number> {
    const { clock, settings, startOffset, pull, trouble, subscription: subscriptionTo } = this.parts;
    const { queue } = this;
    queue.lastPullTimestamp = clock.now();
    if (queue.paused) return PAUSED_DELAY_MS;
    if (this.isFull()) return FLOW_CONTROL_DELAY_MS;
    const subscription = subscriptionTo(queue.queue.topic);
    if (subscription === undefined) return settings.pullTimeDelayMillsWhenException;
    const begun = queue.position;
    try {
      if (begun === undefined) {
        const offset = await startOffset(queue);
        if (!turn.aborted) queue.begin(offset);
        return 0;
      }
      const answer = await pull(queue, subscription, begun, turn);
      if (turn.aborted) return 0;
      trouble.succeeded(queue.queue);
      return this.takeAnswer(begun, answer);
    } catch (error) {
      if (turn.aborted) return 0;
      trouble.failed(queue.queue, begun, error);
      return begun === undefined ? NO_START_DELAY_MS : this.delayAfter(error);
    }
  }

  private takeAnswer(offset: number, { status, nextBeginOffset, messages, unreadable, minOffset, maxOffset }: PullAnswer): number {
    const { logger, settings, pulled, consumerGroup } = this.parts;
    const { queue } = this;
    if (status === 'OFFSET_ILLEGAL') {
      logger.warn(
        `offset ${offset} of ${queue.queue.topic} ${queue.queue.brokerName}/${queue.queue.queueId} is illegal, going on at ${nextBeginOffset}`,
        { consumerGroup, minOffset, maxOffset },
      );
    }
    queue.put(inOrder(messages, unreadable), nextBeginOffset);
    if (queue.messageCount > 0) pulled(queue);
    const gotNowhere = nextBeginOffset === offset && status !== 'NO_NEW_MSG';
    return gotNowhere ? settings.pullTimeDelayMillsWhenException : 0;
  }

  private isFull(): boolean {
    const { settings, waitingMessages } = this.parts;
    const { queue } = this;
    return (
      waitingMessages() > settings.pullThresholdForAll ||
      queue.messageCount > settings.pullThresholdForQueue ||
      queue.byteCount > settings.pullThresholdSizeForQueue * MIB ||
      queue.highestOffset - queue.lowestOffset > settings.consumeMaxSpan
    );
  }

  private delayAfter(error: unknown): number {
    const isThrottled = error instanceof BrokerReplyError && error.responseCode === RESPONSE_CODES.FLOW_CONTROL;
    return isThrottled ? BROKER_FLOW_CONTROL_DELAY_MS : this.parts.settings.pullTimeDelayMillsWhenException;
  }
}

/** Bodies nobody can read go to the application as they are: it must know of every message. */
function inOrder(messages: readonly MessageExt[], unreadable: readonly MessageExt[]): readonly MessageExt[] {
  if (unreadable.length === 0) return messages;
  return [...messages, ...unreadable].toSorted((a, b) => a.queueOffset - b.queueOffset);
}
