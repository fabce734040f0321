// Finds the decorated providers of an application. Must never start or change them.
import type { ModuleRef, DiscoveryService } from '@nestjs/core';
import { type ListenerDefinition, listenerOptionsOf, type RocketMQMessageListenerOptions } from '../listener/index.js';
import { claimDecorated, type ConfigurationProblem, DEFAULT_CONNECTION_NAME } from '../options/index.js';
import { ListenerDefiner } from './listener-definer.js';
import type { InstanceWrapper } from './nest-enhancers.js';
import { OPTIONS_TOKEN_PREFIX } from './tokens.js';

export interface FoundListener {
  readonly type: { readonly name: string; readonly prototype: object };
  readonly definition: ListenerDefinition;
  /** Of how it is provided. */
  readonly problems?: readonly ConfigurationProblem[] | undefined;
}

export class ListenerExplorer {
  private readonly definer: ListenerDefiner;

  constructor(
    private readonly discovery: DiscoveryService,
    moduleRef: ModuleRef,
    /** The options of a class as they count, its placeholders resolved; undefined for one that is no listener. */
    private readonly optionsOf: (type: object) => RocketMQMessageListenerOptions | undefined = listenerOptionsOf,
  ) {
    this.definer = new ListenerDefiner(moduleRef);
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
}

/** `useValue` providers have no metatype, `useFactory` providers have the factory there. */
export function typeOf(wrapper: InstanceWrapper): FoundListener['type'] | undefined {
  const byInstance = wrapper.metatype === null || wrapper.metatype === undefined || Boolean(wrapper.inject);
  const type: unknown = byInstance ? (wrapper.instance as object | undefined)?.constructor : wrapper.metatype;
  return typeof type === 'function' ? (type as unknown as FoundListener['type']) : undefined;
}
