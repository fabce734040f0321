// The listener containers of one connection, for the application to look at, start, stop, add and remove. Must never outlive its application.
import { reasonOf } from 'rocketmq-core/common';
import type { MessageType, PayloadOf } from '../messaging/index.js';
import type { ListenerDefinition } from './listener-definition.js';
import { RocketMQListenerContainer, type ListenerStats } from './listener-container.js';
import { ListenerGroup, type StopOptions, type StopReport } from './listener-group.js';
import { type ContainerServices, ListenerMember } from './listener-member.js';
import type { ListenedTopics, RocketMQMessageListenerOptions } from './listener-options.js';
import type { MessageContext, RocketMQBatchListener, RocketMQListener, RocketMQReplyListener } from './listener.js';
import type { ConsumeOutcome } from './outcome.js';
import { type ListenerClass, type ListenerOf, listenerOptionsOf, type TakesPayload } from './rocketmq-message-listener.decorator.js';

/** An id, a listener class, or a container. */
export type ListenerReference = string | (abstract new (...args: never[]) => unknown) | RocketMQListenerContainer;

/** A function in place of a listener's `onMessage`. */
export type MessageListenerFunction<P> = (message: P, context: MessageContext) => void | ConsumeOutcome | Promise<void | ConsumeOutcome>;

export type RuntimeListenerClass<P> = abstract new (
  ...args: never[]
) => RocketMQListener<P> | RocketMQReplyListener<P> | RocketMQBatchListener<P>;

/** What can be registered at run time: a function, an instance with `onMessage`, `onRequest` or `onMessages`, or a class, resolved by Nest. */
export type RuntimeListener<P> =
  MessageListenerFunction<P> | RocketMQListener<P> | RocketMQReplyListener<P> | RocketMQBatchListener<P> | RuntimeListenerClass<P>;

/** What a class, or an instance, must have, as a decorated one must: see TakesPayload. A function is no instance. */
type TakesPayloadLate<P, L> = L extends ListenerClass
  ? TakesPayload<P, InstanceType<L>>
  : L extends (...args: never[]) => unknown
    ? MessageListenerFunction<P>
    : ListenerOf<P, L>;

/** A listener ready to be put into the registry. */
export interface ListenerEntry {
  readonly type: unknown;
  readonly definition: ListenerDefinition;
  /** Listeners with an equal key share a consumer. */
  readonly groupKey: string;
  readonly services: ContainerServices;
}

/** What the module does for registrations at run time. */
export interface ListenerRegistrar {
  /** Throws RocketMQConfigurationError with everything wrong. */
  define(options: RocketMQMessageListenerOptions, listener: RuntimeListener<never>): ListenerEntry;
  /** Starts it as its options say, if the application's listeners have started. */
  started(container: RocketMQListenerContainer): Promise<void>;
}

interface Registered {
  readonly type: unknown;
  readonly groupKey: string;
  readonly member: ListenerMember;
  readonly group: ListenerGroup;
  readonly container: RocketMQListenerContainer;
}

export class RocketMQListenerRegistry {
  private readonly entries = new Map<string, Registered>();
  private readonly joining = new Map<ListenerGroup, Promise<void>>();
  /** The last one of its group maybe: who joins the group meanwhile waits for its consumer to end. */
  private readonly leaving = new Set<Registered>();
  private registrar: ListenerRegistrar | undefined;
  private closedBecause = 'the module is not initialised; from onModuleInit or onApplicationBootstrap on it is';

  /** By id, or by class (its first container). */
  get(reference: ListenerReference): RocketMQListenerContainer | undefined {
    return this.find(reference)?.container;
  }

  list(): RocketMQListenerContainer[] {
    return [...this.entries.values()].map(({ container }) => container);
  }

  /** One listener with those that share its consumer, or all, lower phases first. Starting a running one does nothing. */
  async start(reference?: ListenerReference): Promise<void> {
    for (const group of this.select(reference)) await group.start();
  }

