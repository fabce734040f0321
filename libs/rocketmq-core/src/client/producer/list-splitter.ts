// Cuts a list of messages into batches that brokers take: the class Apache's batch example has users write, as Iterable. Pure.
// Must never give a batch that is too large, nor drop a message without being told to.
import { IllegalMessageError } from '../../errors/index.js';
import { encodeProperties, type Message, PROPERTY } from '../../message/index.js';

export interface ListSplitterOptions {
  /** Bytes of one batch as a broker counts them. Default: maxMessageSize of producers and brokers, 4 MiB. */
  maxMessageSize?: number | undefined;
  /** Messages of one batch. Default: no limit but the bytes. */
  maxMessages?: number | undefined;
  /** What to do about a message that is too large even alone. Default 'throw'. */
  tooLarge?: 'throw' | 'skip' | undefined;
  /** Told of every message that 'skip' leaves out. */
  onSkipped?: ((message: Message, bytes: number) => void) | undefined;
}

const KNOWN_OPTIONS = {
  maxMessageSize: true,
  maxMessages: true,
  tooLarge: true,
  onSkipped: true,
} as const satisfies Record<keyof ListSplitterOptions, true>;

export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Fixed fields of a record, with IPv6 hosts [java MessageExtEncoder#calMsgLength]. */
const RECORD_BYTES = 91 + 24;
/** What the client (UNIQ_KEY, WAIT) and the broker (CLUSTER) may still add to the properties. */
const ADDED_PROPERTIES_BYTES = 10 + 56 + 10 + 9 + 127;

/** Bytes a message takes of a batch: as it will be stored, which is what brokers hold against their maxMessageSize. */
export function batchBytesOf(message: Message): number {
  const { properties } = message;
  const known = properties.has(PROPERTY.UNIQUE_KEY) ? properties.get(PROPERTY.UNIQUE_KEY)!.length + 10 : 0;
  const bytes = Buffer.byteLength(encodeProperties(properties)) + ADDED_PROPERTIES_BYTES - Math.min(known, 66);
  return RECORD_BYTES + Buffer.byteLength(message.topic) + message.body.length + bytes;
}

export class ListSplitter implements Iterable<Message[]> {
  private readonly messages: readonly Message[];
  private readonly maxBytes: number;
  private readonly maxMessages: number;
  private readonly skips: boolean;
  private readonly onSkipped: ListSplitterOptions['onSkipped'];

  constructor(messages: readonly Message[], options: number | ListSplitterOptions = {}) {
    const given: ListSplitterOptions = typeof options === 'number' ? { maxMessageSize: options } : options;
    const unknown = Object.keys(given).find((name) => !(name in KNOWN_OPTIONS));
    if (unknown !== undefined)
      throw new IllegalMessageError(`ListSplitter: there is no option ${unknown}: ${Object.keys(KNOWN_OPTIONS).join(', ')} are`);
    if (given.tooLarge !== undefined && given.tooLarge !== 'throw' && given.tooLarge !== 'skip')
      throw new IllegalMessageError(`ListSplitter: tooLarge ${JSON.stringify(given.tooLarge)} is neither throw nor skip`);
    this.messages = messages;
    this.maxBytes = given.maxMessageSize ?? BATCH_BYTES_MAX;
    this.maxMessages = given.maxMessages ?? Number.MAX_SAFE_INTEGER;
    this.skips = given.tooLarge === 'skip';
    this.onSkipped = given.onSkipped;
    for (const [name, value] of [
      ['maxMessageSize', this.maxBytes],
      ['maxMessages', this.maxMessages],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 1) throw new IllegalMessageError(`ListSplitter: ${name} ${value} is no integer above 0`);
    }
  }

  *[Symbol.iterator](): Generator<Message[], void, undefined> {
    let batch: Message[] = [];
    let total = 0;
    for (const [index, message] of this.messages.entries()) {
      const bytes = batchBytesOf(message);
      if (bytes > this.maxBytes) {
        if (!this.skips) throw this.tooLarge(message, index, bytes);
        this.onSkipped?.(message, bytes);
        continue;
      }
      if (batch.length > 0 && (total + bytes > this.maxBytes || batch.length >= this.maxMessages)) {
        yield batch;
        batch = [];
        total = 0;
      }
      batch.push(message);
      total += bytes;
    }
    if (batch.length > 0) yield batch;
  }

  private tooLarge(message: Message, index: number, bytes: number): IllegalMessageError {
    return new IllegalMessageError(
      `message ${index} of ${this.messages.length} takes ${bytes} bytes of a batch, above maxMessageSize ${this.maxBytes}: ` +
        (message.body.length > this.maxBytes ? 'its body is too large even alone' : 'send it alone'),
      { topic: message.topic, index, bytes, maxMessageSize: this.maxBytes },
    );
  }
}
