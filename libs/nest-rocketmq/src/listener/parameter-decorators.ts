// @Payload, @Message, @Headers and @Ctx: what a handler's parameters take from a message. Must never read a message themselves.
import 'reflect-metadata';
import type { PipeTransform, Type } from '@nestjs/common';
import type { Message as SendableMessage, StandardSchema } from '../messaging/index.js';
import { argumentsOf, PARAMETER, type ParameterCode, ROUTE_ARGUMENTS } from './handler-arguments.js';

export type ParameterPipe = Type<PipeTransform> | PipeTransform;

export interface ParameterOptions {
  /** For `StandardSchemaValidationPipe` (Nest 12). */
  readonly schema?: StandardSchema | undefined;
  readonly pipes?: readonly ParameterPipe[] | undefined;
}

/** What the listener's `messageType` makes of the body, or one property of it. In `onMessages`: an array of them. */
export function Payload(): ParameterDecorator;
export function Payload(...pipes: ParameterPipe[]): ParameterDecorator;
export function Payload(property: string, ...pipes: ParameterPipe[]): ParameterDecorator;
export function Payload(property: string, options: ParameterOptions): ParameterDecorator;
export function Payload(options: ParameterOptions): ParameterDecorator;
export function Payload(...given: ReadonlyArray<string | ParameterPipe | ParameterOptions>): ParameterDecorator {
  return parameter(PARAMETER.PAYLOAD, given);
}

/** The `MessageExt`. In `onMessages`: an array of them. */
export const Message = (...pipes: ParameterPipe[]): ParameterDecorator => parameter(PARAMETER.MESSAGE, pipes);
/** The message an application sends; the name is the decorator's too. */
export type Message<T = unknown> = SendableMessage<T>;

/** All properties of the message as an object, or one of them: `@Headers('KEYS')`. In `onMessages`: an array of either. */
export function Headers(...pipes: ParameterPipe[]): ParameterDecorator;
export function Headers(name: string, ...pipes: ParameterPipe[]): ParameterDecorator;
export function Headers(...given: ReadonlyArray<string | ParameterPipe>): ParameterDecorator {
  return parameter(PARAMETER.HEADERS, given);
}

/** The `MessageContext`. In `onMessages`: the `BatchContext`. */
export const Ctx = (...pipes: ParameterPipe[]): ParameterDecorator => parameter(PARAMETER.CONTEXT, pipes);

function parameter(code: ParameterCode, given: ReadonlyArray<string | ParameterPipe | ParameterOptions>): ParameterDecorator {
  const options = given.find(isOptions);
  const data = given.find((value) => typeof value === 'string');
  const pipes = given.filter((value): value is ParameterPipe => typeof value !== 'string' && value !== options && Boolean(value));
  return (target, method, index) => {
    if (method === undefined)
      throw new TypeError('@Payload, @Message, @Headers and @Ctx are for parameters of methods, not of constructors');
    const entry = { index, data, pipes: [...(options?.pipes ?? []), ...pipes], schema: options?.schema };
    Reflect.defineMetadata(ROUTE_ARGUMENTS, { ...argumentsOf(target, method), [`${code}:${index}`]: entry }, target.constructor, method);
  };
}

/** A pipe has `transform`; the options have `pipes` or `schema`. */
function isOptions(value: unknown): value is ParameterOptions {
  return typeof value === 'object' && value !== null && !('transform' in value) && ('pipes' in value || 'schema' in value);
}
