// A payload with what RocketMQ needs to know about its message, for `emit` and `send` of a ClientProxy. Must never hold bytes.
import type { MessageType } from '../messaging/index.js';
import { namesOf } from '../options/index.js';

const RECORD_BRAND = Symbol.for('nest-rocketmq.record');

export interface RocketMQRecordOptions {
  /** User properties; a blank value is left out, a name that RocketMQ keeps to itself is dropped. */
  headers?: Readonly<Record<string, unknown>> | undefined;
  /** Index words: one string (words separated by a space) or an array. */
  keys?: string | readonly string[] | undefined;
  /** Messages of one key go to one queue, the one a Java producer picks. */
  hashKey?: string | undefined;
  /** 1..18. At most one of the four delays. */
  delayLevel?: number | undefined;
  /** Delivered after this many seconds; needs a broker of 5.0 or later, as the next two. */
  delaySeconds?: number | undefined;
  /** Delivered after this many ms. */
  delayMs?: number | undefined;
  /** Delivered at this moment: a Date, or ms since 1970. */
  deliverAt?: Date | number | undefined;
  /** Ms for this one: the whole send, of a request both ways together. Default: the client's. */
  timeout?: number | undefined;
  /** What the answer of a request is read as. Absent: by its content type. */
  replyType?: MessageType | undefined;
}

// prettier-ignore
export const RECORD_OPTIONS = namesOf<RocketMQRecordOptions>()({
  headers: true, keys: true, hashKey: true, delayLevel: true, delaySeconds: true, delayMs: true, deliverAt: true, timeout: true, replyType: true,
});

/** Made by RocketMQRecordBuilder. */
export class RocketMQRecord<T = unknown> {
  constructor(
    readonly data: T,
    readonly options: RocketMQRecordOptions = {},
  ) {
    Object.defineProperty(this, RECORD_BRAND, { value: true });
  }
}

export class RocketMQRecordBuilder<T = unknown> {
  private readonly options: RocketMQRecordOptions = {};

  constructor(private data: T) {}

  setData(data: T): this {
    this.data = data;
    return this;
  }

  setHeaders(headers: Readonly<Record<string, unknown>>): this {
    return this.set({ headers });
  }

  setKeys(keys: string | readonly string[]): this {
    return this.set({ keys });
  }

  setHashKey(hashKey: string): this {
    return this.set({ hashKey });
  }

  setDelayLevel(delayLevel: number): this {
    return this.set({ delayLevel });
  }

  setDelaySeconds(delaySeconds: number): this {
    return this.set({ delaySeconds });
  }

  setDelayMs(delayMs: number): this {
    return this.set({ delayMs });
  }

  setDeliverAt(deliverAt: Date | number): this {
    return this.set({ deliverAt });
  }

  setTimeout(timeout: number): this {
    return this.set({ timeout });
  }

  setReplyType(replyType: MessageType): this {
    return this.set({ replyType });
  }

  build(): RocketMQRecord<T> {
    return new RocketMQRecord(this.data, { ...this.options });
  }

  private set(options: RocketMQRecordOptions): this {
    Object.assign(this.options, options);
    return this;
  }
}

/** By brand, as two copies of this package may be loaded. */
export function isRecord(value: unknown): value is RocketMQRecord {
  return typeof value === 'object' && value !== null && RECORD_BRAND in value;
}
