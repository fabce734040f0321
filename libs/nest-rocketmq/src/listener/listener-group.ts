// The listeners of one consumer group with the one consumer they share: start, pause, stop with a drain, start again. Must never decide what
// becomes of a message, nor let one be handled by two of its listeners, unless it is broadcast.
import { reasonOf } from 'rocketmq-core/common';
import { ConfigError, NotStartedError } from 'rocketmq-core/errors';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { MessageExt } from 'rocketmq-core/message';
import { show } from '../options/index.js';
import type { Verdict } from './consume-interceptor.js';
import type { ConsumerCall, ConsumerPort } from './consumer-port.js';
import type { ContainerServices, ListenerMember } from './listener-member.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import { Revival } from './revival.js';
import { uniteSubscriptions } from './subscriptions.js';
import { TopicLookup } from './topic-lookup.js';

/** What a container does at present. PAUSED: nothing is pulled, the queues stay its own. */
export type ListenerState = 'STOPPED' | 'STARTING' | 'RUNNING' | 'PAUSED' | 'STOPPING';

/** Why a consumer did not start. */
export interface ListenerStartFailure {
  readonly message: string;
  /** Ms since 1970. */
  readonly at: number;
}

/** How a stop ended. */
export interface StopReport {
  /** Ids of the listeners that were stopped together. */
  readonly listeners: readonly string[];
  /** Messages whose handlers had not come back when their time was over; they are delivered again. */
  readonly abandoned: number;
  /** The first of them, at most 20. */
  readonly abandonedMsgIds: readonly string[];
}

export interface StopOptions {
  /** Ends the waiting for handlers when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Ids of abandoned messages that are told. */
const TOLD_IDS_MAX = 20;
/** A message nobody of the group wants comes again later, for a member of the group elsewhere, and ends among the dead letters. */
const NOT_WANTED: Verdict = { kind: 'AGAIN', delayLevel: 0 };

export class ListenerGroup {
  private list: readonly ListenerMember[] = [];
  private current: ListenerState = 'STOPPED';
  private port: ConsumerPort | undefined;
  /** One for each member, aborted when its time after a stop is over. */
  private ends: ReadonlyMap<ListenerMember, AbortController> = new Map();
  private starting: AbortController | undefined;
  private stopsAsked = 0;
  private chosenConcurrency: number | undefined;
  /** Steps run one after the other. */
  private sequence: Promise<unknown> = Promise.resolve();
  private readonly revival: Revival;
  private readonly lookup: TopicLookup;
  private failure: ListenerStartFailure | undefined;

  constructor(private readonly services: ContainerServices) {
    this.revival = new Revival(services.clock, () => void this.enqueue(() => this.revive()));
    this.lookup = new TopicLookup(services.clock, async (topic) => (await this.port?.findTopic?.(topic)) ?? true);
  }

  get members(): readonly ListenerMember[] {
    return this.list;
  }

  get state(): ListenerState {
    return this.current;
  }

  /** Of the last start; undefined once it runs, or has been stopped. */
  get startFailure(): ListenerStartFailure | undefined {
    return this.failure;
  }

  get consumer(): DefaultMQPushConsumer | undefined {
    return this.port?.client;
  }

  /** The queues its consumer works on; none unless it runs. */
  queues(): ReturnType<ConsumerPort['queues']> {
    return this.port?.queues() ?? [];
  }

  get isUp(): boolean {
    return this.current === 'RUNNING' || this.current === 'PAUSED';
  }

  get phase(): number {
    return this.list[0]?.definition.options.phase ?? 0;
  }

  get concurrency(): number {
    return this.chosenConcurrency ?? this.list[0]?.definition.options.consumeThreadNumber ?? 0;
  }

  /** Before it is started; later with change(). */
  add(member: ListenerMember): void {
    this.list = [...this.list, member];
  }

  /** One whose start has failed; later with change(). */
  remove(member: ListenerMember): void {
    this.list = this.list.filter((each) => each !== member);
  }

  /** Starting one that runs does nothing. Rejects when it is stopped meanwhile. */
  start(): Promise<void> {
    return this.enqueue(async () => {
      if (this.list.length === 0) throw gone();
      if (this.isUp) return;
      await this.doStart();
    });
  }

  /** A start that can be tried again and again: it resolves to false, and does nothing, once a stop has been asked for, or nobody is left. */
  attempt(): () => Promise<boolean> {
    const { stopsAsked } = this;
    return async () => {
      if (stopsAsked !== this.stopsAsked || this.list.length === 0) return false;
      await this.start();
      return true;
    };
  }

  /** Also ends a start that is under way. */
  stop(how: StopOptions = {}): Promise<StopReport> {
    this.stopsAsked++;
    this.starting?.abort(new NotStartedError(this.name, 'stopped while it was starting'));
    return this.enqueue(() => {
      this.revival.end();
      this.failure = undefined;
      return this.doStop(how);
    });
  }

