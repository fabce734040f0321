// Field kinds of a request or response header: TypeScript type, text form on the wire, range, documentation. Declared once per field;
// codec, validation and docs derive from it. Must never know a particular request.

export interface FieldOptions {
  /** Absent on the wire and `undefined` in the decoded header when true. Default: mandatory. */
  optional?: boolean;
  /** The name on the wire where it differs from the readable one (SEND_MESSAGE_V2, `bname`). */
  wire?: string;
  /** What an authoriser checks the value as. */
  resource?: 'TOPIC' | 'GROUP' | 'CLUSTER';
  /** Unit or kind of the number, for docs: 'ms', 'queueOffset', 'physicalOffset', 'bytes'. */
  unit?: string;
  about?: string;
}

/** One header field. `decode` gets the text found on the wire and throws FieldValueError when it does not fit. */
export interface Field<T, Optional extends boolean = boolean> {
  readonly kind: 'str' | 'i32' | 'i64' | 'bits64' | 'bool';
  readonly optional: Optional;
  readonly wire: string | undefined;
  readonly resource: FieldOptions['resource'];
  readonly unit: string | undefined;
  readonly about: string | undefined;
  decode(text: string): T;
  encode(value: T): string;
}

/** The value of one field is not what its kind allows; the caller adds request and field name. */
export class FieldValueError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = 'FieldValueError';
    this.reason = reason;
  }
}

export type HeaderSchema = Readonly<Record<string, Field<unknown>>>;

type OptionalKeys<S extends HeaderSchema> = { [K in keyof S]: S[K] extends Field<infer _T, true> ? K : never }[keyof S];
type FieldType<F> = F extends Field<infer T, boolean> ? T : never;

/** The decoded header of a schema: mandatory fields present, optional ones `| undefined`. */
export type HeaderOf<S extends HeaderSchema> = {
  [K in Exclude<keyof S, OptionalKeys<S>>]: FieldType<S[K]>;
} & { [K in OptionalKeys<S>]?: FieldType<S[K]> | undefined };

type OptionalOf<O> = O extends { optional: true } ? true : false;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INTEGER = /^[+-]?\d{1,19}$/;

function field<T, O extends FieldOptions>(
  kind: Field<T>['kind'],
  options: O | undefined,
  decode: (text: string) => T,
  encode: (value: T) => string,
): Field<T, OptionalOf<O>> {
  return {
    kind,
    optional: (options?.optional ?? false) as OptionalOf<O>,
    wire: options?.wire,
    resource: options?.resource,
    unit: options?.unit,
    about: options?.about,
    decode,
    encode,
  };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** UTF-8 text. */
export function str<const O extends FieldOptions = Record<never, never>>(options?: O): Field<string, OptionalOf<O>> {
  return field(
    'str',
    options,
    (text) => text,
    (value) => value,
  );
}

/** Signed 32-bit integer. */
export function i32<const O extends FieldOptions = Record<never, never>>(options?: O): Field<number, OptionalOf<O>> {
  return field(
    'i32',
    options,
    (text) => {
      const value = INTEGER.test(text) ? Number(text) : NaN;
      if (!(value >= INT32_MIN && value <= INT32_MAX)) throw new FieldValueError(`${shown(text)} is no 32-bit integer`);
      return value;
    },
    (value) => String(value),
  );
}

/** Signed 64-bit integer that fits a safe integer; a larger one is refused, never rounded (D2). */
export function i64<const O extends FieldOptions = Record<never, never>>(options?: O): Field<number, OptionalOf<O>> {
  return field(
    'i64',
    options,
    (text) => {
      const value = INTEGER.test(text) ? Number(text) : NaN;
      if (!Number.isSafeInteger(value)) throw new FieldValueError(`${shown(text)} is no integer within ±(2^53 - 1)`);
      return value;
    },
    (value) => String(value),
  );
}

/** Signed 64-bit pattern as bigint: tag codes, bounds such as Long.MAX_VALUE. */
export function bits64<const O extends FieldOptions = Record<never, never>>(options?: O): Field<bigint, OptionalOf<O>> {
  return field(
    'bits64',
    options,
    (text) => {
      const value = INTEGER.test(text) ? BigInt(text.replace('+', '')) : undefined;
      if (value === undefined || value < INT64_MIN || value > INT64_MAX) throw new FieldValueError(`${shown(text)} is no 64-bit integer`);
      return value;
    },
    (value) => String(value),
  );
}

/** Java's Boolean.parseBoolean: only `true` (any case) is true. */
export function bool<const O extends FieldOptions = Record<never, never>>(options?: O): Field<boolean, OptionalOf<O>> {
  return field(
    'bool',
    options,
    (text) => text.toLowerCase() === 'true',
    (value) => (value ? 'true' : 'false'),
  );
}
