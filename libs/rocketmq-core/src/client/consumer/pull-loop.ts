// Pulls one queue after another answer, for as long as the queue is ours [java DefaultMQPushConsumerImpl#pullMessage]. One loop per queue.
// Must never pull beyond the limits of flow control, nor spin on an error.
import { sleep } from '../../common/index.js';
import { BrokerReplyError } from '../../errors/index.js';
import type { MessageExt } from '../../message/index.js';
import { RESPONSE_CODES } from '../../protocol/index.js';
import type { ConsumeService } from './consume-service.js';
import type { ConsumeStats } from './consume-stats.js';
import type { ConsumerContext } from './consumer-context.js';
import type { ProcessQueue } from './process-queue.js';
import type { PullAnswer } from './pull-answer.js';
import { pullOnce } from './pull-request.js';
import { type PullTrouble, UNKNOWN_TO_BROKER } from './pull-trouble.js';
import { type SendBack, warnOfDrop } from './send-back.js';

const PAUSED_DELAY_MS = 1000;
const FLOW_CONTROL_DELAY_MS = 50;
const BROKER_FLOW_CONTROL_DELAY_MS = 20;
const DEAD_LETTER_LEVEL = -1;
const MIB = 1024 * 1024;

export interface PullLoopParts {
  readonly context: ConsumerContext;
  readonly service: ConsumeService;
  readonly sendBack: SendBack;
  readonly stats: ConsumeStats;
  readonly trouble: PullTrouble;
  isPaused(): boolean;
  /** False: the queue's lock is not ours at present, or nobody knows. */
  isLocked(queue: ProcessQueue): boolean;
  /** Whether the distance between lowest and highest offset counts: not where the order keeps it small. */
  readonly limitsSpan: boolean;
  /** Limits of one queue at present. */
  thresholds(): { messages: number; sizeMiB: number };
  /** What the hooks leave of what was pulled. */
  filter(queue: ProcessQueue, messages: MessageExt[]): MessageExt[];
  /** The broker says that the offset is wrong and gave a better one. */
  offsetMoved(queue: ProcessQueue, offset: number): Promise<void>;
}

export class PullLoop {
  private readonly parts: PullLoopParts;
  private readonly queue: ProcessQueue;
  private nextOffset: number;

  constructor(parts: PullLoopParts, queue: ProcessQueue, firstOffset: number) {
    this.parts = parts;
    this.queue = queue;
    this.nextOffset = firstOffset;
  }

  /** Resolves when the queue has been dropped. Never rejects. */
  async run(): Promise<void> {
    await this.pullUntilDropped();
    this.parts.trouble.gone(this.queue.queue);
  }

  private async pullUntilDropped(): Promise<void> {
    const { clock } = this.parts.context.instance.ports;
    while (!this.queue.dropped) {
      const delayMs = await this.step();
      if (delayMs <= 0 || this.queue.dropped) continue;
      try {
        await sleep(clock, delayMs, this.queue.signal);
      } catch {
        return; // dropped
      }
    }
  }

  /** One pull, or none; returns the pause before the next in ms. */
  private async step(): Promise<number> {
    const { context, isPaused, trouble } = this.parts;
    const { clock } = context.instance.ports;
    this.queue.lastPullTimestamp = clock.now();
    if (isPaused()) return PAUSED_DELAY_MS;
    if (this.isFull()) return FLOW_CONTROL_DELAY_MS;
    if (!this.parts.isLocked(this.queue)) return context.settings.pullTimeDelayMillsWhenException;
    const subscription = context.subscriptions.get(this.queue.queue.topic);
    if (subscription === undefined) return context.settings.pullTimeDelayMillsWhenException;
    const startedAtMs = clock.monotonic();
    try {
      const result = await pullOnce(context, this.queue, this.nextOffset, subscription);
      if (this.queue.dropped) return 0;
      trouble.succeeded(this.queue.queue);
      this.queue.brokerMaxOffset = result.maxOffset;
      // A pull held at the broker may be answered long after suspend(): what it brings is pulled again after resume().
      if (isPaused()) return PAUSED_DELAY_MS;
      this.parts.stats.pulled(this.queue.queue.topic, result.messages.length, clock.monotonic() - startedAtMs);
      return await this.take(result);
    } catch (error) {
      if (this.queue.dropped) return 0;
      trouble.failed(this.queue.queue, this.nextOffset, error);
      return this.afterError(error);
    }
  }

  private async take(result: PullAnswer): Promise<number> {
    const { context, service, offsetMoved } = this.parts;
    if (result.status === 'OFFSET_ILLEGAL') {
      context.instance.ports.logger.warn(
        `offset ${this.nextOffset} of ${this.queue.queue.topic} ${this.queue.queue.brokerName}/${this.queue.queue.queueId} is illegal, going on at ${result.nextBeginOffset}`,
        { consumerGroup: context.consumerGroup },
      );
      await offsetMoved(this.queue, result.nextBeginOffset);
      return 0;
    }
    if (result.unreadable.length > 0 && !(await this.deadLetter(result))) return context.settings.pullTimeDelayMillsWhenException;
    this.nextOffset = result.nextBeginOffset;
    const messages = this.parts.filter(this.queue, result.messages);
    if (messages.length > 0) service.submit(this.queue, this.queue.put(messages));
    // Nothing unfinished: the range that held nothing for us counts as consumed.
    else if (this.queue.messageCount === 0) context.offsets.advance(this.queue.queue, this.nextOffset);
    return result.status === 'FOUND' ? context.settings.pullInterval : 0;
  }

  /** Bodies nobody can read must not be lost: to the dead-letter queue with them. False: not now. */
  private async deadLetter({ unreadable }: PullAnswer): Promise<boolean> {
    const { context, sendBack } = this.parts;
    if (context.settings.messageModel === 'BROADCASTING') {
      for (const message of unreadable) warnOfDrop(context, message, 'its body cannot be read');
      return true;
    }
    for (const message of unreadable) if (!(await sendBack.send(message, DEAD_LETTER_LEVEL))) return false;
    return true;
  }

  private isFull(): boolean {
    const { context, limitsSpan, thresholds } = this.parts;
    const { messages, sizeMiB } = thresholds();
    return (
      this.queue.messageCount > messages ||
      this.queue.byteCount > sizeMiB * MIB ||
      (limitsSpan && this.queue.span > context.settings.consumeConcurrentlyMaxSpan)
    );
  }

  private afterError(error: unknown): number {
    const { instance, settings } = this.parts.context;
    if (error instanceof BrokerReplyError) {
      if (error.responseCode === RESPONSE_CODES.FLOW_CONTROL) return BROKER_FLOW_CONTROL_DELAY_MS;
      // The broker restarted or missed a heartbeat: without a new one it would refuse us for up to 30 s.
      if (UNKNOWN_TO_BROKER.has(error.responseCode)) instance.tasks.run('heartbeat', () => instance.heartbeatToAll());
    }
    return settings.pullTimeDelayMillsWhenException;
  }
}
