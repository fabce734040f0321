// Finds the decorated providers of an application. Must never start or change them.
import type { ModuleRef, DiscoveryService } from '@nestjs/core';
import {
  type HandlerMethod,
  type ListenerClass,
  type ListenerDefinition,
  listenerOptionsOf,
  type RocketMQMessageListenerOptions,
  type RuntimeListener,
} from '../listener/index.js';
import { claimDecorated, type ConfigurationProblem, DEFAULT_CONNECTION_NAME } from '../options/index.js';
import { ListenerDefiner, type ResolveMethods } from './listener-definer.js';
import type { InstanceWrapper } from './nest-enhancers.js';
import { OPTIONS_TOKEN_PREFIX } from './tokens.js';

export interface FoundListener {
  readonly type: { readonly name: string; readonly prototype: object };
  readonly definition: ListenerDefinition;
  /** Its methods, their placeholders replaced; absent: as they are written. */
  readonly methods?: readonly HandlerMethod[] | undefined;
  /** Of how it is provided. */
  readonly problems?: readonly ConfigurationProblem[] | undefined;
  /** Placeholders without a value. */
  readonly unresolved?: readonly ConfigurationProblem[] | undefined;
}

export class ListenerExplorer {
  private readonly definer: ListenerDefiner;

  constructor(
    private readonly discovery: DiscoveryService,
    moduleRef: ModuleRef,
    /** The options of a class as they count, its placeholders resolved; undefined for one that is no listener. */
    private readonly optionsOf: (type: object) => RocketMQMessageListenerOptions | undefined = listenerOptionsOf,
    /** Replaces placeholders in what stands at methods. */
    resolve?: ResolveMethods,
  ) {
    this.definer = new ListenerDefiner(moduleRef, resolve);
  }

  /** Names of the connections this application has set up. */
  connectionNames(): string[] {
    const tokens = this.discovery.getProviders().map(({ token }) => token);
    const names = tokens
      .filter((token) => typeof token === 'string')
      .filter((token) => token.startsWith(OPTIONS_TOKEN_PREFIX))
      .map((token) => token.slice(OPTIONS_TOKEN_PREFIX.length));
    return [...new Set(names)];
  }

  /** The listeners of one connection, in the order of the modules. */
  find(connectionName: string): FoundListener[] {
    const known = this.connectionNames();
    const found: FoundListener[] = [];
    const seenInstances = new Set<unknown>();
    const idCounts = new Map<string, number>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = typeOf(wrapper);
      const options = type === undefined ? undefined : this.optionsOf(type);
      if (type === undefined || options === undefined) continue;
      claimDecorated(type);
      const wanted = options.connection ?? DEFAULT_CONNECTION_NAME;
      // A listener of a connection nobody set up is reported by the first one there is.
      const isMine = wanted === connectionName || (!known.includes(wanted) && connectionName === known[0]);
      if (!isMine) continue;
      // `useExisting` shows one instance under two tokens.
      if (wrapper.isDependencyTreeStatic() && wrapper.instance !== undefined) {
        if (seenInstances.has(wrapper.instance)) continue;
        seenInstances.add(wrapper.instance);
      }
      const base = options.id ?? type.name;
      const count = (idCounts.get(base) ?? 0) + 1;
      idCounts.set(base, count);
      found.push({ type, ...this.definer.define(wrapper, type, options, count === 1 ? base : `${base}#${count}`) });
    }
    return found;
  }

  /**
   * A listener given at run time: a function, an instance, or a class that is a provider. Its id is `options.id`, or a free one made from its
   * name. Undefined: the class is no provider.
   */
  describe(
    options: RocketMQMessageListenerOptions,
    listener: RuntimeListener<never>,
    isTaken: (id: string) => boolean,
  ): FoundListener | undefined {
    const wrapper = isClass(listener) ? this.wrapperOf(listener) : instanceWrapperOf(listener);
    if (wrapper === undefined) return undefined;
    const type = isClass(listener) ? listener : typeOfInstance(listener, options);
    const base = options.id ?? type.name;
    let id = base;
    for (let count = 2; options.id === undefined && isTaken(id); count++) id = `${base}#${count}`;
    return { type, ...this.definer.define(wrapper, type, options, id) };
  }

  private wrapperOf(type: object): InstanceWrapper | undefined {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].find((wrapper) => typeOf(wrapper) === type);
  }
}

/** `useValue` providers have no metatype, `useFactory` providers have the factory there. */
export function typeOf(wrapper: InstanceWrapper): FoundListener['type'] | undefined {
  const byInstance = wrapper.metatype === null || wrapper.metatype === undefined || Boolean(wrapper.inject);
  const type: unknown = byInstance ? (wrapper.instance as object | undefined)?.constructor : wrapper.metatype;
  return typeof type === 'function' ? (type as unknown as FoundListener['type']) : undefined;
}

/** One instance for everybody. Of scope TRANSIENT, `instance` is an object that was never constructed. */
export const isSingleton = (wrapper: InstanceWrapper): boolean => wrapper.isDependencyTreeStatic() && !wrapper.isTransient;

type GivenInstance = Exclude<RuntimeListener<never>, ListenerClass>;

function isClass(listener: RuntimeListener<never>): listener is RuntimeListener<never> & ListenerClass {
  return typeof listener === 'function' && /^class\b/.test(Function.prototype.toString.call(listener));
}

/** What Nest would hold of a provider that is an instance. */
function instanceWrapperOf(listener: GivenInstance): InstanceWrapper {
  const instance = typeof listener === 'function' ? { onMessage: listener } : listener;
  return { instance, isDependencyTreeStatic: () => true } as InstanceWrapper;
}

/** A function and a plain object have no class: their methods are looked for on themselves. */
function typeOfInstance(listener: GivenInstance, { consumerGroup }: RocketMQMessageListenerOptions): FoundListener['type'] {
  if (typeof listener === 'function') return { name: listener.name || nameOf(consumerGroup), prototype: { onMessage: listener } };
  const type = listener.constructor as unknown as FoundListener['type'];
  return type === (Object as unknown) ? { name: nameOf(consumerGroup), prototype: listener } : type;
}

/** Of a listener without a class. */
const nameOf = (consumerGroup: unknown): string => (typeof consumerGroup === 'string' ? consumerGroup : 'listener');
