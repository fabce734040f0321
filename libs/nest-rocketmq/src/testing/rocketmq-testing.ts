// What a test does with the cluster under its application: virtual time, expectations, faults, waiting until nothing is left to do. Must never
// be used outside of tests.
import { DiscoveryService } from '@nestjs/core';
import { Injectable } from '@nestjs/common';
import { type Clock, reasonOf, sleep, type Timer, type VirtualClock } from 'rocketmq-core/common';
import { type ListenerReference, type RocketMQListenerContainer, RocketMQListenerRegistry, subscriptionsOf } from '../listener/index.js';
import { connectionsOf } from '../module/index.js';
import type { Duration } from '../options/index.js';
import { durationMs } from './duration.js';
import type { RocketMQFaults } from './faults.js';
import { MessageExpectation } from './message-expectation.js';
import type { MessageFilter } from './message-filter.js';
import type { DeliveryRecord, MessageRecorder, SentRecord } from './message-recorder.js';
import { openWork } from './settling.js';
import type { TestCluster } from './test-cluster.js';

/** Real time settled() may take. */
const SETTLE_LIMIT_MS = 10_000;
/** Real time that advance() gives to what it has set off. */
const ADVANCE_LIMIT_MS = 2000;
const POLL_MS = 2;
/** Looks in a row that find nothing to do. */
const QUIET_LOOKS = 3;
const RETRY_PREFIX = '%RETRY%';
/** As brokers make it. */
const RETRY_QUEUES = 1;

/** Virtual time: it goes on with the day and is sent ahead by tests. */
export interface TestClock {
  /** Ms since 1970. */
  now(): number;
  /** Sends time ahead, fires delays, retries and transaction checks on the way, and lets the listeners do what they got. `'30m'` or ms. */
  advance(duration: Duration): Promise<void>;
}

export interface TestingParts {
  readonly cluster: TestCluster;
  readonly clock: VirtualClock;
  /** Time that tests wait by. */
  readonly real: Clock;
  readonly recorder: MessageRecorder;
  readonly faults: RocketMQFaults;
  readonly discovery: DiscoveryService;
}

@Injectable()
export class RocketMQTesting {
  private readonly restarts = new Map<string, Timer>();
  /** What went wrong behind the test's back; settled() tells. */
  private readonly troubles: string[] = [];

  constructor(private readonly parts: TestingParts) {}

  /** `host:port` of the cluster, for clients of the test's own. */
  get nameServer(): string {
    return this.parts.cluster.nameServer;
  }

  readonly clock: TestClock = {
    now: () => this.parts.clock.now(),
    advance: async (duration) => {
      await this.parts.clock.advance(durationMs(duration));
      await this.settle(ADVANCE_LIMIT_MS);
    },
  };

  get faults(): RocketMQFaults {
    return this.parts.faults;
  }

  /** What templates of the application have sent, oldest first. */
  get sent(): readonly SentRecord[] {
    return this.parts.recorder.sent;
  }

  /** What listeners of the application were given and said, oldest first. */
  get deliveries(): readonly DeliveryRecord[] {
    return this.parts.recorder.deliveries;
  }

  /** `await expectMessage('orders', { tag: 'paid' }).toBeConsumedBy(BillingListener)`. */
  expectMessage(topic: string, filter: Omit<MessageFilter, 'topic'> = {}): MessageExpectation {
    const { recorder, real } = this.parts;
    return new MessageExpectation(
      { ...filter, topic },
      {
        recorder,
        listenerId: (reference) => this.listenerId(reference),
        waitFor: (condition, limitMs) => waitFor(real, condition, limitMs),
        settle: (limitMs) => this.settle(limitMs),
      },
    );
  }

  /**
   * Resolves when every message that is in a queue has been handled by each running listener that gets it. Messages that wait for a delay or a
   * retry are not in a queue yet: send time ahead first. Throws after 10 s of real time, with what is left.
   */
  async settled(within: Duration = SETTLE_LIMIT_MS): Promise<void> {
    const limitMs = durationMs(within);
    if (await this.settle(limitMs)) return;
    throw new Error(`not settled within ${limitMs} ms:\n${this.openWork().join('\n')}`);
  }

