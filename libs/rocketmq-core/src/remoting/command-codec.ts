// Frames to commands and back, in both header serialisations [java RemotingCommand, RocketMQSerializable].
// Must never answer malformed input with anything but MalformedCommandError, and must never know a request by name.
import { MalformedCommandError } from '../errors/index.js';
import { JsonSyntaxError, parseJson, type JsonValue, type RemotingCommand } from '../protocol/index.js';
import { languageCode, languageName } from './language-code.js';

/** Bytes before the header: length word and header word. */
export const FRAME_HEAD_BYTES = 8;
/** Largest frame including its length field [java NettySystemConfig#frameMaxLength]. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Ours: largest header. Properties take at most 32 KiB of it, six times that when escaped. */
export const HEADER_BYTES_MAX = 1024 * 1024;

const BINARY_FIXED_BYTES = 21;

/** One whole frame as bytes. A code beyond 16 bits cannot be written as ROCKETMQ and becomes JSON. */
export function encodeCommand(command: RemotingCommand): Buffer {
  const binary = command.serializeType === 'ROCKETMQ' && command.code === (command.code << 16) >> 16;
  const header = binary ? encodeBinaryHeader(command) : encodeJsonHeader(command);
  const bodyLength = command.body?.length ?? 0;
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + header.length + bodyLength);
  frame.writeInt32BE(4 + header.length + bodyLength, 0);
  frame.writeInt32BE(header.length, 4);
  frame[4] = binary ? 1 : 0;
  frame.set(header, FRAME_HEAD_BYTES);
  if (command.body !== undefined) frame.set(command.body, FRAME_HEAD_BYTES + header.length);
  return frame;
}

function encodeJsonHeader(command: RemotingCommand): Buffer {
  // Members in Java's (alphabetical) order; extFields values are always text.
  return Buffer.from(
    JSON.stringify({
      code: command.code,
      extFields: command.extFields === undefined ? undefined : Object.fromEntries(command.extFields),
      flag: command.flag,
      language: languageName(command.language),
      opaque: command.opaque,
      remark: command.remark,
      serializeTypeCurrentRPC: 'JSON',
      version: command.version,
    }),
  );
}

function encodeBinaryHeader(command: RemotingCommand): Buffer {
  const remark = Buffer.from(command.remark ?? '');
  const fields: Array<[Buffer, Buffer]> = [];
  let extLength = 0;
  for (const [key, value] of command.extFields ?? []) {
    const field: [Buffer, Buffer] = [Buffer.from(key), Buffer.from(value)];
    fields.push(field);
    extLength += 6 + field[0].length + field[1].length;
  }
  const header = Buffer.allocUnsafe(BINARY_FIXED_BYTES + remark.length + extLength);
  header.writeInt16BE(command.code, 0);
  header.writeInt8(command.language < 0 ? languageCode('OTHER') : command.language, 2);
  header.writeInt16BE((command.version << 16) >> 16, 3);
  header.writeInt32BE(command.opaque, 5);
  header.writeInt32BE(command.flag, 9);
  header.writeInt32BE(remark.length, 13);
  header.set(remark, 17);
  let at = 17 + remark.length;
  header.writeInt32BE(extLength, at);
  at += 4;
  for (const [key, value] of fields) {
    header.writeInt16BE(key.length, at);
    header.set(key, at + 2);
    at += 2 + key.length;
    header.writeInt32BE(value.length, at);
    header.set(value, at + 4);
    at += 4 + value.length;
  }
  return header;
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
  const command = decodeHeaderBytes(view.subarray(FRAME_HEAD_BYTES, headerEnd), frame[4]!);
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
  let members: JsonValue | Record<string, unknown>;
  try {
    // The strict parser is several times faster; `__proto__` becomes an own member and is only ever read as a name.
    members = JSON.parse(text) as Record<string, unknown>;
  } catch {
    members = parseTolerantly(text);
  }
  if (members === null || typeof members !== 'object' || Array.isArray(members) || members instanceof Map) {
    throw new MalformedCommandError('the JSON header is no object');
  }
  const member = (name: string): unknown => (Object.hasOwn(members, name) ? (members as Record<string, unknown>)[name] : undefined);
  const remark = member('remark');
  return {
    code: int32(member('code'), 'code'),
    language: languageCode(member('language')),
    version: int32(member('version') ?? 0, 'version'),
    opaque: int32(member('opaque') ?? 0, 'opaque'),
    flag: int32(member('flag') ?? 0, 'flag'),
    remark: typeof remark === 'string' ? remark : undefined,
    extFields: extFieldsOf(member('extFields')),
    body: undefined,
    serializeType: 'JSON',
  };
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
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < -2147483648 || number > 2147483647) {
    throw new MalformedCommandError(`header member ${name} is no 32-bit integer`);
  }
  return number;
}

function extFieldsOf(value: unknown): Map<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new MalformedCommandError('extFields is no object');
  const entries = value instanceof Map ? [...value] : Object.entries(value as Record<string, unknown>);
  const fields = new Map<string, string>();
  for (const [key, item] of entries) {
    if (item === null || item === undefined) continue;
    // Java coerces numbers and booleans to text.
    fields.set(String(key), typeof item === 'string' ? item : typeof item === 'object' ? JSON.stringify(item) : String(item));
  }
  return fields;
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
