// A message, or a batch, as it goes over the wire: id given, body compressed, flags and properties written. Made once per send, used by every attempt.
import { IllegalMessageError } from '../../errors/index.js';
import {
  compressBody,
  compressionFlag,
  type CompressionType,
  encodeBatch,
  encodeProperties,
  type Message,
  PROPERTY,
  RETRY_PREFIX,
  SYS_FLAG,
} from '../../message/index.js';
import type { RequestHeader, SEND_MESSAGE } from '../../protocol/index.js';

export interface OutgoingMessage {
  readonly topic: string;
  readonly body: Uint8Array;
  readonly batch: boolean;
  /** A reply goes to the client that asked, not to a queue's consumers. */
  readonly reply: boolean;
  /** What the application gave; undefined for a batch. */
  readonly source: Message | undefined;
  /** The client's id; comma-joined for a batch. */
  readonly msgId: string;
  /** The header but for producer, topic template, queue and broker. */
  readonly header: Pick<
    RequestHeader<typeof SEND_MESSAGE>,
    'topic' | 'sysFlag' | 'bornTimestamp' | 'flag' | 'properties' | 'reconsumeTimes' | 'maxReconsumeTimes' | 'unitMode' | 'batch'
  >;
}

export interface OutgoingContext {
  readonly nowMs: number;
  readonly maxMessageSize: number;
  readonly compressFrom: number;
  readonly compressType: CompressionType;
  readonly compressLevel: number;
  readonly unitMode: boolean;
  /** Goes into what is sent, not into what the application gave [java DefaultMQProducerImpl#sendKernelImpl]. */
  readonly namespace: string | undefined;
  nextUniqueId(): string;
}

/** Gives the message its id, as Java does: sending the same object again keeps the id. */
export function toOutgoing(message: Message, context: OutgoingContext): OutgoingMessage {
  const msgId = giveId(message, context);
  const properties = withWait(message);
  const retry = message.topic.startsWith(RETRY_PREFIX);
  const reconsumeTimes = retry ? takeNumber(properties, PROPERTY.RECONSUME_TIME) : undefined;
  const maxReconsumeTimes = retry ? takeNumber(properties, PROPERTY.MAX_RECONSUME_TIMES) : undefined;
  let sysFlag = 0;
  let body: Uint8Array = message.body;
  if (body.length >= context.compressFrom) {
    body = compressBody(context.compressType, body, context.compressLevel);
    sysFlag |= compressionFlag(context.compressType);
  }
  noteNamespace(properties, context);
  if (properties.get(PROPERTY.TRANSACTION_PREPARED) === 'true') sysFlag |= SYS_FLAG.TRANSACTION_PREPARED;
  return {
    topic: message.topic,
    body,
    batch: false,
    source: message,
    reply: isReply(properties),
    msgId,
    header: {
      topic: message.topic,
      sysFlag,
      bornTimestamp: context.nowMs,
      flag: message.flag,
      properties: encodeProperties(properties),
      reconsumeTimes: reconsumeTimes ?? 0,
      unitMode: context.unitMode,
      batch: false,
      ...(maxReconsumeTimes === undefined ? {} : { maxReconsumeTimes }),
    },
  };
}

/** `messages` must have passed checkBatch. */
export function toOutgoingBatch(messages: readonly Message[], context: OutgoingContext): OutgoingMessage {
  const ids = messages.map((message) => giveId(message, context));
  const body = encodeBatch(messages.map((message) => ({ flag: message.flag, body: message.body, properties: withWait(message) })));
  if (body.length > context.maxMessageSize) {
    throw new IllegalMessageError(
      `the message body size over max value, MAX: ${context.maxMessageSize}, found ${body.length} bytes in a batch of ${messages.length}: ` +
        'send with splitBatches, or fewer at once',
      {
        bytes: body.length,
        maxMessageSize: context.maxMessageSize,
      },
    );
  }
  const first = messages[0]!;
  // Not the first one's own: a 4.9 broker appends these to every member, and an id here would replace the members' own.
  const properties = new Map([[PROPERTY.WAIT as string, String(first.waitStoreMsgOK)]]);
  noteNamespace(properties, context);
  return {
    topic: first.topic,
    body,
    batch: true,
    source: undefined,
    reply: false,
    msgId: ids.join(','),
    header: {
      topic: first.topic,
      sysFlag: 0,
      bornTimestamp: context.nowMs,
      flag: 0,
      properties: encodeProperties(properties),
      reconsumeTimes: 0,
      unitMode: context.unitMode,
      batch: true,
    },
  };
}

function giveId(message: Message, context: OutgoingContext): string {
  const given = message.properties.get(PROPERTY.UNIQUE_KEY);
  if (given !== undefined) return given;
  const id = context.nextUniqueId();
  message.properties.set(PROPERTY.UNIQUE_KEY, id);
  return id;
}

/** A copy that says WAIT, as Java's messages do; only what MessageUtil.createReplyMessage makes does not. */
function withWait(message: Message): Map<string, string> {
  const properties = new Map(message.properties);
  if (!isReply(properties) && !properties.has(PROPERTY.WAIT)) properties.set(PROPERTY.WAIT, 'true');
  return properties;
}

function noteNamespace(properties: Map<string, string>, { namespace }: OutgoingContext): void {
  if (namespace !== undefined && namespace !== '') properties.set(PROPERTY.INSTANCE_ID, namespace);
}

const isReply = (properties: ReadonlyMap<string, string>): boolean => properties.get(PROPERTY.MESSAGE_TYPE) === 'reply';

function takeNumber(properties: Map<string, string>, name: string): number | undefined {
  const value = Number(properties.get(name) ?? NaN);
  properties.delete(name);
  return Number.isInteger(value) ? value : undefined;
}
