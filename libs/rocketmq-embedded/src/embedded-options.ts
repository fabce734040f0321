// What EmbeddedRocketMQ.start takes. Must never contain behaviour.
import type { BrokerConfigInput } from '@nest-rocketmq/broker';
import type { Clock, Logger } from 'rocketmq-core/common';

export interface EmbeddedRocketMQOptions {
  /** Kept at the end. Default: a temporary directory, removed at the end. */
  storePath?: string | undefined;
  /** How many master brokers, 1 to 16. Default 1. */
  brokers?: number | undefined;
  /** Keys of broker.conf for every broker; addresses, ports, names and paths are the cluster's own. */
  brokerConfig?: BrokerConfigInput | undefined;
  /** Default: the system's. A manual clock lets a test move time. */
  clock?: Clock | undefined;
  /** Default: silent. */
  logger?: Logger | undefined;
}

/** Every option there is. */
export const EMBEDDED_OPTIONS = {
  storePath: true,
  brokers: true,
  brokerConfig: true,
  clock: true,
  logger: true,
} as const satisfies Record<keyof EmbeddedRocketMQOptions, true>;

/** Broker keys that make the cluster what it is: given ones are refused rather than ignored. */
export const OWNED_BROKER_KEYS = [
  'listenPort',
  'bindAddress',
  'namesrvAddr',
  'brokerName',
  'storePathRootDir',
  'storePathCommitLog',
] as const;

export const BROKERS_MAX = 16;
