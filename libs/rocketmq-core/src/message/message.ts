// A message as its sender builds it [java Message]. Names and values are checked when set; topic and body when it is sent.
import { IllegalMessageError } from '../errors/index.js';
import { holdsSeparator, PROPERTY, RESERVED_PROPERTIES } from './property.js';

export interface MessageInit {
  topic: string;
  body?: Uint8Array | string | undefined;
  tags?: string | undefined;
  /** Index words; several as an array, or separated by blanks. */
  keys?: string | readonly string[] | undefined;
  flag?: number | undefined;
  delayTimeLevel?: number | undefined;
  /** Delivered after this many seconds. */
  delayTimeSec?: number | undefined;
  /** Delivered after this many ms. */
  delayTimeMs?: number | undefined;
  /** Delivered at this moment, ms since 1970. */
  deliverTimeMs?: number | undefined;
  /** User properties. */
  properties?: Readonly<Record<string, string>> | undefined;
}

const KEY_SEPARATOR = ' ';
/** Java's int. */
const LEVEL_MAX = 2 ** 31 - 1;

export class Message {
  topic: string;
  flag = 0;
  body: Buffer;
  /** Everything besides the body: keys, tags, delay and user properties. */
  readonly properties = new Map<string, string>();
  transactionId: string | undefined;

  constructor(init: MessageInit);
  constructor(topic: string, body: Uint8Array | string);
  constructor(topic: string, tags: string | undefined, body: Uint8Array | string);
  constructor(topic: string, tags: string | undefined, keys: string | readonly string[] | undefined, body: Uint8Array | string);
  constructor(first: MessageInit | string, ...rest: unknown[]) {
    if (typeof first !== 'string' && (typeof first !== 'object' || first === null)) {
      throw new IllegalMessageError(`a message needs a topic, found ${String(first)}`);
    }
    const init: MessageInit = typeof first === 'string' ? positional(first, rest) : first;
    this.topic = init.topic;
    this.body = toBuffer(init.body ?? new Uint8Array(0), init.topic);
    if (init.flag !== undefined) this.flag = init.flag;
    if (init.tags !== undefined && init.tags !== '') this.tags = init.tags;
    if (init.keys !== undefined && init.keys !== null) this.keys = joinKeys(init.keys);
    if (init.delayTimeLevel !== undefined) this.delayTimeLevel = init.delayTimeLevel;
    if (init.delayTimeSec !== undefined) this.delayTimeSec = init.delayTimeSec;
    if (init.delayTimeMs !== undefined) this.delayTimeMs = init.delayTimeMs;
    if (init.deliverTimeMs !== undefined) this.deliverTimeMs = init.deliverTimeMs;
    for (const [name, value] of Object.entries(init.properties ?? {})) this.putUserProperty(name, value);
  }

  get tags(): string | undefined {
    return this.properties.get(PROPERTY.TAGS);
  }

  set tags(tags: string | undefined) {
    this.setProperty(PROPERTY.TAGS, tags);
  }

  get keys(): string | undefined {
    return this.properties.get(PROPERTY.KEYS);
  }

  set keys(keys: string | undefined) {
    this.setProperty(PROPERTY.KEYS, keys);
  }

  /** 0: no delay; 1..18 with the default levels. */
  get delayTimeLevel(): number {
    return Number(this.properties.get(PROPERTY.DELAY_TIME_LEVEL) ?? 0);
  }

  set delayTimeLevel(level: number) {
    if (!Number.isInteger(level) || level < 0 || level > LEVEL_MAX)
      throw new IllegalMessageError(`delayTimeLevel ${level} is no level: 0 for at once, 1 to 18 by default`, { level });
    this.setProperty(PROPERTY.DELAY_TIME_LEVEL, String(level));
  }

  /** Seconds until delivery, 0: not asked for. Beats delayTimeMs and deliverTimeMs; a delay level beats all three. Brokers from 5.0 on. */
  get delayTimeSec(): number {
    return this.timer(PROPERTY.TIMER_DELAY_SEC);
  }

