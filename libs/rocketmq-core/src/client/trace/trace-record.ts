// The text of message traces, as Apache's tools read it [java TraceDataEncoder]: fields by position, what is not there prints as `null`.
// Must never change the order of fields.
import { CONSUME_RETURN_TYPES, type ConsumeReturnType, MESSAGE_TYPES, type MessageType } from '../hooks/message-hooks.js';
import type { LocalTransactionState } from '../producer/transaction-listener.js';

const FIELD = '\u0001';
const RECORD = '\u0002';
const KEY_SEPARATOR = ' ';

/** What every record begins with, and where it belongs. */
interface TraceOrigin {
  /** Ms since 1970. */
  readonly timeStamp: number;
  readonly regionId: string;
  readonly group: string;
}

interface TracedMessage {
  readonly topic: string;
  readonly msgId: string;
  readonly tags: string | undefined;
  readonly keys: string | undefined;
}

export interface PubTrace extends TraceOrigin, TracedMessage {
  readonly type: 'Pub';
  readonly storeHost: string;
  readonly bodyLength: number;
  readonly costTime: number;
  readonly messageType: MessageType;
  readonly offsetMsgId: string | undefined;
  readonly success: boolean;
}

export interface ConsumedMessage extends TracedMessage {
  readonly retryTimes: number;
}

export interface SubBeforeTrace extends TraceOrigin {
  readonly type: 'SubBefore';
  /** Joins the records before and after one call of a listener. */
  readonly requestId: string;
  readonly messages: readonly ConsumedMessage[];
}

export interface SubAfterTrace extends TraceOrigin {
  readonly type: 'SubAfter';
  readonly requestId: string;
  readonly messages: readonly ConsumedMessage[];
  readonly costTime: number;
  readonly success: boolean;
  readonly returnType: ConsumeReturnType;
  /** A cloud's tools do not know the last two fields. */
  readonly cloud: boolean;
}

export interface EndTransactionTrace extends TraceOrigin, TracedMessage {
  readonly type: 'EndTransaction';
  readonly storeHost: string;
  readonly messageType: MessageType;
  readonly transactionId: string | undefined;
  readonly transactionState: LocalTransactionState;
  readonly fromTransactionCheck: boolean;
}

export interface RecallTrace extends TraceOrigin {
  readonly type: 'Recall';
  readonly topic: string;
  readonly msgId: string;
  readonly keys: string | undefined;
  readonly success: boolean;
}

export type TraceContext = PubTrace | SubBeforeTrace | SubAfterTrace | EndTransactionTrace | RecallTrace;

export interface EncodedTrace {
  readonly data: string;
  /** Message ids and user keys: index words of the trace message. */
  readonly keys: readonly string[];
}

export function encodeTrace(trace: TraceContext): EncodedTrace {
  const messages = 'messages' in trace ? trace.messages : [trace];
  const keys = messages.flatMap((message) => [message.msgId, ...(message.keys ? message.keys.split(KEY_SEPARATOR) : [])]);
  return { data: records(trace).map(lineOf).join(''), keys };
}

/** Topic that decides which traces share a message. */
export function topicOf(trace: TraceContext): string {
  return 'messages' in trace ? (trace.messages[0]?.topic ?? '') : trace.topic;
}

type Field = string | number | boolean | undefined;

const lineOf = (fields: readonly Field[]): string =>
  fields.map((field) => (field === undefined ? 'null' : String(field))).join(FIELD) + RECORD;

function records(trace: TraceContext): Field[][] {
  const { type, timeStamp, regionId, group } = trace;
  switch (trace.type) {
    case 'Pub': {
      const { topic, msgId, tags, keys, storeHost, bodyLength, costTime, messageType, offsetMsgId, success } = trace;
      const kind = MESSAGE_TYPES.indexOf(messageType);
      const fields = [topic, msgId, tags, keys, storeHost, bodyLength, costTime, kind, offsetMsgId, success];
      return [[type, timeStamp, regionId, group, ...fields]];
    }
    case 'SubBefore':
      return trace.messages.map(({ msgId, retryTimes, keys }) => [
        type,
        timeStamp,
        regionId,
        group,
        trace.requestId,
        msgId,
        retryTimes,
        keys,
      ]);
    case 'SubAfter': {
      const code = CONSUME_RETURN_TYPES.indexOf(trace.returnType);
      // For a cloud the line ends behind an open separator, as Java leaves it.
      const tail: Field[] = trace.cloud ? [''] : [timeStamp, group];
      return trace.messages.map(({ msgId, keys }) => [type, trace.requestId, msgId, trace.costTime, trace.success, keys, code, ...tail]);
    }
    case 'EndTransaction': {
      const { topic, msgId, tags, keys, storeHost, messageType, transactionId, transactionState, fromTransactionCheck } = trace;
      const kind = MESSAGE_TYPES.indexOf(messageType);
      const fields = [topic, msgId, tags, keys, storeHost, kind, transactionId, transactionState, fromTransactionCheck];
      return [[type, timeStamp, regionId, group, ...fields]];
    }
    case 'Recall':
      return [[type, timeStamp, regionId, group, trace.topic, trace.msgId, trace.success]];
  }
}
