// How guards, interceptors, pipes, filters and parameter decorators see that they stand around a listener, and its message. Must never be told
// by classes: two copies of this package may be loaded.
import type { ArgumentsHost } from '@nestjs/common';
import type { MessageExt } from 'rocketmq-core/message';
import type { BatchContext, MessageContext } from './listener.js';

/** `context.getType()` around a listener's handler. */
export const ROCKETMQ_CONTEXT_TYPE = 'rocketmq';

/** True around handlers of RocketMQ listeners: `if (!isRocketMQContext(context)) return checkHttp(context)`. */
export function isRocketMQContext(host: ArgumentsHost): boolean {
  return host.getType<string>() === ROCKETMQ_CONTEXT_TYPE;
}

/** A context of Nest, read as one of a listener: `RocketMQExecutionContext.create(context).getMessage()`. `P`: what the payload is. */
export class RocketMQExecutionContext<P = unknown> {
  private constructor(private readonly host: ArgumentsHost) {}

  /** Throws TypeError for a context of another kind. */
  static create<P = unknown>(host: ArgumentsHost): RocketMQExecutionContext<P> {
    if (isRocketMQContext(host)) return new RocketMQExecutionContext<P>(host);
    throw new TypeError(
      `this is a context of type "${host.getType<string>()}", not of a RocketMQ listener: ask isRocketMQContext(context) first`,
    );
  }

  /** As the handler gets it, before pipes; in `onMessages` the array of payloads. */
  getPayload(): P {
    return this.host.getArgByIndex<P>(0);
  }

  /** True around `onMessages`. */
  isBatch(): boolean {
    return 'items' in this.given();
  }

  /** Throws TypeError around `onMessages`. */
  getContext(): MessageContext {
    const context = this.given();
    if ('items' in context) throw new TypeError('onMessages has a BatchContext: call getBatchContext()');
    return context;
  }

  /** Throws TypeError unless around `onMessages`. */
  getBatchContext(): BatchContext {
    const context = this.given();
    if ('items' in context) return context;
    throw new TypeError('only onMessages has a BatchContext: call getContext()');
  }

  /** Throws TypeError around `onMessages`. */
  getMessage(): MessageExt {
    return this.getContext().message;
  }

  private given(): MessageContext | BatchContext {
    return this.host.getArgByIndex<MessageContext | BatchContext>(1);
  }
}
