// @Idempotent: notes on a listener class or one of its methods that a message is to be processed once. Must never touch a store.
import 'reflect-metadata';
import type { IdempotentOptions } from './idempotent-options.js';

const IDEMPOTENT_METADATA = 'nest-rocketmq:idempotent';

/**
 * On a listener class: for each of its handlers. On a handler method: for that one, before what the class says.
 * A message whose key has been processed within `ttl` is acknowledged without calling the handler.
 */
export function Idempotent<P = unknown>(options: IdempotentOptions<P> = {}): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol): void => {
    if (method === undefined) Reflect.defineMetadata(IDEMPOTENT_METADATA, options, target);
    else Reflect.defineMetadata(IDEMPOTENT_METADATA, options, target, method);
  };
}

/** What holds for one method of a class, also one the class inherits. */
export function idempotentOptionsOf(type: object, method: string): IdempotentOptions<never> | undefined {
  const { prototype } = type as { prototype?: object };
  const own: unknown = prototype === undefined ? undefined : Reflect.getMetadata(IDEMPOTENT_METADATA, prototype, method);
  return (own ?? Reflect.getMetadata(IDEMPOTENT_METADATA, type)) as IdempotentOptions<never> | undefined;
}

/** Every note of a class: its own under '', the others under their methods. */
export function allIdempotentOptionsOf(type: object): ReadonlyMap<string, IdempotentOptions<never>> {
  const found = new Map<string, IdempotentOptions<never>>();
  const ofClass = Reflect.getMetadata(IDEMPOTENT_METADATA, type) as IdempotentOptions<never> | undefined;
  if (ofClass !== undefined) found.set('', ofClass);
  let prototype = (type as { prototype?: object | null }).prototype;
  while (prototype !== undefined && prototype !== null && prototype !== Object.prototype) {
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const options = Reflect.getOwnMetadata(IDEMPOTENT_METADATA, prototype, method) as IdempotentOptions<never> | undefined;
      if (options !== undefined && !found.has(method)) found.set(method, options);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return found;
}
