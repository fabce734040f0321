// Turns a received message into what a listener declared as `messageType`. Must never guess a type from the content.
import { MessageExt } from 'rocketmq-core/message';
import { loadPeer } from '../peers/index.js';
import { type Charset, decodeText, DEFAULT_CHARSET } from './charset.js';
import { MessageConversionError } from './message-conversion-error.js';
import type { RocketMQMessageConverter } from './message-converter.js';
import { isStandardSchema, type SchemaOutput, type StandardSchema } from './standard-schema.js';

type Constructor<T = unknown> = abstract new (...args: never[]) => T;

/** `String`, `Buffer`, `MessageExt`, a class, or a Standard Schema. */
export type MessageType = StringConstructor | typeof Buffer | typeof MessageExt | StandardSchema | Constructor;

/** What `onMessage` receives for a `messageType`. */
export type PayloadOf<T> = T extends StringConstructor
  ? string
  : T extends typeof Buffer
    ? Buffer
    : T extends StandardSchema
      ? SchemaOutput<T>
      : T extends Constructor<infer Instance>
        ? Instance
        : MessageExt;

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
  if (isStandardSchema(messageType)) return (message) => readSchema(messageType, parse(message));
  if (messageType === Object) return parse;
  const type = messageType as new () => object;
  const tools = await loadClassTools();
  return (message) => readClass(type, parse(message), tools);
}

async function readSchema(schema: StandardSchema, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new MessageConversionError(
    'the payload does not fit its schema',
    undefined,
    result.issues.map(({ message, path }) => {
      const at = path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
      return at ? `${at}: ${message}` : message;
    }),
  );
}

async function readClass(type: new () => object, value: unknown, tools: ClassTools): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MessageConversionError(`the payload is no JSON object, ${type.name} cannot be made of it`);
  }
  const instance =
    tools.plainToInstance?.(type, value) ?? (Object.assign(Object.create(type.prototype as object) as object, value) as object);
  if (tools.validate === undefined) return instance;
  // Classes without any rule are legal payloads, so unknown values must pass.
  const issues = await tools.validate(instance, { forbidUnknownValues: false });
  if (issues.length === 0) return instance;
  throw new MessageConversionError(`the payload is no valid ${type.name}`, undefined, [...flatten(issues, '')]);
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
