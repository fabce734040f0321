// Turns a row's header into extFields and back. The only place that walks a schema at run time (hot codecs are proved equal to it).
import type { HeaderOf, HeaderSchema } from './header-schema.js';
import { FieldValueError } from './header-schema.js';

/** A header that does not fit its row: which field and why. Answered with SYSTEM_ERROR, the connection stays. */
export class HeaderDecodeError extends Error {
  readonly field: string;

  constructor(requestName: string, field: string, reason: string) {
    super(`${requestName}: header field ${field}: ${reason}`);
    this.name = 'HeaderDecodeError';
    this.field = field;
  }
}

/** Reads a header. Unknown extFields are ignored; an absent optional field stays `undefined`; throws HeaderDecodeError otherwise. */
export function decodeHeader<S extends HeaderSchema>(
  requestName: string,
  schema: S,
  extFields: ReadonlyMap<string, string> | undefined,
): HeaderOf<S> {
  const header: Record<string, unknown> = {};
  for (const name in schema) {
    const field = schema[name]!;
    const text = extFields?.get(field.wire ?? name);
    if (text === undefined) {
      if (!field.optional) throw new HeaderDecodeError(requestName, field.wire ?? name, 'is missing');
      continue;
    }
    try {
      header[name] = field.decode(text);
    } catch (error) {
      if (!(error instanceof FieldValueError)) throw error;
      throw new HeaderDecodeError(requestName, field.wire ?? name, error.reason);
    }
  }
  return header as HeaderOf<S>;
}

/** Writes a header into `into`; `undefined` fields are left out. */
export function encodeHeader<S extends HeaderSchema>(
  schema: S,
  header: HeaderOf<S>,
  into: Map<string, string> = new Map(),
): Map<string, string> {
  const values = header as Record<string, unknown>;
  for (const name in schema) {
    const value = values[name];
    if (value === undefined) continue;
    const field = schema[name]!;
    into.set(field.wire ?? name, field.encode(value));
  }
  return into;
}
