// Makes values fit for a log line: control characters escaped, secrets masked, sizes bounded. Must never write anywhere.

/** Longest text of one field; the rest is counted. */
export const LOG_FIELD_LIMIT_CHARS = 4096;
/** Deepest nesting shown. */
const LOG_DEPTH_LIMIT = 4;
/** Most members of one object or array shown. */
const LOG_MEMBERS_LIMIT = 64;

const SECRET_KEY = /secret|password|passwd|token|signature|credential|privatekey/i;
// C0 and C1 controls, line separators and direction overrides: what can forge a line or repaint a terminal.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g; // oxlint-disable-line no-control-regex

/** One line without anything a terminal would act on. */
export function safeText(text: string): string {
  const bounded = text.length > LOG_FIELD_LIMIT_CHARS ? `${text.slice(0, LOG_FIELD_LIMIT_CHARS)}… (${text.length} characters)` : text;
  return bounded.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A copy that may be logged. Members whose name speaks of a secret read `******`. */
export function safeFields(fields: Record<string, unknown>): Record<string, unknown> {
  return safeValue(fields, 0) as Record<string, unknown>;
}

function safeValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return safeText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return String(value).slice(0, 64);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return safeError(value, depth);
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (depth >= LOG_DEPTH_LIMIT) return '…';
  if (Array.isArray(value)) return value.slice(0, LOG_MEMBERS_LIMIT).map((item) => safeValue(item, depth + 1));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.slice(0, LOG_MEMBERS_LIMIT).map(([key, member]) => {
      const name = safeText(String(key));
      return [name, SECRET_KEY.test(name) && member !== undefined && member !== '' ? '******' : safeValue(member, depth + 1)];
    }),
  );
}

function safeError(error: Error & { code?: unknown; context?: unknown }, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = { name: error.name, message: safeText(error.message) };
  if (error.code !== undefined) shown.code = safeValue(error.code, depth + 1);
  if (depth < LOG_DEPTH_LIMIT && error.cause !== undefined) shown.cause = safeValue(error.cause, depth + 1);
  if (depth === 1 && error.stack !== undefined)
    shown.stack = error.stack
      .split('\n')
      .slice(1, 12)
      .map((line) => safeText(line.trim()));
  return shown;
}
