// Calls a handler as Nest calls a controller's: guards, interceptors, pipes, then the method, and filters for what is thrown. Must never decide what
// becomes of a message: it says who refused it.
import 'reflect-metadata';
import { type ContextId, ApplicationConfig, ExternalContextCreator, ModulesContainer, NestContainer, type ModuleRef } from '@nestjs/core';
import { MessageExt } from 'rocketmq-core/message';
import { from, isObservable, lastValueFrom, tap } from 'rxjs';
import {
  argumentsOf,
  argumentValue,
  type BatchContext,
  currentHandling,
  CUSTOM_ARGUMENT,
  DeliveryRefused,
  type HandlerArgument,
  type HandlerArguments,
  type Handling,
  type HandlingProgress,
  isConsumeOutcome,
  type MessageContext,
  PARAMETER,
  PLAIN_ARGUMENTS,
  ROCKETMQ_CONTEXT_TYPE,
  runHandling,
} from '../listener/index.js';
import { MessageConversionError } from '../messaging/index.js';
import { type BoundEnhancers, findEnhancers, globalsOf } from './nest-enhancers.js';

export type CallHandler = (payload: unknown, context: MessageContext | BatchContext) => Promise<unknown>;

export interface PipelineTarget {
  readonly type: { readonly name: string; readonly prototype: object };
  readonly method: string;
  /** Taken for the payload's type where the compiler tells none; undefined and MessageExt: the payload is the message. */
  readonly payloadType: unknown;
  /** The payload is an array: each of its members has been made into `payloadType` already. */
  readonly isBatch: boolean;
  readonly applyGlobalEnhancers: boolean;
}

/** The parameters of a handler as its pipeline reads them: a copy of Nest's own, with marks. */
const ARGUMENTS = 'nest-rocketmq:arguments';
/** Name beside a method's whose parameters cannot be read: what they throw goes to the filters. A name of its own, as Nest 11 keeps parameters by name. */
const failureOf = (method: string): string => `${method}:failure`;
const PARAMETER_TYPES = 'design:paramtypes';

type Instance = Record<string, (...args: unknown[]) => unknown>;
type NestCall = (payload: unknown, context: unknown) => Promise<unknown>;

/** The modules of an application without its global enhancers. */
class ModulesOnly extends NestContainer {
  constructor(private readonly found: ModulesContainer) {
    super(new ApplicationConfig());
  }

  override getModules(): ModulesContainer {
    return this.found;
  }
}

export class HandlerPipeline {
  private readonly creators = new Map<boolean, ExternalContextCreator>();

  constructor(private readonly moduleRef: ModuleRef) {}

  /** What stands around a handler. Asked at the first message: an application may add globals until it has started. */
  enhancersOf({ type, method, applyGlobalEnhancers }: PipelineTarget): BoundEnhancers {
    const globals = applyGlobalEnhancers ? globalsOf(this.moduleRef.get(ExternalContextCreator, { strict: false })) : 'none';
    return findEnhancers(type, method, globals);
  }

  /** `contextId` and `inquirerId` of a request-scoped instance. */
  wrap(target: PipelineTarget, enhancers: BoundEnhancers, instance: object, contextId?: ContextId, inquirerId?: string): CallHandler {
    const { method } = target;
    const host = (instance.constructor === Object ? withClass(instance as Instance, target) : instance) as Instance;
    const creator = this.creatorFor(target.applyGlobalEnhancers);
    const type = instance.constructor === Object ? (host.constructor as unknown as PipelineTarget['type']) : target.type;
    const parameters = defineArguments({ ...target, type });
    const create = (name: string, read: (code: number, data: unknown, args: unknown[]) => unknown, filters: boolean): NestCall =>
      creator.create(
        host,
        host[method]!,
        name,
        ARGUMENTS,
        { exchangeKeyForValue: (code, data, args) => read(code, data, args as unknown[]) },
        contextId,
        inquirerId,
        { guards: !filters, interceptors: !filters, filters },
        ROCKETMQ_CONTEXT_TYPE,
      ) as NestCall;
    const call = create(method, readArgument, false);
    const filter = enhancers.filters ? create(failureOf(method), throwFailure, true) : undefined;
    return (payload, context) => inHandling(context, (handling) => run(handling, parameters, call, filter, payload, context));
  }

  private creatorFor(applyGlobalEnhancers: boolean): ExternalContextCreator {
    const known = this.creators.get(applyGlobalEnhancers);
    if (known !== undefined) return known;
    const creator = applyGlobalEnhancers
      ? this.moduleRef.get(ExternalContextCreator, { strict: false })
      : ExternalContextCreator.fromContainer(new ModulesOnly(this.moduleRef.get(ModulesContainer, { strict: false })));
    // Nest's own fails for an Observable that ends without a value; a handler's may.
    const own = { transformToResult: settled, handlerMetadataStorage: new ParametersOfClasses() };
    const made = Object.assign(Object.create(creator) as ExternalContextCreator, own, notingAnswers(creator));
    this.creators.set(applyGlobalEnhancers, made);
    return made;
  }
}

