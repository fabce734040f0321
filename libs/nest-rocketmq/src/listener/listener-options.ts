// The attributes of @RocketMQMessageListener: Spring's names, defaults and units. Must never contain behaviour.
import type { MessageType } from '../messaging/index.js';
import type { RocketMQSecurityOptions } from '../options/index.js';

export const ConsumeMode = { CONCURRENTLY: 'CONCURRENTLY', ORDERLY: 'ORDERLY' } as const;
export type ConsumeMode = (typeof ConsumeMode)[keyof typeof ConsumeMode];

export const MessageModel = { BROADCASTING: 'BROADCASTING', CLUSTERING: 'CLUSTERING' } as const;
export type MessageModel = (typeof MessageModel)[keyof typeof MessageModel];

export const SelectorType = { TAG: 'TAG', SQL92: 'SQL92' } as const;
export type SelectorType = (typeof SelectorType)[keyof typeof SelectorType];

export const ConsumeFromWhere = {
  CONSUME_FROM_LAST_OFFSET: 'CONSUME_FROM_LAST_OFFSET',
  CONSUME_FROM_FIRST_OFFSET: 'CONSUME_FROM_FIRST_OFFSET',
  CONSUME_FROM_TIMESTAMP: 'CONSUME_FROM_TIMESTAMP',
} as const;
export type ConsumeFromWhere = (typeof ConsumeFromWhere)[keyof typeof ConsumeFromWhere];

/** What happens to a message that does not reach its handler. RETRY: as if the handler had failed. */
export type UnhandledPolicy = 'DEAD_LETTER' | 'RETRY' | 'DISCARD';
/** What happens to a message that cannot become the declared `messageType`. */
export type InvalidMessagePolicy = UnhandledPolicy;

/** One of a listener's topics with a selector of its own. */
export interface ListenerSubscription {
  topic: string;
  /** Default TAG. */
  selectorType?: SelectorType | undefined;
  /** Default `*`. */
  selectorExpression?: string | undefined;
}

/** Either form; `subscriptions` where the topics have different selectors. */
export type ListenedTopics =
  { topic: string | readonly string[]; subscriptions?: undefined } | { topic?: undefined; subscriptions: readonly ListenerSubscription[] };

export interface RocketMQMessageListenerOptions<
  T extends MessageType | undefined = MessageType | undefined,
