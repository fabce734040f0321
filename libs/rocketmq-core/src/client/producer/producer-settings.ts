// Settings of a producer with Java's names and defaults [java DefaultMQProducer]. Read at each send, so a change counts from the next one on.
import type { ConfigProblem } from '../../errors/index.js';
import { type CompressionType, DEFAULT_TOPIC } from '../../message/index.js';
import { ClientConfig } from '../client-config.js';
import type { EndTransactionHook, SendMessageHook } from '../hooks/message-hooks.js';
import { arrayProblems, choiceProblems, clientProblems, INT_MAX, type Range, rangeProblems, switchProblems } from '../setting-problems.js';

export class ProducerSettings extends ClientConfig {
  producerGroup = '';
  /** Budget of one send in ms, all attempts together. */
  sendMsgTimeout = 3000;
  /** Budget of one attempt in ms; -1: all that is left. */
  sendMsgMaxTimeoutPerRequest = -1;
  retryTimesWhenSendFailed = 2;
  retryTimesWhenSendAsyncFailed = 2;
  /** Another attempt, on another broker, when a message was stored but not as safely as configured. */
  retryAnotherBrokerWhenNotStoreOK = false;
  /** Bodies from this many bytes on are compressed. */
  compressMsgBodyOverHowmuch = 4096;
  compressType: CompressionType = 'ZLIB';
  compressLevel = 5;
  maxMessageSize = 4 * 1024 * 1024;
  /** Queues of a topic that the first send creates. */
  defaultTopicQueueNums = 4;
  /** Template of such topics. */
  createTopicKey = DEFAULT_TOPIC;
  /** Avoid brokers that were slow or failed lately. */
  sendLatencyFaultEnable = false;
  /** Limit what asynchronous sends (`mode: 'async'`) may have under way; more wait. */
  enableBackpressureForAsyncMode = false;
  backPressureForAsyncSendNum = 1024;
  backPressureForAsyncSendSize = 100 * 1024 * 1024;
  /** Answers of brokers that are worth another attempt; change it before start. */
  retryResponseCodes: Set<number> = new Set([1, 2, 14, 16, 17, 204, 205, 1500]);
  /** See every attempt of a send; change it before start, as the next. */
  sendMessageHooks: SendMessageHook[] = [];
  /** See every end of a transaction. */
  endTransactionHooks: EndTransactionHook[] = [];
}

export type ProducerOptions = Partial<ProducerSettings>;

const RANGES: Readonly<Record<string, Range>> = {
  sendMsgTimeout: [1, INT_MAX],
  sendMsgMaxTimeoutPerRequest: [-1, INT_MAX],
  retryTimesWhenSendFailed: [0, INT_MAX],
  retryTimesWhenSendAsyncFailed: [0, INT_MAX],
  compressMsgBodyOverHowmuch: [0, Number.MAX_SAFE_INTEGER],
  maxMessageSize: [1, INT_MAX],
  defaultTopicQueueNums: [1, INT_MAX],
  backPressureForAsyncSendNum: [1, INT_MAX],
  backPressureForAsyncSendSize: [1, Number.MAX_SAFE_INTEGER],
};
/** zlib's, -1 for its own default; the other types take a level and do not use it. */
const ZLIB_LEVELS: Range = [-1, 9];
const OTHER_LEVELS: Range = [-INT_MAX, INT_MAX];
const SWITCHES = ['retryAnotherBrokerWhenNotStoreOK', 'sendLatencyFaultEnable', 'enableBackpressureForAsyncMode'];

/** Every setting that a producer cannot start with. */
export function producerProblems(settings: ProducerSettings): ConfigProblem[] {
  const { compressType } = settings;
  const compressLevel = compressType === 'LZ4' || compressType === 'ZSTD' ? OTHER_LEVELS : ZLIB_LEVELS;
  return [
    ...clientProblems(settings),
    ...rangeProblems(settings, { ...RANGES, compressLevel }),
    ...choiceProblems(settings, { compressType: ['ZLIB', 'LZ4', 'ZSTD'] }),
    ...switchProblems(settings, SWITCHES),
    ...arrayProblems(settings, ['sendMessageHooks', 'endTransactionHooks']),
  ];
}