type Intercept = (...given: unknown[]) => Promise<unknown>;

/** Nest's own caller of interceptors, which hands them the handler as the fifth of its arguments: what that answers is noted. */
function notingAnswers(creator: ExternalContextCreator): object {
  const { interceptorsConsumer } = creator as unknown as { interceptorsConsumer?: { intercept: Intercept } };
  if (interceptorsConsumer === undefined) return {};
  const intercept: Intercept = (interceptors, args, instance, callback, next, type) =>
    interceptorsConsumer.intercept(interceptors, args, instance, callback, () => noteAnswer(next as () => unknown), type);
  return { interceptorsConsumer: { intercept } };
}

async function noteAnswer(next: () => unknown): Promise<unknown> {
  const progress = currentHandling()?.progress;
  if (progress === undefined) return next();
  // An interceptor may call again: what the handler said before counts no more.
  progress.said = undefined;
  const said = await next();
  if (isObservable(said)) return from(said).pipe(tap((each) => (progress.said = each)));
  progress.said = said;
  return said;
}

/** What Nest remembers of handlers, by class. Nest 11 does so by the class's name, and two listeners may have the same. */
class ParametersOfClasses {
  private readonly byClass = new WeakMap<object, Map<string, unknown>>();

  get({ constructor }: object, method: string): unknown {
    return this.byClass.get(constructor)?.get(method);
  }

  set({ constructor }: object, method: string, found: unknown): void {
    this.byClass.set(constructor, (this.byClass.get(constructor) ?? new Map<string, unknown>()).set(method, found));
  }
}

/** A plain object, or a function, given at run time: Nest notes parameters on a class, and Object is everybody's. */
function withClass(instance: Instance, { type, method }: PipelineTarget): object {
  class Listener {}
  Object.defineProperty(Listener, 'name', { value: type.name });
  Object.defineProperty(Listener.prototype, method, { value: (...given: unknown[]) => instance[method]!(...given) });
  return new Listener();
}

/** An Observable's last value; anything else as it is. */
export async function settled(said: unknown): Promise<unknown> {
  return isObservable(said) ? lastValueFrom(said, { defaultValue: undefined }) : said;
}

async function run(
  handling: Handling,
  parameters: number,
  call: NestCall,
  filter: NestCall | undefined,
  payload: unknown,
  context: MessageContext | BatchContext,
): Promise<unknown> {
  const progress: HandlingProgress = { parameters, begun: 0, done: 0 };
  handling.progress = progress;
  try {
    return decided(await call(payload, context), progress.said, 'items' in context);
  } catch (error) {
    // A filter for everything must not turn a decision into a success.
    if (isConsumeOutcome(error)) throw error;
    const judged = refusalIn(progress, error) ?? error;
    if (filter === undefined) throw judged;
    progress.failure = error;
    const answer = await filter(payload, context).catch((thrown: unknown) => {
      throw thrown === error ? judged : causedBy(thrown, error);
    });
    // Nest takes a filter that returns nothing for one that did not handle the error; one that resolves with nothing is no other.
    if (answer === undefined) throw judged;
    return answer;
  }
}

/**
 * What interceptors make of an answer counts. But one made for HTTP wraps whatever it gets (`{ data }`), or makes plain objects of it, which must not
 * turn a decision of the handler, or what it said of each message of a batch, into a success.
 */
function decided(answer: unknown, said: unknown, isBatch: boolean): unknown {
  if (answer === undefined || answer === null || isConsumeOutcome(answer)) return answer;
  if (isConsumeOutcome(said)) return said;
  if (!isBatch || !Array.isArray(said)) return answer;
  if (!Array.isArray(answer)) return said;
  if (answer.length !== said.length) return answer;
  return answer.map((each: unknown, index) => decidedOfOne(each, said[index]));
}

/** What is said of a message of a batch by an object, as outcomes, errors and settled promises are, is replaced by another decision or by none. */
function decidedOfOne(answer: unknown, said: unknown): unknown {
  const counts = answer === undefined || answer === null || isConsumeOutcome(answer) || answer instanceof Error;
  return counts || typeof said !== 'object' || said === null ? answer : said;
}

/** What a filter throws counts; that it broke, as one made for HTTP does, must not hide what the handler had thrown. */
function causedBy(thrown: unknown, error: unknown): unknown {
  // What caused the error, taken out of it, must not be caused by it.
  const isItsCause = error instanceof Error && error.cause === thrown;
  const takesCause = thrown instanceof Error && !isConsumeOutcome(thrown) && thrown.cause === undefined && Object.isExtensible(thrown);
  if (takesCause && !isItsCause) thrown.cause = error;
  return thrown;
}

