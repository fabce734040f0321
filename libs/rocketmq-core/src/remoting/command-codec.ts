// Frames to commands and back, in both header serialisations [java RemotingCommand, RocketMQSerializable].
// Must never answer malformed input with anything but MalformedCommandError, and must never know a request by name.
import { MalformedCommandError } from '../errors/index.js';
import { JsonSyntaxError, type JsonValue, parseJson, type RemotingCommand, writeJson } from '../protocol/index.js';
import { languageCode, languageName } from './language-code.js';

/** Bytes before the header: length word and header word. */
export const FRAME_HEAD_BYTES = 8;
/** Largest frame including its length field [java NettySystemConfig#frameMaxLength]. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Ours: largest header. Properties take at most 32 KiB of it, six times that when escaped. */
export const HEADER_BYTES_MAX = 1024 * 1024;

const BINARY_FIXED_BYTES = 21;
const BINARY_KEY_BYTES_MAX = 32_767;

/** One whole frame as bytes. A code beyond 16 bits cannot be written as ROCKETMQ and becomes JSON. */
export function encodeCommand(command: RemotingCommand): Buffer {
  const head = encodeCommandHead(command);
  return command.body === undefined || command.body.length === 0 ? head : Buffer.concat([head, command.body]);
}

/** A frame without its body: length words and header. The body must follow. Throws MalformedCommandError for what no peer could read. */
export function encodeCommandHead(command: RemotingCommand): Buffer {
  const binary = command.serializeType === 'ROCKETMQ' && command.code === (command.code << 16) >> 16;
  const head = binary ? encodeBinaryHead(command) : encodeJsonHead(command);
  const headerLength = head.length - FRAME_HEAD_BYTES;
  const total = head.length + (command.body?.length ?? 0);
  if (headerLength > HEADER_BYTES_MAX) {
    throw new MalformedCommandError(`a header of ${headerLength} bytes is above the limit ${HEADER_BYTES_MAX}`, { headerLength });
  }
  if (total > FRAME_BYTES_MAX)
    throw new MalformedCommandError(`a frame of ${total} bytes is above the limit ${FRAME_BYTES_MAX}`, { total });
  head.writeInt32BE(total - 4, 0);
  head.writeInt32BE(headerLength, 4);
  head[4] = binary ? 1 : 0;
  return head;
}

function encodeJsonHead(command: RemotingCommand): Buffer {
  // Members in Java's (alphabetical) order; extFields values are always text.
  const text = JSON.stringify({
    code: command.code,
    extFields: command.extFields === undefined ? undefined : Object.fromEntries(command.extFields),
    flag: command.flag,
    language: languageName(command.language),
    opaque: command.opaque,
    remark: command.remark,
    serializeTypeCurrentRPC: 'JSON',
    version: command.version,
  });
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES + Buffer.byteLength(text));
  head.write(text, FRAME_HEAD_BYTES);
  return head;
}

function encodeBinaryHead(command: RemotingCommand): Buffer {
  const remark = command.remark ?? '';
  const remarkLength = Buffer.byteLength(remark);
  let extLength = 0;
  if (command.extFields !== undefined) {
    for (const [key, value] of command.extFields) extLength += 6 + keyLength(key) + Buffer.byteLength(value);
  }
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES + BINARY_FIXED_BYTES + remarkLength + extLength);
  let at = FRAME_HEAD_BYTES;
  head.writeInt16BE(command.code, at);
  head[at + 2] = command.language < 0 ? languageCode('OTHER') : command.language;
  head.writeInt16BE((command.version << 16) >> 16, at + 3);
  head.writeInt32BE(command.opaque, at + 5);
  head.writeInt32BE(command.flag, at + 9);
  head.writeInt32BE(remarkLength, at + 13);
  at += 17 + head.write(remark, at + 17);
  head.writeInt32BE(extLength, at);
  at += 4;
  if (command.extFields === undefined) return head;
  for (const [key, value] of command.extFields) {
    const keyBytes = head.write(key, at + 2);
    head.writeInt16BE(keyBytes, at);
    at += 2 + keyBytes;
    const valueBytes = head.write(value, at + 4);
    head.writeInt32BE(valueBytes, at);
    at += 4 + valueBytes;
  }
  return head;
}

function keyLength(key: string): number {
  const length = Buffer.byteLength(key);
  if (length > BINARY_KEY_BYTES_MAX)
    throw new MalformedCommandError(`an extFields key of ${length} bytes is above ${BINARY_KEY_BYTES_MAX}`);
  return length;
}

/** Decodes one whole frame; the body is a copy, so the frame's memory may be reused. Throws MalformedCommandError. */
export function decodeCommand(frame: Uint8Array): RemotingCommand {
  if (frame.length < FRAME_HEAD_BYTES) throw new MalformedCommandError(`a frame of ${frame.length} bytes is shorter than its head`);
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const total = view.readInt32BE(0);
  const headerLength = view.readInt32BE(4) & 0xffffff;
  if (total !== frame.length - 4 || headerLength > total - 4) {
    throw new MalformedCommandError(`length ${total} and header length ${headerLength} do not fit a frame of ${frame.length} bytes`);
  }
  const headerEnd = FRAME_HEAD_BYTES + headerLength;
  const command = decodeHeaderBytes(view.subarray(FRAME_HEAD_BYTES, headerEnd), view[4]!);
  // Buffer's own slice() would be a view on memory that is read into again.
  if (headerEnd < frame.length) command.body = new Uint8Array(view.subarray(headerEnd));
  return command;
}