  /**
   * One listener with those that share its consumer, or all: higher phases first, those of one phase at once, each within its own time.
   * Resolves to what was left unfinished.
   */
  async stop(reference?: ListenerReference, how?: StopOptions): Promise<StopReport[]> {
    const reports: StopReport[] = [];
    const failed: unknown[] = [];
    for (const groups of phasesOf(this.select(reference)).toReversed()) {
      for (const result of await Promise.allSettled(groups.map((group) => group.stop(how)))) {
        if (result.status === 'fulfilled') reports.push(result.value);
        else failed.push(result.reason);
      }
    }
    if (failed.length > 0) {
      const reasons = failed.map((error) => reasonOf(error));
      throw new AggregateError(failed, `${failed.length} listeners did not stop cleanly: ${reasons.join('; ')}`);
    }
    return reports;
  }

  /** One listener with those that share its consumer, or all that run: nothing more is pulled, queues stay theirs. */
  async pause(reference?: ListenerReference): Promise<void> {
    for (const group of this.running(reference)) await group.pause();
  }

  async resume(reference?: ListenerReference): Promise<void> {
    for (const group of this.running(reference)) await group.resume();
  }

  /** Handler calls at once, within 1..consumeThreadMax, of the consumer of this listener. */
  async setConcurrency(reference: ListenerReference, concurrency: number): Promise<void> {
    await this.require(reference).group.setConcurrency(concurrency);
  }

  stats(): ListenerStats[];
  stats(reference: ListenerReference): ListenerStats;
  stats(reference?: ListenerReference): ListenerStats | ListenerStats[] {
    return reference === undefined ? this.list().map((container) => container.stats()) : this.require(reference).container.stats();
  }

  /**
   * Adds a listener at run time, with the options, checks and features of a decorated one, and starts it unless `autoStart` is false.
   * One whose group has a consumer here already joins it, which is made anew. Throws RocketMQConfigurationError for wrong options; when the
   * start fails nothing is registered, and the others of the group go on as before: where their consumer cannot start again either, it is
   * tried again after 1 s, then 2, 4 ... 30 s, and `stats()` tells why (`startFailure`).
   */
  register<T extends MessageType | undefined = undefined>(
    options: RocketMQMessageListenerOptions<T> & ListenedTopics,
    listener: RuntimeListener<PayloadOf<T>>,
  ): Promise<RocketMQListenerContainer>;
  /** The same for a class, or an instance, whose handlers are methods with `@OnMessage`, or take more than the payload by parameter decorators. */
  register<T extends MessageType | undefined = undefined, L extends object = object>(
    options: RocketMQMessageListenerOptions<T> & ListenedTopics,
    listener: L & TakesPayloadLate<PayloadOf<T>, L>,
  ): Promise<RocketMQListenerContainer>;
  async register(options: RocketMQMessageListenerOptions, listener: object): Promise<RocketMQListenerContainer> {
    if (this.registrar === undefined) {
      throw new Error(`no listener can be registered: ${this.closedBecause}`);
    }
    const entry = this.registrar.define(Object(options) as typeof options, listener as RuntimeListener<never>);
    const group = this.groupOf(entry.groupKey) ?? new ListenerGroup(entry.services);
    const registered = this.put(entry, group);
    try {
      await this.inTurn(group, () => this.join(registered));
    } catch (error) {
      this.entries.delete(entry.definition.id);
      throw error;
    }
    return registered.container;
  }

  /**
   * Stops a listener and forgets it. Others of its group go on with a new consumer; when that cannot start all of them are as before, or are
   * tried again as of `register`, and the error is thrown.
   */
  async unregister(reference: ListenerReference, how?: StopOptions): Promise<void> {
    const left = this.require(reference);
    const { container, group, member } = left;
    this.entries.delete(container.id);
    this.leaving.add(left);
    try {
      await group.change((members) => members.filter((each) => each !== member), how);
    } catch (error) {
      // It works again, so it must be there to be stopped.
      if (group.members.includes(member) && !this.entries.has(container.id)) this.entries.set(container.id, left);
      throw error;
    } finally {
      this.leaving.delete(left);
    }
  }