> extends RocketMQSecurityOptions {
  /** One topic or several; required unless `subscriptions` is given. */
  topic?: string | readonly string[] | undefined;
  /** Instead of topic, selectorType and selectorExpression, where several topics have different selectors. */
  subscriptions?: readonly ListenerSubscription[] | undefined;
  /** Listeners of one group in one application share one consumer, and divide the messages among them. */
  consumerGroup: string;
  /** Default TAG. SQL92 needs a broker with property filters. */
  selectorType?: SelectorType | undefined;
  /** Tags joined by `||`, or a SQL92 predicate. Default `*`. */
  selectorExpression?: string | undefined;
  /** Default CONCURRENTLY. ORDERLY: one message at a time per queue, in order; one that fails holds up its queue until it succeeds. */
  consumeMode?: ConsumeMode | undefined;
  /**
   * Default CLUSTERING. BROADCASTING: every member gets every message; a failed one is logged and dropped. Each member keeps its offsets in
   * a file found again by `instanceName` (default here: the listener's id), so members on one host need one each.
   */
  messageModel?: MessageModel | undefined;
  /** Most `onMessage` calls under way at once, 1..1000. Default 20. */
  consumeThreadNumber?: number | undefined;
  /** Ceiling for changes at run time, 1..1000. Default 64. */
  consumeThreadMax?: number | undefined;
  /** -1 (default): 16, for ORDERLY without end. Above it a message goes to `%DLQ%group`. */
  maxReconsumeTimes?: number | undefined;
  /** Minutes. A message in process for longer is sent back once while the first run goes on. Default 15. */
  consumeTimeout?: number | undefined;
  /** Ms a reply may take to send; for reply listeners. Default 3000. */
  replyTimeout?: number | undefined;
  /** -1: dead letter at once; 0 (default): the broker picks level 3 + reconsumeTimes; 1..18: that level. Not for ORDERLY. */
  delayLevelWhenNextConsume?: number | undefined;
  /** Ms an ORDERLY queue rests after a failure, kept within 10..30000. Default 1000. */
  suspendCurrentQueueTimeMillis?: number | undefined;
  /** Ms given to handlers under way when the application stops. Default 15000 (Spring: 1000); then they are left for redelivery. */
  awaitTerminationMillisWhenShutdown?: number | undefined;
  /** Part of the client id. Default: unique per consumer. */
  instanceName?: string | undefined;
  /** Ms between two pulls of one queue, 0..65535. Default 0. */
  pullInterval?: number | undefined;
  /** 1..1024. Default 32. */
  pullBatchSize?: number | undefined;
  /** Most messages of one `onMessages` call, 1..1024, not above pullBatchSize. `onMessage` gets messages one by one. Default 1. */
  consumeMessageBatchMaxSize?: number | undefined;
  /** For a group without a stored offset. Default CONSUME_FROM_LAST_OFFSET. */
  consumeFromWhere?: ConsumeFromWhere | undefined;
  /** Another cluster than the connection's. */
  nameServer?: string | undefined;
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
  enableMsgTrace?: boolean | undefined;
  customizedTraceTopic?: string | undefined;
  /** What `onMessage` receives. Absent: the MessageExt. */
  messageType?: T;
  /** Default DEAD_LETTER: trying again does not mend a broken payload. */
  invalidMessage?: InvalidMessagePolicy | undefined;
  /** When a guard says no. Default RETRY: a guard that refuses by mistake loses nothing. */
  refusedMessage?: UnhandledPolicy | undefined;
  /** When no `@OnMessage` method takes the message. Default: such a subscription is refused at boot; what comes all the same is retried. */
  unmatchedMessage?: UnhandledPolicy | undefined;
  /** Default true. False: global guards, interceptors, pipes and filters stay away from this listener. */
  applyGlobalEnhancers?: boolean | undefined;
  /** Default true. False: `currentMessageContext()` knows nothing in this listener, which spares Node 20 and 22 the cost of AsyncLocalStorage. */
  asyncContext?: boolean | undefined;
  /** Name of the connection (`forRoot({ name })`). Default `default`. */
  connection?: string | undefined;
  /** Name in RocketMQListenerRegistry. Default: the class name. */
  id?: string | undefined;
  /** Default true. */
  enabled?: boolean | undefined;
  /** Default: the module's. False: it waits for `RocketMQListenerRegistry.start()`. */
  autoStart?: boolean | undefined;
  /** Default: the module's. What becomes of a start that fails: the boot fails, or it is tried again in the background. */
  startup?: 'fail' | 'background' | undefined;
  /** Listeners of a lower phase start earlier and stop later; those of one phase stop at once. Default 0. */
  phase?: number | undefined;
}

/** The attributes that have a default, filled in. */
export type ResolvedListenerOptions = Omit<RocketMQMessageListenerOptions, DefaultedOption> & {
  [K in DefaultedOption]: NonNullable<RocketMQMessageListenerOptions[K]>;
};

type DefaultedOption = keyof typeof LISTENER_DEFAULTS;

export const LISTENER_DEFAULTS = {
  selectorType: 'TAG',
  selectorExpression: '*',
  consumeMode: 'CONCURRENTLY',
  messageModel: 'CLUSTERING',
  consumeThreadNumber: 20,
  consumeThreadMax: 64,
  maxReconsumeTimes: -1,
  consumeTimeout: 15,
  replyTimeout: 3000,
  delayLevelWhenNextConsume: 0,
  suspendCurrentQueueTimeMillis: 1000,
  awaitTerminationMillisWhenShutdown: 15_000,
  pullInterval: 0,
  pullBatchSize: 32,
  consumeMessageBatchMaxSize: 1,
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
  invalidMessage: 'DEAD_LETTER',
  refusedMessage: 'RETRY',
  applyGlobalEnhancers: true,
  asyncContext: true,
  connection: 'default',
  enabled: true,
  phase: 0,
} as const satisfies Partial<RocketMQMessageListenerOptions>;

/** Explicit `undefined` inherits the default, as an absent attribute does. */
export function withListenerDefaults(options: RocketMQMessageListenerOptions): ResolvedListenerOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...LISTENER_DEFAULTS, ...Object.fromEntries(given) } as ResolvedListenerOptions;
}