/** Who refused a delivery: a guard (or interceptor) with 401 or 403 before the parameters, a pipe with 400 or 422 before the handler. */
function refusalIn({ begun, done, parameters }: HandlingProgress, error: unknown): DeliveryRefused | undefined {
  const status = statusOf(error);
  if (begun === 0) return status === 401 || status === 403 ? new DeliveryRefused('GUARD', error) : undefined;
  if (done >= parameters) return undefined;
  const isContent = status === 400 || status === 422 || error instanceof MessageConversionError;
  return isContent ? new DeliveryRefused('PIPE', error) : undefined;
}

/** Of an HttpException, by its shape. */
function statusOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('getStatus' in error) || typeof error.getStatus !== 'function') return undefined;
  return (error.getStatus as () => unknown)();
}

function inHandling<R>(context: MessageContext | BatchContext, call: (handling: Handling) => R): R {
  const here = currentHandling();
  if (here !== undefined && (here.message === context || here.batch === context)) return call(here);
  const handling: Handling = 'items' in context ? { batch: context } : { message: context };
  return runHandling(handling, () => call(handling));
}

function readArgument(code: number, data: unknown, [payload, context]: unknown[]): unknown {
  begin();
  return argumentValue(code, data, payload, context as MessageContext | BatchContext);
}

function throwFailure(): never {
  throw currentHandling()?.progress?.failure;
}

/** An interceptor may have the handler called again: the parameters are then read anew. */
function begin(): void {
  const progress = currentHandling()?.progress;
  if (progress === undefined) return;
  if (progress.begun === progress.parameters) [progress.begun, progress.done] = [0, 0];
  progress.begun++;
}

/** Behind the pipes of every parameter. */
const PASSED = {
  transform(value: unknown): unknown {
    const progress = currentHandling()?.progress;
    if (progress !== undefined) progress.done++;
    return value;
  },
};

/** Notes the parameters for the pipeline, once for each method; returns how many there are. */
function defineArguments({ type, method, payloadType, isBatch }: PipelineTarget): number {
  const host = argumentsHostOf(type, method);
  const known = Reflect.getOwnMetadata(ARGUMENTS, host, method) as HandlerArguments | undefined;
  if (known !== undefined) return Object.keys(known).length;
  const decorated = argumentsOf(type.prototype, method);
  const declared = Object.entries(decorated ?? PLAIN_ARGUMENTS);
  const isMessage = payloadType === undefined || payloadType === MessageExt;
  const marked = declared.map(([name, argument]): [string, HandlerArgument] => {
    const key = isMessage && isPayload(name, argument) ? `${PARAMETER.MESSAGE}:${argument.index}` : name;
    return [key, mark(name, argument)];
  });
  Reflect.defineMetadata(ARGUMENTS, Object.fromEntries(marked), host, method);
  Reflect.defineMetadata(ARGUMENTS, PLAIN_ARGUMENTS, argumentsHostOf(type, failureOf(method)), failureOf(method));
  // Without types a ValidationPipe would let everything pass; a builder without decorator metadata and a plain method have none. Of a plain method
  // its type is all there is to know: Nest need not warn.
  const isTyped = typeof payloadType === 'function';
  if (Reflect.getMetadata(PARAMETER_TYPES, type.prototype, method) === undefined && (isTyped || decorated === undefined)) {
    const ofOne = isTyped && !isMessage ? payloadType : Object;
    const types: unknown[] = [];
    for (const [name, argument] of declared) types[argument.index] = isPayload(name, argument) ? (isBatch ? Array : ofOne) : Object;
    Reflect.defineMetadata(PARAMETER_TYPES, [...types], type.prototype, method);
  }
  return declared.length;
}

/** The whole payload. A message is none to pipes: a ValidationPipe would take it for a data object. */
const isPayload = (name: string, { data }: HandlerArgument): boolean => name.startsWith(`${PARAMETER.PAYLOAD}:`) && data === undefined;

function mark(name: string, argument: HandlerArgument): HandlerArgument {
  const pipes = [...(argument.pipes ?? []), PASSED];
  const { factory } = argument;
  if (!name.includes(CUSTOM_ARGUMENT) || factory === undefined) return { ...argument, pipes };
  const begun = (data: unknown, context: unknown): unknown => {
    begin();
    return factory(data, context);
  };
  return { ...argument, pipes, factory: begun };
}

/** Where Nest looks for a method's parameters [nest getParamsHost]. */
function argumentsHostOf(type: PipelineTarget['type'], method: string): object {
  const prototype = type.prototype as Record<string, unknown>;
  const { constructor } = type.prototype as { constructor: { prototype?: Record<string, unknown> } };
  return constructor.prototype?.[method] === prototype[method] ? constructor : type;
}
