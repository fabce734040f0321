// Where Nest looks for the parameters of a handler, and what each of ours takes from a delivery. Must never use a key or a code of its own where
// Nest has one: parameters stored elsewhere are not seen, and a payload with another code is not validated.
import 'reflect-metadata';
import type { BatchContext, MessageContext } from './listener.js';

/** Nest's own key of parameter decorators, those of createParamDecorator too. */
export const ROUTE_ARGUMENTS = '__routeArguments__';
/** In the names of createParamDecorator's parameters. */
export const CUSTOM_ARGUMENT = '__customRouteArgs__';

/** 3 is Nest's code of a body; the others are none of its codes, which makes them `custom` to pipes. */
export const PARAMETER = { PAYLOAD: 3, MESSAGE: 101, HEADERS: 102, CONTEXT: 103 } as const;
export type ParameterCode = (typeof PARAMETER)[keyof typeof PARAMETER];

/** One parameter, by the name `code:index`. */
export interface HandlerArgument {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
  readonly schema?: unknown;
  /** Of createParamDecorator. */
  readonly factory?: (data: unknown, context: unknown) => unknown;
}

export type HandlerArguments = Readonly<Record<string, HandlerArgument>>;

/** The decorated parameters of a method; undefined when there are none. */
export function argumentsOf(prototype: object, method: string | symbol): HandlerArguments | undefined {
  return Reflect.getMetadata(ROUTE_ARGUMENTS, prototype.constructor, method) as HandlerArguments | undefined;
}

/** Of a handler without decorated parameters: `(payload, context)`. */
export const PLAIN_ARGUMENTS: HandlerArguments = {
  [`${PARAMETER.PAYLOAD}:0`]: { index: 0, pipes: [] },
  [`${PARAMETER.CONTEXT}:1`]: { index: 1, pipes: [] },
};

/** The `@Payload()` parameter that takes the whole payload: its index, or undefined. */
export function payloadIndexOf(found: HandlerArguments | undefined): number | undefined {
  const whole = Object.entries(found ?? {}).find(([name, { data }]) => name.startsWith(`${PARAMETER.PAYLOAD}:`) && data === undefined);
  return whole?.[1].index;
}

export const takesPayload = (found: HandlerArguments | undefined): boolean =>
  Object.keys(found ?? {}).some((name) => name.startsWith(`${PARAMETER.PAYLOAD}:`));

export function argumentValue(code: number, data: unknown, payload: unknown, context: MessageContext | BatchContext): unknown {
  if (code === PARAMETER.CONTEXT) return context;
  if (code === PARAMETER.PAYLOAD) {
    if ('items' in context && typeof data === 'string') return (payload as unknown[]).map((each) => propertyOf(each, data));
    return typeof data === 'string' ? propertyOf(payload, data) : payload;
  }
  const take = code === PARAMETER.MESSAGE ? ({ message }: MessageContext) => message : (each: MessageContext) => headerOf(each, data);
  return 'items' in context ? context.items.map(take) : take(context);
}

const propertyOf = (payload: unknown, name: string): unknown =>
  payload === null || payload === undefined ? undefined : (payload as Record<string, unknown>)[name];

const headerOf = ({ properties }: MessageContext, name: unknown): unknown =>
  typeof name === 'string' ? properties.get(name) : Object.fromEntries(properties);