/** Decodes the header of a frame; `serializeType` is the byte before it. The body is left out. */
export function decodeHeaderBytes(header: Buffer, serializeType: number): RemotingCommand {
  switch (serializeType) {
    case 0:
      return decodeJsonHeader(header);
    case 1:
      return decodeBinaryHeader(header);
    default:
      throw new MalformedCommandError(`serialize type ${serializeType} is neither JSON (0) nor ROCKETMQ (1)`);
  }
}

function decodeJsonHeader(header: Buffer): RemotingCommand {
  const text = header.toString('utf8');
  const parsed = parseHeaderText(text);
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed) || parsed instanceof Map) {
    throw new MalformedCommandError('the JSON header is no object');
  }
  // None of these names exists on Object.prototype, and `__proto__` from the wire is an own member that nobody reads.
  const members = parsed as Record<string, unknown>;
  const extFields = members['extFields'];
  const fields = extFieldsOf(extFields);
  return {
    code: int32(members['code'], 'code'),
    language: languageCode(members['language']),
    version: int32(members['version'] ?? 0, 'version'),
    opaque: int32(members['opaque'] ?? 0, 'opaque'),
    flag: int32(members['flag'] ?? 0, 'flag'),
    remark: typeof members['remark'] === 'string' ? members['remark'] : undefined,
    extFields: fields === 'rounded' ? exactFieldsOf(text) : fields,
    body: undefined,
    serializeType: 'JSON',
  };
}

/** The strict parser is several times faster; what it refuses may still be the dialect. */
function parseHeaderText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parseTolerantly(text);
  }
}

function parseTolerantly(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new MalformedCommandError(`the JSON header: ${error.message}`);
  }
}

function int32(value: unknown, name: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || (number | 0) !== number) throw new MalformedCommandError(`header member ${name} is no 32-bit integer`);
  return number;
}

/** 'rounded': a bare number that the strict parser could not hold exactly. Java coerces numbers and booleans to text. */
function extFieldsOf(value: unknown): Map<string, string> | undefined | 'rounded' {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new MalformedCommandError('extFields is no object');
  const fields = new Map<string, string>();
  if (value instanceof Map) {
    for (const [key, item] of value) if (item !== null) fields.set(textOf(key), textOf(item));
    return fields;
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'string') fields.set(key, item);
    else if (typeof item === 'number' && !Number.isSafeInteger(item)) return 'rounded';
    else if (item !== null) fields.set(key, textOf(item));
  }
  return fields;
}

/** The extFields once more, by the parser that keeps 64-bit integers. */
function exactFieldsOf(text: string): Map<string, string> {
  const { extFields } = parseTolerantly(text) as { extFields: Record<string, JsonValue> | Map<JsonValue, JsonValue> };
  const entries = extFields instanceof Map ? [...extFields] : Object.entries(extFields);
  return new Map(entries.filter(([, item]) => item !== null).map(([key, item]) => [textOf(key), textOf(item)]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'object' && value !== null ? writeJson(value) : String(value);
}

function decodeBinaryHeader(header: Buffer): RemotingCommand {
  if (header.length < BINARY_FIXED_BYTES) throw new MalformedCommandError(`a ROCKETMQ header of ${header.length} bytes is too short`);
  const remarkLength = header.readInt32BE(13);
  const remarkEnd = 17 + remarkLength;
  if (remarkLength < 0 || remarkEnd + 4 > header.length)
    throw new MalformedCommandError(`remark length ${remarkLength} is beyond the header`);
  const extLength = header.readInt32BE(remarkEnd);
  if (extLength < 0 || remarkEnd + 4 + extLength !== header.length)
    throw new MalformedCommandError(`extFields length ${extLength} does not fit the header`);
  return {
    code: header.readInt16BE(0),
    language: languageCode(header[2]),
    version: header.readInt16BE(3),
    opaque: header.readInt32BE(5),
    flag: header.readInt32BE(9),
    remark: remarkLength === 0 ? undefined : header.toString('utf8', 17, remarkEnd),
    extFields: extLength === 0 ? undefined : decodeBinaryFields(header, remarkEnd + 4),
    body: undefined,
    serializeType: 'ROCKETMQ',
  };
}

/** `i16 keyLen, key, i32 valLen, value` to the end; a key that occurs twice: the later wins; an empty value is as good as absent (Java reads null). */
function decodeBinaryFields(header: Buffer, start: number): Map<string, string> {
  const fields = new Map<string, string>();
  let at = start;
  while (at < header.length) {
    const keyEnd = at + 2 + (at + 2 <= header.length ? header.readUInt16BE(at) : 0);
    if (keyEnd + 4 > header.length) throw new MalformedCommandError(`extFields are cut off at byte ${at}`);
    const valueLength = header.readInt32BE(keyEnd);
    const valueEnd = keyEnd + 4 + valueLength;
    if (valueLength < 0 || valueEnd > header.length)
      throw new MalformedCommandError(`extFields value length ${valueLength} at byte ${keyEnd} is beyond the header`);
    if (valueLength > 0) fields.set(header.toString('utf8', at + 2, keyEnd), header.toString('utf8', keyEnd + 4, valueEnd));
    at = valueEnd;
  }
  return fields;
}
