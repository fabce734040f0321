// One listener as the application holds it: look at it, start, pause and stop it. Must never work on messages: its group does.
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { ListenerGroup, ListenerStartFailure, ListenerState, StopOptions, StopReport } from './listener-group.js';
import type { ListenerMember } from './listener-member.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import type { ListenerDefinition } from './listener-definition.js';
import type { ListenerCounts } from './listener-stats.js';

/** A queue of a topic of the listener, or the group's queue of messages that come again. */
export interface ListenerQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  /** Everything below is done; undefined: not known yet. */
  readonly consumerOffset: number | undefined;
  /** Messages of the queue that are not done, those the selector leaves out among them, as of the last pull. Undefined: not known yet. */
  readonly lag: number | undefined;
  /** Pulled and not done. */
  readonly cachedMessages: number;
  /** Ms since 1970; 0: never. */
  readonly lastPullTimestamp: number;
}

export interface ListenerStats extends ListenerCounts {
  readonly id: string;
  readonly consumerGroup: string;
  readonly state: ListenerState;
  /** Why its consumer did not start the last time; undefined once it runs, or has been stopped. */
  readonly startFailure: ListenerStartFailure | undefined;
  /** Messages whose handler has not come back yet. */
  readonly inFlight: number;
  /** Handler calls at once, of all listeners of the consumer. */
  readonly concurrency: number;
  readonly assignedQueues: readonly ListenerQueue[];
  /** Over all assigned queues. */
  readonly cachedMessages: number;
  /** Over all assigned queues; undefined while it is known of none. */
  readonly lag: number | undefined;
}

/** Listeners of one group share one consumer: what is done to one of them is done to all, `sharesConsumerWith` names them. */
export class RocketMQListenerContainer {
  constructor(
    private readonly member: ListenerMember,
    private readonly group: ListenerGroup,
  ) {}

  get definition(): ListenerDefinition {
    return this.member.definition;
  }

  get id(): string {
    return this.definition.id;
  }

  get options(): ResolvedListenerOptions {
    return this.definition.options;
  }

  get state(): ListenerState {
    return this.group.state;
  }

  /** Why its consumer did not start the last time; undefined once it runs, or has been stopped. */
  get startFailure(): ListenerStartFailure | undefined {
    return this.group.startFailure;
  }

  /** Also while it is paused. */
  get isRunning(): boolean {
    return this.state === 'RUNNING' || this.state === 'PAUSED';
  }

  /** Ids of the other listeners of its group here. */
  get sharesConsumerWith(): readonly string[] {
    return this.group.members.filter((member) => member !== this.member).map(({ definition }) => definition.id);
  }

  /** Messages whose handler has not come back yet. */
  get inFlightMessages(): number {
    return this.member.inFlight.size;
  }

  /** The client consumer while running. */
  get consumer(): DefaultMQPushConsumer | undefined {
    return this.group.consumer;
  }

  /** Starting a running one does nothing; one that was stopped starts with a new client. */
  start(): Promise<void> {
    return this.group.start();
  }

  /** A start that can be tried again and again: it resolves to false, and does nothing, once a stop has been asked for. */
  attempt(): () => Promise<boolean> {
    return this.group.attempt();
  }

  /**
   * Stops pulling, gives handlers under way `awaitTerminationMillisWhenShutdown`, no longer once the signal aborts, commits offsets, leaves the
   * group. A start under way is ended, and rejects.
   */
  stop(how?: StopOptions): Promise<StopReport> {
    return this.group.stop(how);
  }

  /** Nothing more is pulled and the queues stay its own; what was pulled is still handled. Rejects unless it is running. */
  pause(): Promise<void> {
    return this.group.pause();
  }

  /** Rejects unless it is running or paused. */
  resume(): Promise<void> {
    return this.group.resume();
  }

  /** Handler calls at once, within 1..consumeThreadMax. Stays over a stop and a start. */
  setConcurrency(concurrency: number): Promise<void> {
    return this.group.setConcurrency(concurrency);
  }

  /** For the module: a topic is about to come into being. Where it is this listener's, and its consumer runs, it is looked for at once. */
  expectTopic(topic: string): void {
    if (this.member.subscriptions.some((each) => each.topic === topic)) this.group.expectTopic(topic);
  }

  stats(): ListenerStats {
    const assignedQueues = this.assignedQueues();
    const lags = assignedQueues.map(({ lag }) => lag).filter((lag) => lag !== undefined);
    return {
      id: this.id,
      consumerGroup: this.options.consumerGroup,
      state: this.state,
      startFailure: this.startFailure,
      inFlight: this.inFlightMessages,
      concurrency: this.group.concurrency,
      ...this.member.record.counts,
      assignedQueues,
      cachedMessages: assignedQueues.reduce((sum, { cachedMessages }) => sum + cachedMessages, 0),
      lag: lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0),
    };
  }

  private assignedQueues(): ListenerQueue[] {
    const topics = new Set(this.member.subscriptions.map(({ topic }) => topic));
    const isAlone = this.group.members.length === 1;
    return this.group
      .queues()
      .filter(({ queue, isRetry }) => isAlone || isRetry || topics.has(queue.topic))
      .map(({ queue, consumerOffset, brokerOffset, cachedMessages, lastPullTimestamp }) => ({
        ...queue,
        consumerOffset,
        lag: consumerOffset === undefined || brokerOffset === undefined ? undefined : Math.max(0, brokerOffset - consumerOffset),
        cachedMessages,
        lastPullTimestamp,
      }));
  }
}