  set delayTimeSec(seconds: number) {
    this.setTimer(PROPERTY.TIMER_DELAY_SEC, 'delayTimeSec', seconds);
  }

  /** Ms until delivery, 0: not asked for. */
  get delayTimeMs(): number {
    return this.timer(PROPERTY.TIMER_DELAY_MS);
  }

  set delayTimeMs(ms: number) {
    this.setTimer(PROPERTY.TIMER_DELAY_MS, 'delayTimeMs', ms);
  }

  /** Moment of delivery in ms since 1970, 0: not asked for. One that has passed means at once. */
  get deliverTimeMs(): number {
    return this.timer(PROPERTY.TIMER_DELIVER_MS);
  }

  set deliverTimeMs(timestamp: number) {
    this.setTimer(PROPERTY.TIMER_DELIVER_MS, 'deliverTimeMs', timestamp);
  }

  /** Whether the broker answers only when the message is stored as configured. Default true. */
  get waitStoreMsgOK(): boolean {
    return this.properties.get(PROPERTY.WAIT) !== 'false';
  }

  set waitStoreMsgOK(wait: boolean) {
    this.setProperty(PROPERTY.WAIT, String(wait));
  }

  /** Sets a property of the application; throws IllegalMessageError for reserved or blank names, blank values and separator bytes. */
  putUserProperty(name: string, value: string): void {
    if (value !== undefined && value !== null && typeof value !== 'string') throw notText(`property ${name}`, value);
    if (typeof name !== 'string' || typeof value !== 'string' || name.trim() === '' || value.trim() === '') {
      throw new IllegalMessageError(`The name or value of property can not be null or blank string! (property ${JSON.stringify(name)})`, {
        name,
      });
    }
    if (RESERVED_PROPERTIES.has(name))
      throw new IllegalMessageError(`The Property<${name}> is used by system, input another please`, { name });
    this.setProperty(name, value);
  }

  getUserProperty(name: string): string | undefined {
    return this.properties.get(name);
  }

  getProperty(name: string): string | undefined {
    return this.properties.get(name);
  }

  private timer(name: string): number {
    return Number(this.properties.get(name) ?? 0);
  }

  private setTimer(name: string, setting: string, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new IllegalMessageError(`${setting} ${value} is no integer of at least 0`, { value });
    this.setProperty(name, value === 0 ? undefined : String(value));
  }

  private setProperty(name: string, value: string | null | undefined): void {
    if (value === undefined || value === null || value === '') {
      this.properties.delete(name);
      return;
    }
    if (typeof value !== 'string') throw notText(name, value);
    if (holdsSeparator(name) || holdsSeparator(value))
      throw new IllegalMessageError(`property ${JSON.stringify(name)} holds a separator byte (0x01 or 0x02)`, { name });
    this.properties.set(name, value);
  }
}

function positional(topic: string, rest: readonly unknown[]): MessageInit {
  const body = rest.at(-1) as Uint8Array | string;
  if (rest.length === 1) return { topic, body };
  const tags = rest[0] as string | undefined;
  return rest.length === 2 ? { topic, tags, body } : { topic, tags, keys: rest[1] as string | readonly string[] | undefined, body };
}

function joinKeys(given: string | readonly string[]): string {
  const keys: unknown[] = Array.isArray(given) ? given : [given];
  for (const key of keys) if (typeof key !== 'string') throw notText('keys', key);
  return keys.join(KEY_SEPARATOR);
}

function notText(what: string, value: unknown): IllegalMessageError {
  return new IllegalMessageError(`${what} must be text, found ${typeof value}: give String(value)`, { what });
}

function toBuffer(body: Uint8Array | string, topic: string): Buffer {
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (!ArrayBuffer.isView(body)) {
    throw new IllegalMessageError(
      `the body of a message to ${topic} must be text or bytes, found ${typeof body}: give JSON.stringify(value)`,
      {
        topic,
      },
    );
  }
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
