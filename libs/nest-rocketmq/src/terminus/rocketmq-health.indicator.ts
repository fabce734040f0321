// Health of an application's connections and listeners, for @nestjs/terminus. Must never wait longer than it is told, nor change anything.
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { type Clock, reasonOf, sleep, SystemClock } from 'rocketmq-core/common';
import type { ListenerState, RocketMQListenerContainer } from '../listener/index.js';
import { type ApplicationConnection, connectionsOf, positionOf } from '../module/index.js';

export const HEALTH_CLOCK = 'RocketMQHealthClock';
/** Ms a name server may take to answer. */
const TIMEOUT_MS = 3000;
/** A healthy listener pulls each queue again within 15 s; twice that and a bit. */
const POLL_AGE_MAX_MS = 35_000;

const REACHABLE = 'reachable';
/** With lazyConnect, before the first send: nothing is wrong. */
const NOT_CONNECTED = 'not connected yet';

export interface RocketMQHealthOptions {
  /** Only this connection. Default: all. */
  connection?: string | undefined;
  /** Ms a name server may take to answer. Default 3000. */
  timeout?: number | undefined;
  /** A listener further behind than so many messages is down. Default: any lag is healthy. */
  maxLag?: number | undefined;
  /** A listener with a queue it has not pulled for so many ms is down. Default 35000. */
  maxPollAge?: number | undefined;
}

interface ListenerHealth {
  readonly status: 'up' | 'down';
  readonly state: ListenerState;
  readonly group: string;
  readonly assignedQueues: number;
  readonly inFlight: number;
  readonly lag?: number | undefined;
  readonly reason?: string | undefined;
}

@Injectable()
export class RocketMQHealthIndicator {
  constructor(
    private readonly terminus: HealthIndicatorService,
    private readonly discovery: DiscoveryService,
    @Inject(HEALTH_CLOCK) private readonly clock: Clock = new SystemClock(),
  ) {}

  /**
   * Up when a name server of each connection answers and each listener that is to run does: `health.check([() => rocketmq.isHealthy('rocketmq')])`.
   * The details name every connection and listener.
   */
  async isHealthy<const Key extends string>(key: Key, options: RocketMQHealthOptions = {}): Promise<HealthIndicatorResult<Key>> {
    const session = this.terminus.check(key);
    const connections = connectionsOf(this.discovery).filter(({ name }) => options.connection === undefined || name === options.connection);
    if (connections.length === 0) {
      return session.down({ reason: options.connection === undefined ? 'no RocketMQModule' : `no connection "${options.connection}"` });
    }
    const judged = await Promise.all(connections.map((each) => this.judge(each, options)));
    const details = Object.fromEntries(judged.map(({ name, detail }) => [name, detail]));
    return judged.every(({ isUp }) => isUp) ? session.up(details) : session.down(details);
  }

  private async judge({ name, connection, listeners }: ApplicationConnection, options: RocketMQHealthOptions) {
    if (!connection.isEnabled) return { name, isUp: true, detail: { status: 'disabled' } };
    const now = (connection.options.clock ?? this.clock).now();
    const nameServer = await this.reach(connection, options.timeout ?? TIMEOUT_MS);
    const states = listeners.map((listener): [string, ListenerHealth] => [listener.id, this.listenerHealth(listener, now, options)]);
    const isUp = (nameServer === REACHABLE || nameServer === NOT_CONNECTED) && states.every(([, { status }]) => status === 'up');
    return { name, isUp, detail: { status: isUp ? 'up' : 'down', nameServer, listeners: Object.fromEntries(states) } };
  }

  private async reach(connection: ApplicationConnection['connection'], timeoutMs: number): Promise<string> {
    const over = new AbortController();
    const late = sleep(this.clock, timeoutMs, over.signal).then(
      () => `no answer within ${timeoutMs} ms`,
      () => REACHABLE,
    );
    try {
      return await Promise.race([connection.reach().then((isConnected) => (isConnected ? REACHABLE : NOT_CONNECTED)), late]);
    } catch (error) {
      return reasonOf(error);
    } finally {
      over.abort();
    }
  }

  private listenerHealth(listener: RocketMQListenerContainer, now: number, options: RocketMQHealthOptions): ListenerHealth {
    const { assignedQueues, lag, oldestPullAt } = positionOf(listener);
    const { state, startFailure, isRunning } = listener;
    const facts = { state, group: listener.options.consumerGroup, assignedQueues, inFlight: listener.inFlightMessages, lag };
    const reason = troubleOf({ isRunning, startFailure: startFailure?.message, lag, pullAgeMs: ageOf(oldestPullAt, now) }, options);
    return reason === undefined ? { status: 'up', ...facts } : { status: 'down', ...facts, reason };
  }
}

/** 0: the queue is new and has not been pulled yet. */
const ageOf = (pulledAt: number | undefined, now: number): number | undefined =>
  pulledAt === undefined || pulledAt === 0 ? undefined : now - pulledAt;

interface ListenerFacts {
  readonly isRunning: boolean;
  readonly startFailure: string | undefined;
  readonly lag: number | undefined;
  readonly pullAgeMs: number | undefined;
}

function troubleOf({ isRunning, startFailure, lag, pullAgeMs }: ListenerFacts, options: RocketMQHealthOptions): string | undefined {
  const { maxLag, maxPollAge = POLL_AGE_MAX_MS } = options;
  if (!isRunning) return startFailure === undefined ? 'not running' : `not running: ${startFailure}`;
  if (maxLag !== undefined && lag !== undefined && lag > maxLag) return `${lag} messages behind, allowed ${maxLag}`;
  if (pullAgeMs === undefined || pullAgeMs <= maxPollAge) return undefined;
  return `a queue was last pulled ${Math.round(pullAgeMs)} ms ago, allowed ${maxPollAge}`;
}
