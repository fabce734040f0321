// Finds the decorated providers of an application. Must never start or change them.
import type { ModuleRef, DiscoveryService } from '@nestjs/core';
import { ContextIdFactory } from '@nestjs/core';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import {
  type BatchContext,
  claimListenerClass,
  type HandlerDefinition,
  type ListenerDefinition,
  listenerOptionsOf,
  type MessageContext,
  type RocketMQMessageListenerOptions,
  withListenerDefaults,
} from '../listener/index.js';
import { DEFAULT_CONNECTION_NAME } from '../options/index.js';
import { OPTIONS_TOKEN_PREFIX } from './tokens.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

type AnyListener = Record<string, (payload: unknown, context: unknown) => unknown>;

const METHODS = { MESSAGE: 'onMessage', REQUEST: 'onRequest', BATCH: 'onMessages' } as const;

export interface FoundListener {
  readonly type: { readonly name: string; readonly prototype: object };
  readonly definition: ListenerDefinition;
}

export class ListenerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    /** The options of a class as they count, its placeholders resolved; undefined for one that is no listener. */
    private readonly optionsOf: (type: object) => RocketMQMessageListenerOptions | undefined = listenerOptionsOf,
  ) {}

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
      claimListenerClass(type);
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
      found.push({ type, definition: this.define(wrapper, type, options, count === 1 ? base : `${base}#${count}`) });
    }
    return found;
  }

  private define(
    wrapper: InstanceWrapper,
    type: FoundListener['type'],
    options: RocketMQMessageListenerOptions,
    id: string,
  ): ListenerDefinition {
    const prototype = type.prototype as { prepareStart?: ListenerDefinition['prepareStart'] } & Record<string, unknown>;
    const isStatic = wrapper.isDependencyTreeStatic();
    const instance = wrapper.instance as { prepareStart?: (consumer: DefaultMQPushConsumer) => void | Promise<void> } | undefined;
    const mode =
      typeof prototype['onRequest'] === 'function' ? 'REQUEST' : typeof prototype['onMessages'] === 'function' ? 'BATCH' : 'MESSAGE';
    const method = METHODS[mode];
    const invoke: HandlerDefinition['invoke'] = async (payload, context) => {
      const listener = isStatic ? (wrapper.instance as AnyListener) : await this.resolveScoped(wrapper, context);
      return listener[method]!(payload, context);
    };
    return {
      id,
      className: type.name,
      type,
      mode,
      options: withListenerDefaults(options),
      handlers: [{ method, messageType: options.messageType, invoke }],
      prepareStart: typeof prototype.prepareStart === 'function' ? async (consumer) => instance?.prepareStart?.(consumer) : undefined,
    };
  }

  /** A request-scoped listener is made for each message; `@Inject(REQUEST)` gets the MessageExt. */
  private async resolveScoped(wrapper: InstanceWrapper, context: MessageContext | BatchContext): Promise<AnyListener> {
    const contextId = ContextIdFactory.create();
    this.moduleRef.registerRequestByContextId('message' in context ? context.message : context.messages, contextId);
    return this.moduleRef.resolve<AnyListener>(wrapper.token as string, contextId, { strict: false });
  }
}

/** `useValue` providers have no metatype, `useFactory` providers have the factory there. */
export function typeOf(wrapper: InstanceWrapper): FoundListener['type'] | undefined {
  const byInstance = wrapper.metatype === null || wrapper.metatype === undefined || Boolean(wrapper.inject);
  const type: unknown = byInstance ? (wrapper.instance as object | undefined)?.constructor : wrapper.metatype;
  return typeof type === 'function' ? (type as unknown as FoundListener['type']) : undefined;
}