  pause(): Promise<void> {
    return this.enqueue(() => {
      this.requireUp('paused').suspend();
      this.current = 'PAUSED';
    });
  }

  resume(): Promise<void> {
    return this.enqueue(() => {
      const port = this.requireUp('resumed');
      if (this.current === 'PAUSED') port.resume();
      this.current = 'RUNNING';
    });
  }

  /** Handler calls at once, within 1..consumeThreadMax; also the starts to come go by it. */
  setConcurrency(concurrency: number): Promise<void> {
    if (this.list.length === 0) return Promise.reject(gone());
    const { consumeThreadMax } = this.options;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > consumeThreadMax) {
      const problem = `${show(concurrency)} is no integer within 1..${consumeThreadMax} (consumeThreadMax)`;
      return Promise.reject(new ConfigError(this.name, [{ key: 'concurrency', problem }]));
    }
    return this.enqueue(() => {
      this.chosenConcurrency = concurrency;
      this.port?.setConcurrency(concurrency);
    });
  }

  /**
   * Gives it other members. A running consumer is stopped and a new one started, as it must know its subscriptions before; when that fails the
   * ones before are started again and the error is thrown. Where they cannot start either, it is tried again until they do or a stop is asked for.
   */
  change(to: (members: readonly ListenerMember[]) => readonly ListenerMember[], how: StopOptions = {}): Promise<void> {
    return this.enqueue(async () => {
      const before = this.list;
      const { stopsAsked, isUp } = this;
      const isPaused = this.current === 'PAUSED' || this.revival.isPaused;
      try {
        await this.doStop(how);
      } catch (error) {
        const reason = reasonOf(error);
        this.services.logger.warn(`${this.name} did not stop cleanly, a new consumer takes over: ${reason}`);
      }
      this.list = to(before);
      if (before.length === 0) this.chosenConcurrency = undefined;
      if (this.list.length === 0) return this.revival.end();
      if (!isUp && !this.revival.isWanted) return;
      try {
        await this.doStart(isPaused);
      } catch (error) {
        // It was lost before: who leaves need not wait for the others.
        if (!isUp && this.list.length < before.length) return this.lose(error, isPaused, stopsAsked);
        this.list = before;
        if (stopsAsked === this.stopsAsked) await this.doStart(isPaused).catch((again: unknown) => this.lose(again, isPaused, stopsAsked));
        throw error;
      }
    });
  }

  /** A topic of a member is about to come into being: a running consumer finds it sooner than with its next round. */
  expectTopic(topic: string): void {
    if (this.isUp && !this.queues().some(({ queue }) => queue.topic === topic)) this.lookup.begin(topic);
  }

  private get options(): ResolvedListenerOptions {
    return this.list[0]!.definition.options;
  }

  private get name(): string {
    return `listener ${this.list.map(({ definition }) => definition.id).join(', ')}`;
  }

  private enqueue<T>(step: () => T | Promise<T>): Promise<T> {
    const run = this.sequence.then(step);
    this.sequence = run.catch(() => undefined);
    return run;
  }

  private requireUp(what: string): ConsumerPort {
    if (this.isUp && this.port !== undefined) return this.port;
    throw new NotStartedError(this.name, `${this.current}: only a running one can be ${what}`);
  }

  private async revive(): Promise<void> {
    const { stopsAsked } = this;
    const { isPaused } = this.revival;
    if (!this.revival.isWanted || this.isUp) return;
    try {
      await this.doStart(isPaused);
      this.services.logger.info(`${this.name} has started again`);
    } catch (error) {
      this.lose(error, isPaused, stopsAsked);
    }
  }

  /** It has no consumer and should: unless a stop has ended this, the next attempt is set. */
  private lose(error: unknown, isPaused: boolean, stopsAsked: number): void {
    if (stopsAsked !== this.stopsAsked) return;
    const pauseMs = this.revival.schedule(isPaused);
    this.services.logger.error(`${this.name} does not run, the next attempt comes in ${pauseMs} ms: ${reasonOf(error)}`);
  }

