// What a testing module puts in place of the servers an application names. Types and token only.
import type { Clock } from 'rocketmq-core/common';
import type { RocketMQOptions } from '../options/index.js';

/** Provided globally by RocketMQTestingModule; absent in production. */
export const ROCKETMQ_TEST_ENVIRONMENT = 'RocketMQTestEnvironment';

export interface RocketMQTestEnvironment {
  /** `host:port` of the cluster that every connection and listener talks to. */
  readonly nameServer: string;
  readonly clock: Clock;
}

/** The options of a connection under test: the application's own, with cluster, clock and plain sockets of the test. */
export function underTest(options: RocketMQOptions, environment: RocketMQTestEnvironment | undefined): RocketMQOptions {
  if (environment === undefined) return options;
  const plain = <T extends object>(part: T | undefined): T | undefined =>
    part === undefined ? undefined : { ...part, tlsEnable: undefined, tls: undefined };
  return {
    ...options,
    nameServer: environment.nameServer,
    embedded: undefined,
    clock: environment.clock,
    producer: plain(options.producer),
    consumer: plain(options.consumer),
    pullConsumer: options.pullConsumer && { ...plain(options.pullConsumer)!, nameServer: undefined },
  };
}
