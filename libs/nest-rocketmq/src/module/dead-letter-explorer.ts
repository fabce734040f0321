// Finds the providers with @OnDeadLetter and gives each as listeners, one per method and group. Must never start or change them.
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import { MessageExt } from 'rocketmq-core/message';
import {
  type DeadLetterListener,
  deadLetterListenersOf,
  INEFFECTIVE_OPTIONS,
  type IneffectiveOption,
  toDeadLetter,
} from '../dead-letter/index.js';
import { listenerOptionsOf, subscriptionsOf } from '../listener/index.js';
import { claimDecorated, type ConfigurationProblem, type Resolved, show } from '../options/index.js';
import { ListenerDefiner } from './listener-definer.js';
import { type FoundListener, type ListenerExplorer, typeOf } from './listener-explorer.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];
/** What is checked of a listener's class; the method of a letter handler may have any name. */
const LISTENER_SHAPE = { onMessage(): void {} };

/** The listeners of an explorer, and those for dead letters behind them. */
export class DeadLetterExplorer implements Pick<ListenerExplorer, 'find' | 'connectionNames' | 'describe'> {
  private readonly definer: ListenerDefiner;

  constructor(
    private readonly listeners: Pick<ListenerExplorer, 'find' | 'connectionNames' | 'describe'>,
    private readonly discovery: DiscoveryService,
    moduleRef: ModuleRef,
    /** Absent: no placeholders. */
    private readonly resolve: <T>(where: string, given: T) => Resolved<T> = (_where, options) => ({ options, problems: [] }),
  ) {
    this.definer = new ListenerDefiner(moduleRef);
  }

  connectionNames(): string[] {
    return this.listeners.connectionNames();
  }

  describe(...given: Parameters<ListenerExplorer['describe']>): FoundListener | undefined {
    return this.listeners.describe(...given);
  }

  find(connectionName: string): FoundListener[] {
    const known = this.connectionNames();
    const found = new Map<unknown, FoundListener[]>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = typeOf(wrapper);
      if (type === undefined) continue;
      const letters = deadLetterListenersOf(type);
      if (letters.length > 0) claimDecorated(type);
      const resolved = letters.map((letter) => this.resolve(type.name, letter));
      const mine = resolved.filter(
        ({
          options: {
            options: { connection },
          },
        }) => {
          // One of a connection nobody set up is reported by the first there is.
          return connection === connectionName || (!known.includes(connection) && connectionName === known[0]);
        },
      );
      if (mine.length === 0) continue;
      // `useExisting` shows one instance under two tokens.
      const key = wrapper.isDependencyTreeStatic() ? wrapper.instance : wrapper;
      found.set(
        key,
        mine.map((listener) => ({ ...this.define(wrapper, type, listener.options), unresolved: atOptions(listener.problems) })),
      );
    }
    const listeners = this.listeners.find(connectionName);
    return [...listeners, ...withOwnIds([...found.values()].flat(), new Set(listeners.map(({ definition }) => definition.id)))];
  }

  private define(wrapper: InstanceWrapper, type: FoundListener['type'], letter: DeadLetterListener): FoundListener {
    const { method, group, options, ineffective } = letter;
    const { applyGlobalEnhancers } = options;
    const { invoke, problems } = this.definer.defineMethod(wrapper, {
      type,
      method,
      payloadType: Object,
      isBatch: false,
      applyGlobalEnhancers,
    });
    const hasMethod = typeof (type.prototype as Partial<Record<string, unknown>>)[method] === 'function';
    return {
      type: { name: type.name, prototype: hasMethod ? LISTENER_SHAPE : {} },
      definition: {
        id: options.id ?? `${type.name}.${method}:${subscriptionsOf(options)[0]!.topic}`,
        className: type.name,
        // The class's own notes, such as @Idempotent, are for its listener where it is one.
        type: listenerOptionsOf(type) === undefined ? type : undefined,
        mode: 'MESSAGE',
        options,
        handlers: [
          { method, messageType: MessageExt, invoke: (payload, context) => invoke(toDeadLetter(payload as MessageExt, group), context) },
        ],
      },
      problems: [
        ...problems,
        ...ineffective.map((option) => withoutEffect(type.name, method, option)),
        ...(typeof group === 'string' && group.trim() !== '' ? [] : [noGroup(type.name, group)]),
      ],
    };
  }
}

/** The registry knows a listener by its id: one `id` for several groups, and a class that is provided twice, are numbered as listeners are. */
function withOwnIds(letters: readonly FoundListener[], taken: Set<string>): FoundListener[] {
  return letters.map((listener) => {
    const base = listener.definition.id;
    let id = base;
    for (let count = 2; taken.has(id); count++) id = `${base}#${count}`;
    taken.add(id);
    return id === base ? listener : { ...listener, definition: { ...listener.definition, id } };
  });
}

const withoutEffect = (where: string, method: string, option: IneffectiveOption): ConfigurationProblem => ({
  where,
  option: `@OnDeadLetter on ${method}: ${option}`,
  problem: `has no effect: ${INEFFECTIVE_OPTIONS[option]}`,
  remedy: 'Leave it out.',
});

const noGroup = (where: string, group: unknown): ConfigurationProblem => ({
  where,
  option: 'group',
  problem: `${show(group)} is no consumer group`,
  remedy: 'Give @OnDeadLetter the group whose dead letters it takes, or a list with one at least.',
});

/** A group stands in topic and consumer group: what is wrong with it is told there, as of any listener. */
const atOptions = (problems: readonly ConfigurationProblem[]): ConfigurationProblem[] =>
  problems
    .filter(({ option }) => option.startsWith('options.'))
    .map((problem) => ({ ...problem, option: problem.option.replace('options.', '') }));
