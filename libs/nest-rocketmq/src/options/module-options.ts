// What `forRoot` takes, with the names, defaults and units of rocketmq-spring's properties. Must never contain behaviour.
import type { Clock } from 'rocketmq-core/common';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import type { PlaceholderLookup, RocketMQPlaceholderResolver } from './placeholders.js';
import type { RocketMQSecurityOptions } from './security-options.js';

export interface RocketMQProducerOptions extends RocketMQSecurityOptions {
  /** Producer group. Required when `producer` is given. */
  group: string;
  /** Whole budget of one send, retries included, in ms. Default 3000. */
  sendMessageTimeout?: number | undefined;
  /** Bodies above this many bytes are compressed. Default 4096. */
  compressMessageBodyThreshold?: number | undefined;
  /** Default 2: three attempts. */
  retryTimesWhenSendFailed?: number | undefined;
  /** Default 2. */
  retryTimesWhenSendAsyncFailed?: number | undefined;
  /** Try another broker when a message was taken but not stored as configured. Default false. */
  retryNextServer?: boolean | undefined;
  /** Bytes. Default 4194304. */
  maxMessageSize?: number | undefined;
  /** Part of the client id. Default: unique per process and role. */
  instanceName?: string | undefined;
  /** Also send the headers `id` and `timestamp`, which Spring adds to every message. Default false. */
  springHeaders?: boolean | undefined;
  enableMsgTrace?: boolean | undefined;
  customizedTraceTopic?: string | undefined;
}

/** For every listener; its own attributes beat them. */
export interface RocketMQConsumerOptions extends RocketMQSecurityOptions {
  /** `{ billing: { orders: false } }`: that listener is never registered. 'false' counts too, for a value out of a placeholder. */
  listeners?: Readonly<Record<string, Readonly<Record<string, boolean | string>>>> | undefined;
  customizedTraceTopic?: string | undefined;
  /** `merge` (default): listeners of one group share one consumer. `error`: a group belongs to one listener. */
  allowSameGroup?: 'merge' | 'error' | undefined;
}

/** What `template.receive()` reads: Spring's default lite pull consumer. */
export interface RocketMQPullConsumerOptions extends RocketMQSecurityOptions {
  /** Consumer group. Required, as topic. */
  group: string;
  topic: string;
  /** Another cluster than the connection's. */
  nameServer?: string | undefined;
  /** Default: the connection's. */
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
  /** Default CLUSTERING: the members of the group share the queues. */
  messageModel?: 'CLUSTERING' | 'BROADCASTING' | undefined;
  /** Default TAG. */
  selectorType?: 'TAG' | 'SQL92' | undefined;
  /** Default `*`. */
  selectorExpression?: string | undefined;
  /** Most messages of one receive(), 1..1024. Default 10. */
  pullBatchSize?: number | undefined;
  /** Part of the client id. Default: unique per process and role. */
  instanceName?: string | undefined;
  enableMsgTrace?: boolean | undefined;
  customizedTraceTopic?: string | undefined;
}

export interface RocketMQEmbeddedOptions {
  /** Default: a temporary directory, removed at the end. */
  storePath?: string | undefined;
  /** Default 1. */
  brokers?: number | undefined;
  /** Keys of broker.conf. */
  brokerConfig?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface RocketMQOptions {
  /** `host:port;host:port`. Required unless `embedded`. */
  nameServer?: string | undefined;
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
  producer?: RocketMQProducerOptions | undefined;
  consumer?: RocketMQConsumerOptions | undefined;
  /** What `template.receive()` reads; without it that is refused. */
  pullConsumer?: RocketMQPullConsumerOptions | undefined;
  /** Default true. False: nothing connects, no listener starts, a send fails with a clear error. */
  enabled?: boolean | undefined;
  /** Default true. False: listeners wait for `RocketMQListenerRegistry.start()`. */
  autoStart?: boolean | undefined;
  /** `fail` (default): what cannot start fails the boot. `background`: it is tried again until it starts or the application ends. */
  startup?: 'fail' | 'background' | undefined;
  /** Default false. True: the producer connects with its first send, the pull consumer with its first receive; transactions connect at boot. */
  lazyConnect?: boolean | undefined;
  /** `warn` (default): a decorated class that no module provides is a line of the log. `fail`: it fails the boot. */
  unprovided?: 'warn' | 'fail' | undefined;
  /** A name server and a broker inside this process, from the package rocketmq-embedded. */
  embedded?: boolean | RocketMQEmbeddedOptions | undefined;
  /**
   * Where `${key:default}` in these options and in those of the connection's listeners gets its values. Default: the provider
   * ROCKETMQ_PLACEHOLDER_RESOLVER, else the ConfigService of the application, then the environment.
   */
  placeholders?: RocketMQPlaceholderResolver | PlaceholderLookup | undefined;
  /** Replaces the conversion of payloads for the template and the listeners. Default: the provider ROCKETMQ_MESSAGE_CONVERTER, else JSON. */
  messageConverter?: RocketMQMessageConverter | undefined;
  /** Time, for tests. */
  clock?: Clock | undefined;
}

/** What must be known before any factory runs, as injection tokens depend on it. */
export interface RocketMQModuleExtras {
  /** Name of the connection. Default `default`. */
  name?: string | undefined;
  /** Default true: template and registry can be injected everywhere. */
  isGlobal?: boolean | undefined;
}

export type RocketMQModuleOptions = RocketMQOptions & RocketMQModuleExtras;

export interface RocketMQOptionsFactory<Options = RocketMQOptions> {
  createRocketMQOptions(): Options | Promise<Options>;
}

export const DEFAULT_CONNECTION_NAME = 'default';