  private async doStart(isPaused = false): Promise<void> {
    const stopped = new AbortController();
    this.starting = stopped;
    this.current = 'STARTING';
    let port: ConsumerPort | undefined;
    try {
      const ends = new Map(this.list.map((member) => [member, new AbortController()]));
      for (const [member, { signal }] of ends) await member.prepare(signal);
      // A stopped client cannot start again, so each start makes a new one.
      port = this.services.createConsumer(
        {
          id: this.list[0]!.definition.id,
          options: this.options,
          mode: this.list[0]!.definition.mode,
          subscriptions: uniteSubscriptions(this.list.flatMap(({ subscriptions }) => subscriptions)),
          concurrency: this.concurrency,
        },
        (messages, call) => this.dispatch(messages, call),
      );
      await unlessAborted(this.open(port, stopped.signal), stopped.signal);
      this.port = port;
      this.ends = ends;
      this.current = 'RUNNING';
      this.revival.end();
      this.failure = undefined;
      if (isPaused) {
        port.suspend();
        this.current = 'PAUSED';
      }
    } catch (error) {
      this.current = 'STOPPED';
      if (!stopped.signal.aborted) this.failure = { message: reasonOf(error), at: this.services.clock.now() };
      await port?.shutdown(0);
      throw error;
    } finally {
      this.starting = undefined;
    }
  }

  private async open(port: ConsumerPort, stopped: AbortSignal): Promise<void> {
    for (const { definition } of this.list) {
      if (port.client !== undefined) await definition.prepareStart?.(port.client);
    }
    stopped.throwIfAborted();
    await port.start();
  }

  /** A single listener gets everything, also what its prepareStart subscribed to. */
  private async dispatch(messages: readonly MessageExt[], call: ConsumerCall): Promise<readonly Verdict[]> {
    const [only] = this.list;
    if (this.list.length === 1) return only!.handle(messages, call);
    const found: Verdict[][] = messages.map(() => []);
    for (const member of this.list) {
      const places = [...messages.keys()].filter((at) => member.wants(messages[at]!) && (this.isBroadcast || found[at]!.length === 0));
      if (places.length === 0) continue;
      // One after the other: messages of one queue are not handled at once.
      const verdicts = await member.handle(
        places.map((at) => messages[at]!),
        call,
      );
      for (const [index, at] of places.entries()) found[at]!.push(verdicts[index]!);
    }
    // Of a broadcast, what failed in one has failed.
    return found.map((verdicts, at) => verdicts.find(({ kind }) => kind === 'AGAIN') ?? verdicts[0] ?? this.refuse(messages[at]!));
  }

  private get isBroadcast(): boolean {
    return this.options.messageModel === 'BROADCASTING';
  }

  private refuse({ topic, tags, msgId }: MessageExt): Verdict {
    const text = `group ${this.options.consumerGroup}: no listener here wants message ${msgId}; it will be delivered again`;
    this.services.logger.warn(text, { topic, tags });
    return NOT_WANTED;
  }

  private async doStop({ signal }: StopOptions): Promise<StopReport> {
    const { port, ends, list } = this;
    const listeners = list.map(({ definition }) => definition.id);
    if (!this.isUp || port === undefined) return { listeners, abandoned: 0, abandonedMsgIds: [] };
    this.current = 'STOPPING';
    this.lookup.end();
    const deadlines = [...ends].map(([member, end]) => {
      const drainMs = drainMsOf(member);
      return this.services.clock.setTimer(() => end.abort(new Error(`not done within ${drainMs} ms of the stop`)), drainMs);
    });
    const cutShort = (): void => {
      for (const end of ends.values()) end.abort(new Error('the stop was told to wait no longer'));
    };
    signal?.addEventListener('abort', cutShort, { once: true });
    if (signal?.aborted === true) cutShort();
    let report: StopReport;
    try {
      await port.shutdown(Math.max(0, ...list.map(drainMsOf)), signal);
    } finally {
      // The client has looked away: what still runs now is abandoned.
      report = this.report(listeners);
      for (const deadline of deadlines) deadline.cancel();
      signal?.removeEventListener('abort', cutShort);
      for (const end of ends.values()) end.abort(new Error('the listener has been stopped'));
      this.port = undefined;
      this.current = 'STOPPED';
    }
    return report;
  }

  private report(listeners: readonly string[]): StopReport {
    const left: string[] = [];
    for (const member of this.list) {
      const { definition, inFlight } = member;
      if (inFlight.size === 0) continue;
      const msgIds = [...inFlight].map(({ msgId }) => msgId);
      left.push(...msgIds);
      this.services.logger.warn(
        `${definition.className}: ${inFlight.size} messages were still in process ${drainMsOf(member)} ms after the stop, or when it was cut short; they will be delivered again`,
        { consumerGroup: definition.options.consumerGroup, msgIds: msgIds.slice(0, TOLD_IDS_MAX).join(',') },
      );
    }
    return { listeners, abandoned: left.length, abandonedMsgIds: left.slice(0, TOLD_IDS_MAX) };
  }
}

const gone = (): NotStartedError => new NotStartedError('the listener', 'unregistered: register it again');

const drainMsOf = ({ definition }: ListenerMember): number => definition.options.awaitTerminationMillisWhenShutdown;

/** What `work` gives, unless the signal aborts first: then its reason is thrown, and what becomes of the work does not count. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
