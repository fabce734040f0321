// Requests of this client that wait for their reply, by correlation id [java RequestFutureHolder]. Must never keep one past its time, nor
// let a broker wait for "taken": a reply nobody waits for any more is counted, logged and taken all the same.
import type { Clock, Logger } from '../../common/index.js';
import { IllegalMessageError, NotStartedError, ReplyTimeoutError, TooManyRequestsError } from '../../errors/index.js';
import { decodeMessage, decodeProperties, encodeRecord, type MessageExt, PROPERTY } from '../../message/index.js';
import { PUSH_REPLY_MESSAGE_TO_CLIENT, type RequestHeader } from '../../protocol/index.js';
import type { RemotingClient } from '../../remoting/index.js';

/** Requests of one client that may wait at once. */
export const PENDING_REQUESTS_MAX = 100_000;

export interface PendingReply {
  readonly reply: Promise<MessageExt>;
  /** Nobody waits any more; does nothing after the reply. */
  forget(): void;
}

export interface ReplyWish {
  readonly topic: string;
  readonly correlationId: string;
  /** From now on, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  take(reply: MessageExt): void;
  fail(error: unknown): void;
}

export class ReplyTable {
  private readonly waiting = new Map<string, Waiting>();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private late = 0;

  constructor(clock: Clock, logger: Logger) {
    this.clock = clock;
    this.logger = logger;
  }

  get pending(): number {
    return this.waiting.size;
  }

  /** Replies that came for nobody: after their time, or twice. */
  get lateReplies(): number {
    return this.late;
  }

  /** Waits for a reply: rejects with ReplyTimeoutError, the signal's reason, or NotStartedError when the client shuts down first. */
  expect({ topic, correlationId, timeoutMs, signal }: ReplyWish): PendingReply {
    if (this.waiting.size >= PENDING_REQUESTS_MAX) throw new TooManyRequestsError(topic, 'request', PENDING_REQUESTS_MAX);
    const { promise, resolve, reject } = withResolvers();
    const timer = this.clock.setTimer(
      () => this.waiting.get(correlationId)?.fail(new ReplyTimeoutError(topic, timeoutMs, correlationId)),
      timeoutMs,
    );
    const aborted = (): void => this.waiting.get(correlationId)?.fail(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    const forget = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', aborted);
      this.waiting.delete(correlationId);
    };
    this.waiting.set(correlationId, {
      take: (reply) => {
        forget();
        resolve(reply);
      },
      fail: (error) => {
        forget();
        reject(error);
      },
    });
    return { reply: promise, forget };
  }

  serve(remoting: RemotingClient): void {
    remoting.handle(PUSH_REPLY_MESSAGE_TO_CLIENT, ({ header, body }) => {
      this.arrived(header, body);
      return { code: 'SUCCESS' };
    });
  }

  /** The client shuts down: whoever waits is told at once. */
  close(clientId: string): void {
    for (const each of this.waiting.values()) each.fail(new NotStartedError(`the client ${clientId}`, 'shut down'));
  }

  private arrived(header: RequestHeader<typeof PUSH_REPLY_MESSAGE_TO_CLIENT>, body: Uint8Array): void {
    const correlationId = decodeProperties(header.properties ?? '').get(PROPERTY.CORRELATION_ID) ?? '';
    const waiting = this.waiting.get(correlationId);
    if (waiting === undefined) {
      this.late++;
      this.logger.warn('a reply came that nobody waits for (any more)', { correlationId, topic: header.topic, from: header.bornHost });
      return;
    }
    try {
      waiting.take(this.messageOf(header, body));
    } catch (error) {
      // A body that cannot be unfolded: the requester is told, the broker's part is done.
      waiting.fail(error);
    }
  }

  private messageOf(header: RequestHeader<typeof PUSH_REPLY_MESSAGE_TO_CLIENT>, body: Uint8Array): MessageExt {
    if (body.length === 0) throw new IllegalMessageError('the reply has no body', { topic: header.topic });
    const { topic, queueId, flag, sysFlag, bornTimestamp, bornHost, storeTimestamp, storeHost } = header;
    const places = { queueOffset: 0, physicalOffset: 0, preparedTransactionOffset: 0 };
    const described = { topic, queueId, flag, sysFlag, bornTimestamp, bornHost, storeTimestamp, storeHost, ...places };
    const message = decodeMessage(
      encodeRecord({ ...described, reconsumeTimes: header.reconsumeTimes ?? 0, body, properties: header.properties ?? '' }),
    );
    message.properties.set(PROPERTY.REPLY_MESSAGE_ARRIVE_TIME, String(this.clock.now()));
    return message;
  }
}

function withResolvers(): { promise: Promise<MessageExt>; resolve(reply: MessageExt): void; reject(error: unknown): void } {
  let resolve!: (reply: MessageExt) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<MessageExt>((onReply, onError) => {
    resolve = onReply;
    reject = onError;
  });
  // Whoever asked may still be sending when the time is over; the rejection waits for it.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
