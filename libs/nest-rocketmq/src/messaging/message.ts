// A payload with headers, as an application hands it to the template. Must never hold bytes or anything of the wire.

const MESSAGE_BRAND = Symbol.for('nest-rocketmq.message');

export type MessageHeaders = Readonly<Record<string, unknown>>;

/** Built by MessageBuilder; the literal `{ payload, headers }` is taken too. */
export interface Message<T = unknown> {
  readonly payload: T;
  readonly headers: MessageHeaders;
}

export class MessageBuilder<T> {
  private readonly headers = new Map<string, unknown>();

  private constructor(private readonly payload: T) {}

  static withPayload<T>(payload: T): MessageBuilder<T> {
    return new MessageBuilder(payload);
  }

  /** A Message in one go. */
  static createMessage<T>(payload: T, headers: MessageHeaders): Message<T> {
    return new MessageBuilder(payload).copyHeaders(headers).build();
  }

  static fromMessage<T>(message: Message<T>): MessageBuilder<T> {
    return new MessageBuilder(message.payload).copyHeaders(message.headers);
  }

  /** `undefined` or `null` removes the header. */
  setHeader(name: string, value: unknown): this {
    if (value === undefined || value === null) this.headers.delete(name);
    else this.headers.set(name, value);
    return this;
  }

  setHeaderIfAbsent(name: string, value: unknown): this {
    return this.headers.has(name) ? this : this.setHeader(name, value);
  }

  removeHeader(name: string): this {
    this.headers.delete(name);
    return this;
  }

  /** Names, or patterns with `*` for any letters. */
  removeHeaders(...patterns: string[]): this {
    const tests = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`, 's'));
    for (const name of this.headers.keys()) if (tests.some((test) => test.test(name))) this.headers.delete(name);
    return this;
  }

  copyHeaders(headers: MessageHeaders): this {
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    return this;
  }

  copyHeadersIfAbsent(headers: MessageHeaders): this {
    for (const [name, value] of Object.entries(headers)) this.setHeaderIfAbsent(name, value);
    return this;
  }

  build(): Message<T> {
    const message = { payload: this.payload, headers: Object.freeze(Object.fromEntries(this.headers)) };
    Object.defineProperty(message, MESSAGE_BRAND, { value: true });
    return Object.freeze(message);
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** True for what MessageBuilder built and for a plain object with exactly the members `payload` and `headers`. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  if (MESSAGE_BRAND in value) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(value);
  if (keys.length !== 2 || !('payload' in value) || !('headers' in value)) return false;
  return typeof value.headers === 'object' && value.headers !== null && !Array.isArray(value.headers);
}
