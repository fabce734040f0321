// Values of SQL92 filters and how they compare: Java's classes decide, since brokers of Apache do [java ComparisonExpression#__compare].
// Must never throw: what cannot be compared is NaN.

/** A literal. Properties are always text: a comparison reads them as the number they are compared with. */
export type SqlNumber =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'long'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number };

/** Null is unknown: an absent property, or the literal NULL. */
export type SqlValue = string | boolean | null | SqlNumber;

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const LONG_MAX = 2n ** 63n - 1n;
const LONG_MIN = -(2n ** 63n);
const LONG_DIGITS_MAX = 19;
const DOUBLE_MIN = 5e-324;

const ZERO = 48;
const NINE = 57;

/** The literal's number: int when it fits, else long; undefined beyond 64 bits [java ConstantExpression#createFromDecimal]. */
export function integerLiteral(digits: string): SqlNumber | undefined {
  if (digits.length > LONG_DIGITS_MAX) return undefined;
  const value = BigInt(digits);
  if (value > LONG_MAX) return undefined;
  return value <= BigInt(INT_MAX) ? { type: 'int', value: Number(value) } : { type: 'long', value };
}

/** Undefined for what is no finite number above zero: 0.0 is none in a filter [java ConstantExpression#createFloat]. */
export function floatLiteral(text: string): SqlNumber | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value >= DOUBLE_MIN ? { type: 'double', value } : undefined;
}

export function negated(number: SqlNumber): SqlNumber {
  if (number.type === 'long') return { type: 'long', value: -number.value };
  // An int has no minus zero.
  return number.type === 'int' ? { type: 'int', value: 0 - number.value } : { type: 'double', value: -number.value };
}

/** Negative, 0, positive; NaN when Java fails to compare the two. */
export function compareValues(left: Exclude<SqlValue, null>, right: Exclude<SqlValue, null>): number {
  if (typeof left === 'string') return compareText(left, right);
  if (typeof left === 'boolean') {
    if (typeof right === 'boolean') return Number(left) - Number(right);
    return typeof right === 'string' ? NaN : -1;
  }
  if (typeof right === 'boolean') return -1;
  if (typeof right === 'string') {
    const number = numberOf(right, left.type);
    return number === undefined ? NaN : compareNumbers(left, number);
  }
  return compareNumbers(left, right);
}

/** Two texts are ordered as the numbers they are, or not at all. */
export function compareTextsAsNumbers(left: string, right: string): number {
  const [l, r] = [parseDouble(left), parseDouble(right)];
  return l === undefined || r === undefined ? NaN : compareDoubles(l, r);
}

function compareText(left: string, right: Exclude<SqlValue, null>): number {
  if (typeof right === 'string') return left === right ? 0 : left < right ? -1 : 1;
  if (typeof right === 'boolean') return Number(left.toLowerCase() === 'true') - Number(right);
  const number = numberOf(left, right.type);
  return number === undefined ? NaN : compareNumbers(number, right);
}

function compareNumbers(left: SqlNumber, right: SqlNumber): number {
  if (left.type === 'double') return compareDoubles(left.value, Number(right.value));
  // A long beside a double is beyond Java's comparison: the one becomes a Float, which a Double does not compare with.
  if (right.type === 'double') return left.type === 'long' ? NaN : compareDoubles(left.value, right.value);
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

/** [java Double#compare]: NaN is above all, -0 below 0. */
function compareDoubles(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (Object.is(left, right)) return 0;
  if (Number.isNaN(left)) return 1;
  return Number.isNaN(right) || Object.is(left, -0) ? -1 : 1;
}

function numberOf(text: string, type: SqlNumber['type']): SqlNumber | undefined {
  if (type === 'long') return parseLong(text);
  const value = type === 'int' ? parseInt32(text) : parseDouble(text);
  return value === undefined ? undefined : { type, value };
}

/** [java Integer#parseInt], of ASCII digits. */
function parseInt32(text: string): number | undefined {
  const first = text.charCodeAt(0);
  const from = first === 43 || first === 45 ? 1 : 0;
  if (from === text.length) return undefined;
  let value = 0;
  for (let i = from; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > INT_MAX + 1) return undefined;
  }
  const signed = first === 45 ? 0 - value : value;
  return signed >= INT_MIN && signed <= INT_MAX ? signed : undefined;
}

/** [java Long#parseLong], of ASCII digits. */
function parseLong(text: string): SqlNumber | undefined {
  const first = text.charCodeAt(0);
  const signed = first === 43 || first === 45;
  let from = signed ? 1 : 0;
  const end = skipDigits(text, from);
  if (end === from || end !== text.length) return undefined;
  while (from < end - 1 && text.charCodeAt(from) === ZERO) from++;
  if (end - from > LONG_DIGITS_MAX) return undefined;
  const magnitude = BigInt(text.slice(from));
  const value = first === 45 ? -magnitude : magnitude;
  return value >= LONG_MIN && value <= LONG_MAX ? { type: 'long', value } : undefined;
}

/** [java Double#valueOf]: blanks around it, a trailing d or f, NaN and Infinity are fine; its hexadecimal form is not read. */
function parseDouble(untrimmed: string): number | undefined {
  const text = trimmed(untrimmed);
  const signed = text[0] === '+' || text[0] === '-';
  const sign = text[0] === '-' ? -1 : 1;
  const start = signed ? 1 : 0;
  const word = text.slice(start, start + 9);
  if (word === 'NaN') return NaN;
  if (word === 'Infinity' && text.length === start + 8) return sign * Infinity;
  const whole = skipDigits(text, start);
  const fraction = text[whole] === '.' ? skipDigits(text, whole + 1) : whole;
  const digits = fraction - start - (fraction > whole ? 1 : 0);
  if (digits === 0) return undefined;
  let end = fraction;
  if (text[end] === 'e' || text[end] === 'E') {
    const exponent = text[end + 1] === '+' || text[end + 1] === '-' ? end + 2 : end + 1;
    end = skipDigits(text, exponent);
    if (end === exponent) return undefined;
  }
  const suffixed = end === text.length - 1 && 'dDfF'.includes(text[end]!);
  if (end !== text.length && !suffixed) return undefined;
  return sign * Number(text.slice(start, end));
}

/** [java String#trim]: everything up to the blank goes. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(start, end);
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at++;
  return at;
}
