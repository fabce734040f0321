// Typed access to parsed bodies: each call says what it wants and from where, and refuses anything else by name.
// Must never coerce silently beyond what Java's readers do (a number as text is a number).
import type { JsonMap, JsonObject, JsonValue } from './parse-json.js';
import { parseJson } from './parse-json.js';

/** A body that is not what its request says: member and reason. Answered with SYSTEM_ERROR. */
export class BodyDecodeError extends Error {
  constructor(path: string, reason: string) {
    super(`body member ${path}: ${reason}`);
    this.name = 'BodyDecodeError';
  }
}

/** One JSON object of a body; unknown members are ignored. */
export class BodyReader {
  private readonly members: JsonObject;
  private readonly path: string;

  constructor(value: JsonValue | undefined, path = '$') {
    if (value === null || value === undefined || typeof value !== 'object' || Array.isArray(value))
      throw new BodyDecodeError(path, 'an object is needed');
    this.members = value instanceof Map ? (Object.fromEntries([...value].map(([key, item]) => [String(key), item])) as JsonObject) : value;
    this.path = path;
  }

  static parse(body: Uint8Array): BodyReader {
    return new BodyReader(parseJson(body));
  }

  raw(name: string): JsonValue | undefined {
    const value = Object.hasOwn(this.members, name) ? this.members[name] : undefined;
    return value === null ? undefined : value;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  string(name: string): string;
  string<T>(name: string, absent: T): string | T;
  string<T>(name: string, ...absent: [T?]): string | T | undefined {
    const value = this.raw(name);
    if (value === undefined) return this.absent(name, absent);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
    throw this.error(name, 'text is needed');
  }

  /** An integer that fits a safe integer; text of digits is accepted as Java does. */
  integer(name: string): number;
  integer<T>(name: string, absent: T): number | T;
  integer<T>(name: string, ...absent: [T?]): number | T | undefined {
    const value = this.raw(name);
    if (value === undefined) return this.absent(name, absent);
    return toInteger(value, `${this.path}.${name}`);
  }

  boolean<T>(name: string, absent: T): boolean | T {
    const value = this.raw(name);
    if (value === undefined) return absent;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    if (value === 0 || value === 1) return value === 1;
    throw this.error(name, 'true or false is needed');
  }

  /** A word of a list, or its ordinal; anything else is `absent`, as Java reads unknown enum names as null. */
  word<const W extends string, T>(name: string, words: readonly W[], absent: T): W | T {
    const value = this.raw(name);
    if (typeof value === 'number') return words[value] ?? absent;
    return words.find((word) => word === value) ?? absent;
  }

  object(name: string): BodyReader | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : new BodyReader(value, `${this.path}.${name}`);
  }

  /** An array of objects; absent is empty. */
  objects(name: string): BodyReader[] {
    return this.array(name).map((item, i) => new BodyReader(item, `${this.path}.${name}[${i}]`));
  }

  strings(name: string): string[] {
    return this.array(name).map((item, i) => {
      if (typeof item !== 'string') throw this.error(`${name}[${i}]`, 'text is needed');
      return item;
    });
  }

  integers(name: string): number[] {
    return this.array(name).map((item, i) => toInteger(item, `${this.path}.${name}[${i}]`));
  }

  /** The entries of a member that is a map; keys stay as they were written. Absent is empty. */
  entries(name: string): Array<[JsonValue, JsonValue]> {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (value instanceof Map) return [...(value as JsonMap)];
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw this.error(name, 'an object is needed');
    return Object.entries(value);
  }

  /** A map with text keys. */
  namedEntries(name: string): Array<[string, JsonValue]> {
    return this.entries(name).map(([key, item]) => [typeof key === 'object' ? JSON.stringify(key) : String(key), item]);
  }

  /** A map with integer keys, quoted or bare. */
  numberedEntries(name: string): Array<[number, JsonValue]> {
    return this.entries(name).map(([key, item]) => [toInteger(key, `${this.path}.${name} key`), item]);
  }

  child(name: string, value: JsonValue): BodyReader {
    return new BodyReader(value, `${this.path}.${name}`);
  }

  private array(name: string): JsonValue[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.error(name, 'an array is needed');
    return value;
  }

  private absent<T>(name: string, absent: [T?]): T | undefined {
    if (absent.length === 0) throw this.error(name, 'is missing');
    return absent[0];
  }

  private error(name: string, reason: string): BodyDecodeError {
    return new BodyDecodeError(`${this.path}.${name}`, reason);
  }
}

function toInteger(value: JsonValue, path: string): number {
  const number =
    typeof value === 'string' && /^[+-]?\d{1,19}$/.test(value.trim()) ? Number(value) : typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(Math.trunc(number)))
    throw new BodyDecodeError(path, 'an integer within ±(2^53 - 1) is needed');
  return Math.trunc(number);
}

/** UTF-8 bytes of a JSON text. */
export function jsonBytes(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
