// The instance of a listener that takes a message: the one there is, or one made for the message. Must never keep one made for a message.
import { type ContextId, ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { BatchContext, MessageContext } from '../listener/index.js';
import type { InstanceWrapper } from './nest-enhancers.js';

export interface ListenerInstance {
  readonly instance: object;
  /** Of one made for a message. */
  readonly contextId?: ContextId | undefined;
}

/** Where Nest notes the id of a request's context on the request. */
type Identified = Record<string | symbol, unknown>;

export class ListenerInstances {
  /** False: one for each message or batch. */
  readonly isStatic: boolean;
  private transient: Promise<ListenerInstance> | undefined;

  constructor(
    private readonly wrapper: InstanceWrapper,
    private readonly moduleRef: ModuleRef,
  ) {
    this.isStatic = wrapper.isDependencyTreeStatic();
  }

  /** Of a static listener. Scope TRANSIENT: one for the listener, made when it is first needed. */
  theOne(): ListenerInstance | Promise<ListenerInstance> {
    if (!this.wrapper.isTransient) return { instance: this.wrapper.instance as object };
    return (this.transient ??= this.resolve(ContextIdFactory.create()).then((instance) => ({ instance })));
  }

  /** A new one; `@Inject(REQUEST)` gives it the MessageExt, or those of a batch, or the payload of a durable context [nest RouterExplorer]. */
  async forRequest(context: MessageContext | BatchContext): Promise<ListenerInstance> {
    const request = ('items' in context ? context.messages : context.message) as unknown as Identified & object;
    const contextId = ContextIdFactory.getByRequest(request);
    const { payload } = contextId;
    const isDurable = this.wrapper.isDependencyTreeDurable();
    this.moduleRef.registerRequestByContextId(isDurable ? payload : Object.assign(request, payload), contextId);
    return { instance: await this.resolve(contextId), contextId };
  }

  /** By the module that has the provider: another may have one under the same token. */
  private async resolve(contextId: ContextId): Promise<object> {
    const own = this.wrapper.host?.providers.get(ModuleRef)?.instance as ModuleRef | undefined;
    return (own ?? this.moduleRef).resolve<object>(this.wrapper.token as string, contextId, { strict: own !== undefined });
  }
}