  /** For the module: a listener found at boot. Equal keys share a consumer. */
  add(entry: ListenerEntry): RocketMQListenerContainer {
    const group = this.groupOf(entry.groupKey) ?? new ListenerGroup(entry.services);
    const registered = this.put(entry, group);
    group.add(registered.member);
    return registered.container;
  }

  /** For the module: from now on listeners can be registered. */
  open(registrar: ListenerRegistrar): void {
    this.registrar = registrar;
  }

  /** For the module: no listener can be registered, and why. */
  refuse(reason: string): void {
    this.closedBecause = reason;
  }

  private put({ type, definition, groupKey, services }: ListenerEntry, group: ListenerGroup): Registered {
    const member = new ListenerMember(definition, services);
    const registered: Registered = { type, groupKey, member, group, container: new RocketMQListenerContainer(member, group) };
    this.entries.set(definition.id, registered);
    return registered;
  }

  private groupOf(key: string): ListenerGroup | undefined {
    return [...this.entries.values(), ...this.leaving].find(({ groupKey }) => groupKey === key)?.group;
  }

  /** One after the other: whether one is the first of its group is known when those before it have started, or have failed. */
  private async inTurn(group: ListenerGroup, work: () => Promise<void>): Promise<void> {
    const before = this.joining.get(group);
    const turn = before === undefined ? work() : before.then(work);
    const done = turn.catch(() => undefined);
    this.joining.set(group, done);
    try {
      await turn;
    } finally {
      if (this.joining.get(group) === done) this.joining.delete(group);
    }
  }

  private async join({ group, member, container }: Registered): Promise<void> {
    let isFirst = group.members.length === 0;
    if (isFirst) group.add(member);
    else {
      await group.change((members) => {
        isFirst = members.length === 0;
        return [...members, member];
      });
    }
    // Nobody has started it: as its options say, then.
    if (!isFirst) return;
    try {
      await this.registrar!.started(container);
    } catch (error) {
      group.remove(member);
      throw error;
    }
  }

  private find(reference: ListenerReference): Registered | undefined {
    if (typeof reference === 'string') return this.entries.get(reference);
    return [...this.entries.values()].find(({ type, container }) => type === reference || container === reference);
  }

  private require(reference: ListenerReference): Registered {
    const found = this.find(reference);
    if (found !== undefined) return found;
    const name = typeof reference === 'string' ? reference : 'id' in reference ? reference.id : reference.name;
    const isForgotten = typeof reference === 'function' && listenerOptionsOf(reference) !== undefined;
    const hint = isForgotten ? `. ${name} is decorated: is it among the providers of a module that is imported, and switched on?` : '';
    throw new Error(`no listener "${name}"; known: ${[...this.entries.keys()].join(', ') || 'none'}${hint}`);
  }

  /** Each group once, lower phases first. */
  private select(reference: ListenerReference | undefined): ListenerGroup[] {
    if (reference !== undefined) return [this.require(reference).group];
    return phasesOf([...new Set([...this.entries.values()].map(({ group }) => group))]).flat();
  }

  /** All means all that run; one must run, or its group says so. */
  private running(reference: ListenerReference | undefined): ListenerGroup[] {
    const groups = this.select(reference);
    return reference === undefined ? groups.filter(({ isUp }) => isUp) : groups;
  }
}

/** Groups by phase, the lowest first. */
function phasesOf(groups: readonly ListenerGroup[]): ListenerGroup[][] {
  const phases = new Map<number, ListenerGroup[]>();
  for (const group of groups) phases.set(group.phase, [...(phases.get(group.phase) ?? []), group]);
  return [...phases].toSorted(([a], [b]) => a - b).map(([, each]) => each);
}
