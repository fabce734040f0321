// Turns a received message into what a listener declared as `messageType`. Must never guess a type from the content.
import { reasonOf } from 'rocketmq-core/common';
import { MessageExt } from 'rocketmq-core/message';
import { loadPeer } from '../peers/index.js';
import { type Charset, decodeText, DEFAULT_CHARSET } from './charset.js';
import { MessageConversionError } from './message-conversion-error.js';
import type { RocketMQMessageConverter } from './message-converter.js';
import { isStandardSchema, schemaIssues, type SchemaOutput, type StandardSchema } from './standard-schema.js';

type Constructor<T = unknown> = abstract new (...args: never[]) => T;

/** What a JSON value can be made into: a class, or what a Standard Schema returns. */
type ElementType = StandardSchema | Constructor;

/** `String`, `Buffer`, `MessageExt`, a class, a Standard Schema, or `[one of the last two]` for a JSON array of them. */
export type MessageType = StringConstructor | typeof Buffer | typeof MessageExt | ElementType | readonly [ElementType];

/** What `onMessage` receives for a `messageType`. */
export type PayloadOf<T> = T extends StringConstructor
  ? string
  : T extends typeof Buffer
    ? Buffer
    : T extends readonly [infer Element]
      ? Array<ElementOf<Element>>
      : T extends ElementType
        ? ElementOf<T>
        : MessageExt;

type ElementOf<T> = T extends StandardSchema ? SchemaOutput<T> : T extends Constructor<infer Instance> ? Instance : never;

/** Reads one message; async because schemas and validators may be. */
export type PayloadReader = (message: MessageExt) => unknown;

/** The two optional packages, as far as they are used. */
interface ClassTools {
  plainToInstance?: (type: new () => object, plain: object) => object;
  validate?: (instance: object, options: { forbidUnknownValues: boolean }) => Promise<ValidationIssue[]>;
}

interface ValidationIssue {
  property: string;
  constraints?: Record<string, string> | undefined;
  children?: ValidationIssue[] | undefined;
}

export async function createPayloadReader(
  messageType: MessageType | undefined,
  converter: RocketMQMessageConverter,
  charset: Charset = DEFAULT_CHARSET,
): Promise<PayloadReader> {
  if (messageType === undefined || messageType === MessageExt) return (message) => message;
  if (messageType === String) return (message) => decodeText(bodyOf(message), charset);
  if (messageType === Buffer) return bodyOf;
  const parse = (message: MessageExt): unknown => converter.fromBytes(bodyOf(message), message.properties.get('contentType'));
  if (!Array.isArray(messageType)) {
    const read = await createValueReader(messageType as ElementType);
    return read === undefined ? parse : (message) => read(parse(message));
  }
  const read = await createValueReader((messageType as readonly [ElementType])[0]);
  return (message) => readArray(parse(message), read);
}

/** True for what `messageType` takes. */
export function isMessageType(value: unknown): value is MessageType {
  const isElement = (one: unknown): boolean => typeof one === 'function' || isStandardSchema(one);
  if (!Array.isArray(value)) return isElement(value);
  const [element] = value as readonly unknown[];
  return value.length === 1 && isElement(element) && ![String, Buffer, MessageExt].includes(element as never);
}

type ValueReader = (value: unknown) => Promise<unknown>;

/** Undefined: the value is taken as it is. */
async function createValueReader(type: ElementType): Promise<ValueReader | undefined> {
  if (isStandardSchema(type)) return (value) => readSchema(type, value);
  if (type === Object) return undefined;
  const tools = await loadClassTools();
  return (value) => readClass(type as new () => object, value, tools);
}

/** Every element is looked at, so that all that is wrong is told at once. */
async function readArray(value: unknown, read: ValueReader | undefined): Promise<unknown[]> {
  if (!Array.isArray(value)) throw new MessageConversionError('the payload is no JSON array');
  const elements: readonly unknown[] = value;
  if (read === undefined) return [...elements];
  const results = await Promise.allSettled(elements.map(read));
  const issues: string[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const { reason } = result as { reason: unknown };
    if (!(reason instanceof MessageConversionError)) throw reason;
    issues.push(...(reason.issues.length > 0 ? reason.issues : [reason.message]).map((issue) => `[${index}] ${issue}`));
  }
  if (issues.length > 0) throw new MessageConversionError('the payload is no valid array', undefined, issues);
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value);
}

async function readSchema(schema: StandardSchema, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new MessageConversionError('the payload does not fit its schema', undefined, schemaIssues(result));
}

async function readClass(type: new () => object, value: unknown, tools: ClassTools): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MessageConversionError(`the payload is no JSON object, ${type.name} cannot be made of it`);
  }
  const instance = makeInstance(type, value, tools);
  if (tools.validate === undefined) return instance;
  // Classes without any rule are legal payloads, so unknown values must pass.
  const issues = await tools.validate(instance, { forbidUnknownValues: false });
  if (issues.length === 0) return instance;
  throw new MessageConversionError(`the payload is no valid ${type.name}`, undefined, [...flatten(issues, '')]);
}

/** What a transformation of the class throws, it throws for the content: there is nothing else it sees. */
function makeInstance(type: new () => object, value: object, { plainToInstance }: ClassTools): object {
  if (plainToInstance === undefined) return Object.assign(Object.create(type.prototype as object) as object, value);
  try {
    return plainToInstance(type, value);
  } catch (error) {
    const reason = reasonOf(error);
    throw new MessageConversionError(`the payload cannot become a ${type.name}: ${reason}`, error);
  }
}

function* flatten(issues: readonly ValidationIssue[], prefix: string): Generator<string> {
  for (const issue of issues) {
    const at = `${prefix}${issue.property}`;
    for (const text of Object.values(issue.constraints ?? {})) yield `${at}: ${text}`;
    yield* flatten(issue.children ?? [], `${at}.`);
  }
}

async function loadClassTools(): Promise<ClassTools> {
  const [transformer, validator] = await Promise.all([loadPeer('class-transformer'), loadPeer('class-validator')]);
  return { plainToInstance: transformer?.plainToInstance, validate: validator?.validate } as ClassTools;
}

const bodyOf = (message: MessageExt): Buffer => Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength);