  /** Makes topics ahead of the first send; those of the listeners are there already. */
  async createTopics(...names: string[]): Promise<void> {
    await this.parts.cluster.createTopics(names);
  }

  /** Stops a broker and starts it again on its store after so much virtual time. Default: the first. */
  async disconnect(duration: Duration, brokerName: string = this.parts.cluster.brokers[0]!.name): Promise<void> {
    const { cluster, clock } = this.parts;
    const broker = cluster.brokers.find(({ name }) => name === brokerName);
    if (broker === undefined) throw new Error(`no broker "${brokerName}"; there are ${cluster.brokers.map(({ name }) => name).join(', ')}`);
    const delayMs = durationMs(duration);
    this.restarts.get(brokerName)?.cancel();
    await broker.stop();
    const restart = clock.setTimer(() => {
      this.restarts.delete(brokerName);
      const release = clock.hold();
      void broker
        .start()
        .catch((error: unknown) => this.troubles.push(`broker ${brokerName} did not start again: ${reasonOf(error)}`))
        .finally(release);
    }, delayMs);
    this.restarts.set(brokerName, restart);
  }

  /** Forgets what was recorded and the faults that have not happened; messages and time stay as they are. */
  reset(): void {
    this.parts.recorder.clear();
    this.parts.faults.clear();
  }

  /** For the module: before listeners start, so that they find their queues at once. */
  async openTopics(): Promise<void> {
    const options = this.containers().map((container) => container.options);
    const retries = options.map(({ consumerGroup }) => `${RETRY_PREFIX}${consumerGroup}`);
    await this.parts.cluster.createTopics([...new Set(options.flatMap((each) => subscriptionsOf(each).map(({ topic }) => topic)))]);
    await this.parts.cluster.createTopics([...new Set(retries)], RETRY_QUEUES);
  }

  /** For the module. */
  async close(): Promise<void> {
    for (const restart of this.restarts.values()) restart.cancel();
    this.restarts.clear();
    this.parts.faults.clear();
    // Their clients leave a cluster that is still there, whichever module Nest ends first.
    await Promise.allSettled(connectionsOf(this.parts.discovery).map(({ connection }) => connection.close()));
    await this.parts.cluster.stop();
  }

  private openWork(): string[] {
    return [...this.troubles, ...openWork(this.containers(), this.parts.cluster, this.parts.recorder.pending)];
  }

  private settle(limitMs: number): Promise<boolean> {
    let quiet = 0;
    const isQuiet = (): boolean => {
      quiet = this.openWork().length === 0 ? quiet + 1 : 0;
      return quiet >= QUIET_LOOKS;
    };
    return waitFor(this.parts.real, isQuiet, limitMs);
  }

  private registries(): RocketMQListenerRegistry[] {
    const instances = this.parts.discovery.getProviders().map(({ instance }) => instance as unknown);
    return [...new Set(instances.filter((instance): instance is RocketMQListenerRegistry => instance instanceof RocketMQListenerRegistry))];
  }

  private containers(): RocketMQListenerContainer[] {
    return this.registries().flatMap((registry) => registry.list());
  }

  private listenerId(reference: ListenerReference): string {
    for (const registry of this.registries()) {
      const container = registry.get(reference);
      if (container !== undefined) return container.id;
    }
    const name = typeof reference === 'string' ? reference : 'id' in reference ? reference.id : reference.name;
    const known = this.containers().map(({ id }) => id);
    throw new Error(`no listener "${name}"; known: ${known.join(', ') || 'none'}`);
  }
}

async function waitFor(clock: Clock, condition: () => boolean, limitMs: number): Promise<boolean> {
  const startMs = clock.monotonic();
  while (!condition()) {
    if (clock.monotonic() - startMs > limitMs) return false;
    await sleep(clock, POLL_MS);
  }
  return true;
}
