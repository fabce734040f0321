// What a send returns [java SendResult, SendStatus].
import type { MessageQueue } from '../../message/index.js';
import { RESPONSE_CODES, type ResponseHeader, SEND_MESSAGE } from '../../protocol/index.js';
import type { RpcResponse } from '../../remoting/index.js';

/** All four mean stored; the other three say which guarantee was missed in time. */
export const SendStatus = {
  SEND_OK: 'SEND_OK',
  FLUSH_DISK_TIMEOUT: 'FLUSH_DISK_TIMEOUT',
  FLUSH_SLAVE_TIMEOUT: 'FLUSH_SLAVE_TIMEOUT',
  SLAVE_NOT_AVAILABLE: 'SLAVE_NOT_AVAILABLE',
} as const;
export type SendStatus = (typeof SendStatus)[keyof typeof SendStatus];

export interface SendResult {
  readonly sendStatus: SendStatus;
  /** The client's id of the message; comma-joined for a batch. The same in every retry: de-duplicate by it. */
  readonly msgId: string;
  /** Where the broker stored it; comma-joined for a batch. */
  readonly offsetMsgId: string;
  readonly messageQueue: MessageQueue;
  readonly queueOffset: number;
  readonly transactionId: string | undefined;
  readonly regionId: string;
  readonly traceOn: boolean;
  /** Lets a delayed message be recalled, where the broker supports it. */
  readonly recallHandle: string | undefined;
  /** With `splitBatches`: the results of the batches, in order; the other members are then the first batch's, ids those of all. */
  readonly parts?: readonly SendResult[] | undefined;
}

const STATUS_BY_CODE = new Map<number, SendStatus>([
  [RESPONSE_CODES.SUCCESS, SendStatus.SEND_OK],
  [RESPONSE_CODES.FLUSH_DISK_TIMEOUT, SendStatus.FLUSH_DISK_TIMEOUT],
  [RESPONSE_CODES.FLUSH_SLAVE_TIMEOUT, SendStatus.FLUSH_SLAVE_TIMEOUT],
  [RESPONSE_CODES.SLAVE_NOT_AVAILABLE, SendStatus.SLAVE_NOT_AVAILABLE],
]);

const DEFAULT_REGION = 'DefaultRegion';

/** The status a response code stands for; undefined when the message was not stored. */
export function sendStatusOf(code: number): SendStatus | undefined {
  return STATUS_BY_CODE.get(code);
}

export function toSendResult(
  sendStatus: SendStatus,
  header: ResponseHeader<typeof SEND_MESSAGE>,
  response: RpcResponse,
  msgId: string,
  queue: MessageQueue,
): SendResult {
  return {
    sendStatus,
    msgId,
    offsetMsgId: header.msgId,
    messageQueue: { topic: queue.topic, brokerName: queue.brokerName, queueId: header.queueId },
    queueOffset: header.queueOffset,
    transactionId: header.transactionId,
    regionId: response.extFields.get('MSG_REGION') || DEFAULT_REGION,
    traceOn: response.extFields.get('TRACE_ON') !== 'false',
    recallHandle: header.recallHandle,
  };
}
