// Finds the providers with @OnDeadLetter and gives each as listeners, one per method and group. Must never start or change them.
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import { MessageExt } from 'rocketmq-core/message';
import { type DeadLetterListener, deadLetterListenersOf, toDeadLetter } from '../dead-letter/index.js';
import { type HandlerDefinition, listenerOptionsOf, subscriptionsOf } from '../listener/index.js';
import { claimDecorated, type ConfigurationProblem, type Resolved } from '../options/index.js';
import { type FoundListener, type ListenerExplorer, typeOf } from './listener-explorer.js';
import { ListenerInstances } from './listener-instance.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];
type AnyHandler = Record<string, (payload: unknown, context: unknown) => unknown>;
/** What is checked of a listener's class; the method of a letter handler may have any name. */
const LISTENER_SHAPE = { onMessage(): void {} };

/** The listeners of an explorer, and those for dead letters behind them. */
export class DeadLetterExplorer implements Pick<ListenerExplorer, 'find' | 'connectionNames' | 'describe'> {
  constructor(
    private readonly listeners: Pick<ListenerExplorer, 'find' | 'connectionNames' | 'describe'>,
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    /** Absent: no placeholders. */
    private readonly resolve: <T>(where: string, given: T) => Resolved<T> = (_where, options) => ({ options, problems: [] }),
  ) {}

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
    return [...this.listeners.find(connectionName), ...[...found.values()].flat()];
  }

  private define(wrapper: InstanceWrapper, type: FoundListener['type'], { method, group, options }: DeadLetterListener): FoundListener {
    const instances = new ListenerInstances(wrapper, this.moduleRef);
    const invoke: HandlerDefinition['invoke'] = async (payload, context) => {
      const { instance } = await (instances.isStatic ? instances.theOne() : instances.forRequest(context));
      return (instance as AnyHandler)[method]!(toDeadLetter(payload as MessageExt, group), context);
    };
    const hasMethod = typeof (type.prototype as Partial<AnyHandler>)[method] === 'function';
    return {
      type: { name: type.name, prototype: hasMethod ? LISTENER_SHAPE : {} },
      definition: {
        id: options.id ?? `${type.name}.${method}:${subscriptionsOf(options)[0]!.topic}`,
        className: type.name,
        // The class's own notes, such as @Idempotent, are for its listener where it is one.
        type: listenerOptionsOf(type) === undefined ? type : undefined,
        mode: 'MESSAGE',
        options,
        handlers: [{ method, messageType: MessageExt, invoke }],
      },
    };
  }
}

/** A group stands in topic and consumer group: what is wrong with it is told there, as of any listener. */
const atOptions = (problems: readonly ConfigurationProblem[]): ConfigurationProblem[] =>
  problems
    .filter(({ option }) => option.startsWith('options.'))
    .map((problem) => ({ ...problem, option: problem.option.replace('options.', '') }));
