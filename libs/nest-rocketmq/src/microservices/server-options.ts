// What ServerRocketMQ takes: the names, defaults and units of listeners where they mean the same. Must never contain behaviour.
import type { Clock } from 'rocketmq-core/common';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { ConsumeFromWhere, ConsumeMode, InvalidMessagePolicy, MessageModel } from '../listener/index.js';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import type { RocketMQSecurityOptions } from '../options/index.js';

/** What becomes of a message no handler is there for. */
export type UnhandledMessagePolicy = 'DEAD_LETTER' | 'DISCARD' | 'RETRY';

export interface RocketMQServerOptions extends RocketMQSecurityOptions {
  /** `host:port;host:port`. Required. */
  nameServer: string;
  /** Required. One group has one subscription: every process of the group runs the same handlers. */
  consumerGroup: string;
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
  /** Default CONCURRENTLY. ORDERLY: one message at a time per queue, in order; one that fails holds up its queue. */
  consumeMode?: ConsumeMode | undefined;
  /** Default CLUSTERING. BROADCASTING: every process gets every event; a failed one is logged and dropped. Not with @MessagePattern. */
  messageModel?: MessageModel | undefined;
  /** For a group without a stored offset. Default CONSUME_FROM_LAST_OFFSET. */
  consumeFromWhere?: ConsumeFromWhere | undefined;
  /** Most messages in handlers at once, 1..1000. Default 20. */
  consumeThreadNumber?: number | undefined;
  /** -1 (default): 16, for ORDERLY without end. Above it a message goes to `%DLQ%group`. */
  maxReconsumeTimes?: number | undefined;
  /** Minutes. A message in process for longer is sent back once while the first run goes on. Default 15. */
  consumeTimeout?: number | undefined;
  /** -1: dead letter at once; 0 (default): the broker picks level 3 + reconsumeTimes; 1..18: that level. Not for ORDERLY. */
  delayLevelWhenNextConsume?: number | undefined;
  /** Ms an ORDERLY queue rests after a failure. Default 1000. */
  suspendCurrentQueueTimeMillis?: number | undefined;
  /** Ms given to handlers under way when the server closes. Default 15000; then they are left for redelivery. */
  awaitTerminationMillisWhenShutdown?: number | undefined;
  /** Ms between two pulls of one queue, 0..65535. Default 0. */
  pullInterval?: number | undefined;
  /** 1..1024. Default 32. */
  pullBatchSize?: number | undefined;
  /** Part of the client id. Default: unique per consumer; for BROADCASTING `microservice`, so that its offsets are found again. */
  instanceName?: string | undefined;
  /** A payload that does not fit its handler. Default DEAD_LETTER. */
  invalidMessage?: InvalidMessagePolicy | undefined;
  /** Default DEAD_LETTER: nothing gets lost. A request is answered with an error and done. */
  unhandledMessage?: UnhandledMessagePolicy | undefined;
  /** Ms an answer may take to send. Default 3000. */
  replyTimeout?: number | undefined;
  /** Group of the producer that sends the answers. Default: the consumer group. */
  producerGroup?: string | undefined;
  /** `fail` (default): `listen` rejects when no name server answers. `background`: it is tried again until it starts or the server closes. */
  startup?: 'fail' | 'background' | undefined;
  enableMsgTrace?: boolean | undefined;
  customizedTraceTopic?: string | undefined;
  /** Replaces the conversion of payloads and answers. */
  messageConverter?: RocketMQMessageConverter | undefined;
  /** Called with the configured consumer before it starts; may change anything. */
  prepareStart?: ((consumer: DefaultMQPushConsumer) => void | Promise<void>) | undefined;
  /** Time, for tests. */
  clock?: Clock | undefined;
}

type DefaultedOption = keyof typeof SERVER_DEFAULTS;

/** The options that have a default, filled in. */
export type ResolvedServerOptions = Omit<RocketMQServerOptions, DefaultedOption> & {
  [K in DefaultedOption]: NonNullable<RocketMQServerOptions[K]>;
};

const SERVER_DEFAULTS = {
  consumeMode: 'CONCURRENTLY',
  messageModel: 'CLUSTERING',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
  consumeThreadNumber: 20,
  maxReconsumeTimes: -1,
  consumeTimeout: 15,
  delayLevelWhenNextConsume: 0,
  suspendCurrentQueueTimeMillis: 1000,
  awaitTerminationMillisWhenShutdown: 15_000,
  pullInterval: 0,
  pullBatchSize: 32,
  invalidMessage: 'DEAD_LETTER',
  unhandledMessage: 'DEAD_LETTER',
  replyTimeout: 3000,
  startup: 'fail',
} as const satisfies Partial<RocketMQServerOptions>;

/** Explicit `undefined` inherits the default, as an absent option does. */
export function withServerDefaults(options: RocketMQServerOptions): ResolvedServerOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...SERVER_DEFAULTS, ...Object.fromEntries(given) } as ResolvedServerOptions;
}
