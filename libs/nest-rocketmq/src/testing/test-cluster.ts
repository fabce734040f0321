// The cluster a test's application talks to, from the package rocketmq-embedded. Must never import it statically: it is optional.
import { type Clock, type Logger, silentLogger } from 'rocketmq-core/common';
import { loadPeer } from '../peers/index.js';

export interface TestClusterOptions {
  /** How many brokers, 1 to 16. Default 1. */
  brokers?: number | undefined;
  /** Keys of broker.conf, such as `messageDelayLevel`, `transactionCheckInterval`, `autoCreateTopicEnable`. */
  brokerConfig?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** What is used of a broker of rocketmq-embedded. */
export interface TestBroker {
  readonly name: string;
  readonly isRunning: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  maxOffset(topic: string, queueId: number): number;
  waitingPulls(topic: string, queueId: number, consumerGroup: string): number;
}

/** What is used of EmbeddedRocketMQ. */
export interface TestCluster {
  readonly nameServer: string;
  readonly brokers: readonly TestBroker[];
  createTopics(names: readonly string[], queues?: number): Promise<void>;
  restartBroker(name?: string): Promise<void>;
  stop(): Promise<void>;
}

interface EmbeddedPackage {
  EmbeddedRocketMQ: { start(options: TestClusterOptions & { clock: Clock; logger: Logger }): Promise<TestCluster> };
}

export async function startTestCluster(options: TestClusterOptions, clock: Clock): Promise<TestCluster> {
  const loaded = await loadPeer('rocketmq-embedded');
  if (loaded === undefined) {
    throw new Error('RocketMQTestingModule runs a cluster of the package rocketmq-embedded. Install it: npm install -D rocketmq-embedded.');
  }
  return (loaded as unknown as EmbeddedPackage).EmbeddedRocketMQ.start({ ...options, clock, logger: silentLogger });
}
