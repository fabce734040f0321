// The methods of a listener class that take messages, and which messages each takes. Must never touch an instance: getters are left alone.
import { MessageExt } from 'rocketmq-core/message';
import type { MessageType } from '../messaging/index.js';
import { argumentsOf, payloadIndexOf, takesPayload } from './handler-arguments.js';
import type { ListenerMode } from './listener-definition.js';
import { onMessageOptionsOf } from './on-message.decorator.js';

export interface HandlerMethod {
  readonly method: string;
  readonly topic: string | undefined;
  /** As given: tags joined by `||`; undefined: the rest. */
  readonly tag: string | undefined;
  readonly messageType: MessageType | undefined;
}

/** The methods that take messages without @OnMessage. */
export const METHOD_OF_MODE = { MESSAGE: 'onMessage', REQUEST: 'onRequest', BATCH: 'onMessages' } as const;

/** Methods decorated with @OnMessage, the class's own before inherited ones; `messageType` is the listener's. */
export function findOnMessageMethods(prototype: object, messageType: MessageType | undefined): HandlerMethod[] {
  return methodNames(prototype).flatMap((method) =>
    onMessageOptionsOf(prototype, method).map((options) => ({
      method,
      topic: options.topic,
      tag: options.tag,
      messageType: options.messageType ?? messageType ?? declaredType(prototype, method),
    })),
  );
}

/** The undecorated ones of `onMessage`, `onRequest` and `onMessages`. */
export function findPlainModes(prototype: object): ListenerMode[] {
  const modes: ListenerMode[] = ['MESSAGE', 'REQUEST', 'BATCH'];
  const methods = methodNames(prototype);
  return modes.filter((mode) => {
    const method = METHOD_OF_MODE[mode];
    return methods.includes(method) && onMessageOptionsOf(prototype, method).length === 0;
  });
}

/** How the listener works, and its methods; for a class that was refused, something harmless. */
export function findHandlerMethods(
  prototype: object,
  messageType: MessageType | undefined,
): { readonly mode: ListenerMode; readonly methods: readonly HandlerMethod[] } {
  const decorated = findOnMessageMethods(prototype, messageType);
  if (decorated.length > 0) return { mode: 'MESSAGE', methods: decorated };
  const [mode = 'MESSAGE'] = findPlainModes(prototype);
  const method = METHOD_OF_MODE[mode];
  const type = messageType ?? declaredType(prototype, method);
  return { mode, methods: [{ method, topic: undefined, tag: undefined, messageType: type }] };
}

/** The tags of `a || b`; undefined for the rest. */
export const tagsOf = (tag: unknown): string[] | undefined =>
  typeof tag === 'string' ? tag.split('||').map((each) => each.trim()) : undefined;

function methodNames(prototype: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}

/** Types a JSON body is left as it is for. */
const PLAIN_TYPES: ReadonlySet<unknown> = new Set([
  undefined,
  Object,
  Array,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Function,
  Promise,
  Map,
  Set,
  Date,
]);

/** Of a method with `@Payload()`: its parameter's type, as far as the compiler tells it, else the parsed JSON. */
function declaredType(prototype: object, method: string): MessageType | undefined {
  const found = argumentsOf(prototype, method);
  if (!takesPayload(found)) return undefined;
  const index = payloadIndexOf(found);
  const types = Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined;
  const type = index === undefined ? undefined : types?.[index];
  if (type === Uint8Array) return Buffer;
  if (type === MessageExt) return MessageExt;
  return PLAIN_TYPES.has(type) || typeof type !== 'function' ? Object : (type as MessageType);
}
