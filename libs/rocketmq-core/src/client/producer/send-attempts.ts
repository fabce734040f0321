// How often and where a send is tried [java DefaultMQProducerImpl#sendDefaultImpl, MQClientAPIImpl#onExceptionImpl]. One time budget for all attempts.
// Must never try again after an answer that says the message itself is wrong.
import { type Logger, reasonOf } from '../../common/index.js';
import { BrokerReplyError, RequestTimeoutError } from '../../errors/index.js';
import type { MessageQueue } from '../../message/index.js';
import { SEND_MESSAGE_V2 } from '../../protocol/index.js';
import { isTransportError } from '../transport-errors.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { type SendResult, SendStatus } from './send-result.js';
import type { SendTransport } from './send-transport.js';

export interface AttemptRules {
  readonly retryTimesWhenSendFailed: number;
  readonly retryTimesWhenSendAsyncFailed: number;
  readonly retryAnotherBrokerWhenNotStoreOK: boolean;
  readonly sendMsgMaxTimeoutPerRequest: number;
  readonly retryResponseCodes: ReadonlySet<number>;
}

/** Where the next attempt goes and what became of the last one. */
export interface AttemptGuide {
  nextQueue(lastBrokerName: string | undefined): MessageQueue;
  answered(queue: MessageQueue, latencyMs: number): void;
  failed(queue: MessageQueue, error: unknown): void;
}

export interface AttemptBudget {
  /** Clock.monotonic() at which the send began; its route look-up counts. */
  readonly startedAtMs: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class SendAttempts {
  private readonly transport: SendTransport;
  private readonly rules: AttemptRules;
  private readonly logger: Logger;

  constructor(transport: SendTransport, rules: AttemptRules, logger: Logger) {
    this.transport = transport;
    this.rules = rules;
    this.logger = logger;
  }

  /** Another broker each time; transport failures and the retryable answers count as failed. */
  async sync(message: OutgoingMessage, guide: AttemptGuide, budget: AttemptBudget): Promise<SendResult> {
    const { rules } = this;
    const retryable = (error: unknown): boolean =>
      isTransportError(error) || (error instanceof BrokerReplyError && rules.retryResponseCodes.has(error.responseCode));
    return this.run(message, rules.retryTimesWhenSendFailed, budget, guide, retryable, rules.retryAnotherBrokerWhenNotStoreOK);
  }

  /** Only transport failures; the queue id stays, the broker may change. */
  async async(message: OutgoingMessage, guide: AttemptGuide, budget: AttemptBudget): Promise<SendResult> {
    let queueId: number | undefined;
    const sameQueueId: AttemptGuide = {
      nextQueue: (lastBrokerName) => {
        const queue = guide.nextQueue(lastBrokerName);
        queueId ??= queue.queueId;
        return { ...queue, queueId };
      },
      answered: (queue, latencyMs) => guide.answered(queue, latencyMs),
      failed: (queue, error) => guide.failed(queue, error),
    };
    return this.run(message, this.rules.retryTimesWhenSendAsyncFailed, budget, sameQueueId, isTransportError, false);
  }

  /** Exactly one attempt: the caller chose the queue. */
  async once(message: OutgoingMessage, guide: AttemptGuide, budget: AttemptBudget): Promise<SendResult> {
    return this.run(message, 0, budget, guide, () => false, false);
  }

  private async run(
    message: OutgoingMessage,
    retries: number,
    budget: AttemptBudget,
    guide: AttemptGuide,
    retryable: (error: unknown) => boolean,
    retryNotStoredSafely: boolean,
  ): Promise<SendResult> {
    const { clock } = this.transport;
    let lastBrokerName: string | undefined;
    let failure: unknown;
    let partial: SendResult | undefined;
    // Settings may change between sends: whatever they say, there is one attempt.
    for (let attempt = 0; attempt === 0 || attempt <= retries; attempt++) {
      budget.signal?.throwIfAborted();
      const startedAtMs = clock.monotonic();
      const leftMs = budget.timeoutMs - (startedAtMs - budget.startedAtMs);
      const queue = guide.nextQueue(lastBrokerName);
      lastBrokerName = queue.brokerName;
      if (leftMs <= 0) {
        failure ??= new RequestTimeoutError(queue.brokerName, SEND_MESSAGE_V2.name, budget.timeoutMs);
        break;
      }
      try {
        const result = await this.transport.send(message, queue, this.attemptBudget(leftMs), budget.signal);
        guide.answered(queue, clock.monotonic() - startedAtMs);
        if (result.sendStatus === SendStatus.SEND_OK || !retryNotStoredSafely) return result;
        partial = result;
      } catch (error) {
        guide.failed(queue, error);
        if (!retryable(error)) throw error;
        failure = error;
        this.logger.warn(`send attempt ${attempt + 1} of ${retries + 1} failed: ${reasonOf(error)}`, {
          topic: message.topic,
          msgId: message.msgId,
          brokerName: queue.brokerName,
          queueId: queue.queueId,
        });
      }
    }
    // Stored, if not as safely as wished: an error would say that it was not.
    if (partial !== undefined) return partial;
    throw failure;
  }

  private attemptBudget(leftMs: number): number {
    const perRequest = this.rules.sendMsgMaxTimeoutPerRequest;
    return perRequest > 0 ? Math.min(perRequest, leftMs) : leftMs;
  }
}
