// Reads the JSON dialect of RocketMQ's bodies (fastjson): unquoted numeric keys, whole objects as keys, single quotes, trailing commas, $ref.
// Must never trust its input: depth is limited, objects have no prototype, integers beyond 2^53 become bigint.

/** Objects and arrays nested deeper are refused. */
export const JSON_DEPTH_MAX = 128;

export type JsonObject = { [name: string]: JsonValue };
/** A JSON object whose keys are numbers or objects is a Map. */
export type JsonMap = Map<JsonValue, JsonValue>;
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject | JsonMap;

/** Not the dialect: where and why. */
export class JsonSyntaxError extends Error {
  readonly position: number;

  constructor(position: number, reason: string) {
    super(`JSON at ${position}: ${reason}`);
    this.name = 'JsonSyntaxError';
    this.position = position;
  }
}

/** Parses text or UTF-8 bytes. Objects have a null prototype; numeric- and object-keyed ones are Maps. */
export function parseJson(source: string | Uint8Array): JsonValue {
  const text = typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  const parser = new Parser(text);
  const value = parser.document();
  return parser.hasReferences ? resolveReferences(value, value) : value;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: ReadonlyArray<readonly [string, null | boolean]> = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const ESCAPES = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['0', '\0'],
]);

class Parser {
  hasReferences = false;
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): JsonValue {
    const value = this.value(0);
    this.skipBlanks();
    if (this.at < this.text.length) throw this.error('text after the end');
    return value;
  }

  private value(depth: number): JsonValue {
    if (depth > JSON_DEPTH_MAX) throw this.error(`nested deeper than ${JSON_DEPTH_MAX}`);
    this.skipBlanks();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
      case "'":
        return this.string();
      default:
        return this.scalar();
    }
  }

  private object(depth: number): JsonObject | JsonMap {
    this.at++;
    const names: JsonObject = Object.create(null) as JsonObject;
    let map: JsonMap | undefined;
    for (;;) {
      this.skipBlanks();
      if (this.take('}')) return map ?? names;
      const quoted = this.text[this.at] === '"' || this.text[this.at] === "'";
      const key = quoted ? this.string() : this.value(depth + 1);
      if (Array.isArray(key) || typeof key === 'boolean' || key === null) throw this.error('this is no member name');
      this.skipBlanks();
      if (!this.take(':')) throw this.error("':' is missing");
      const value = this.value(depth + 1);
      if (typeof key === 'string' && map === undefined) {
        names[key] = value;
        if (key === '$ref') this.hasReferences = true;
      } else {
        map ??= new Map(Object.entries(names));
        map.set(key, value);
      }
      this.skipBlanks();
      if (!this.take(',') && this.text[this.at] !== '}') throw this.error("',' or '}' is missing");
    }
  }

  private array(depth: number): JsonValue[] {
    this.at++;
    const items: JsonValue[] = [];
    for (;;) {
      this.skipBlanks();
      if (this.take(']')) return items;
      items.push(this.value(depth + 1));
      this.skipBlanks();
      if (!this.take(',') && this.text[this.at] !== ']') throw this.error("',' or ']' is missing");
    }
  }

  private string(): string {
    const quote = this.text[this.at++]!;
    let result = '';
    let start = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) throw this.error('the string does not end');
      if (char === quote) {
        result += this.text.slice(start, this.at++);
        return result;
      }
      if (char !== '\\') {
        this.at++;
        continue;
      }
      result += this.text.slice(start, this.at) + this.escape();
      start = this.at;
    }
  }

  private escape(): string {
    const kind = this.text[this.at + 1];
    if (kind === 'u' || kind === 'x') {
      const length = kind === 'u' ? 4 : 2;
      const digits = this.text.slice(this.at + 2, this.at + 2 + length);
      if (digits.length !== length || !/^[\da-fA-F]+$/.test(digits)) throw this.error(`\\${kind} needs ${length} hexadecimal digits`);
      this.at += 2 + length;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if (kind === undefined) throw this.error('the string does not end');
    this.at += 2;
    return ESCAPES.get(kind) ?? kind;
  }

  private scalar(): JsonValue {
    for (const [word, value] of LITERALS) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.error('a value is missing');
    this.at += match[0].length;
    const value = Number(match[0]);
    return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(match[0]) ? BigInt(match[0]) : value;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private skipBlanks(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char !== ' ' && char !== '\t' && char !== '\n' && char !== '\r') return;
      this.at++;
    }
  }

  private error(reason: string): JsonSyntaxError {
    return new JsonSyntaxError(this.at, reason);
  }
}

/** fastjson 1 writes an instance met twice as `{"$ref":"$.path"}`; the first place is looked up. Unresolvable ones become null. */
function resolveReferences(value: JsonValue, root: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, root));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [resolveReferences(key, root), resolveReferences(item, root)]));
  if (value === null || typeof value !== 'object') return value;
  const path = value['$ref'];
  if (typeof path === 'string' && Object.keys(value).length === 1) return lookUp(root, path);
  for (const name of Object.keys(value)) value[name] = resolveReferences(value[name]!, root);
  return value;
}

const REFERENCE_STEP = /\.((?:\\.|[^.[\\])+)|\[(\d+)\]/gy;

function lookUp(root: JsonValue, path: string): JsonValue {
  if (!path.startsWith('$')) return null;
  let value: JsonValue = root;
  REFERENCE_STEP.lastIndex = 1;
  for (let at = 1; at < path.length; at = REFERENCE_STEP.lastIndex) {
    const step = REFERENCE_STEP.exec(path);
    if (step === null) return null;
    if (step[2] !== undefined) value = Array.isArray(value) ? (value[Number(step[2])] ?? null) : null;
    else value = member(value, step[1]!.replace(/\\(.)/g, '$1'));
    if (value === null) return null;
  }
  return value;
}

/** A member by name; an object key is written as `MessageQueue [topic=T, brokerName=b, queueId=0]`. */
function member(value: JsonValue, name: string): JsonValue {
  if (value instanceof Map) {
    for (const [key, item] of value) if (keyText(key) === name) return item;
    return null;
  }
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value[name] ?? null) : null;
}

/** A key as `$ref` paths name it. */
function keyText(key: JsonValue): string | undefined {
  if (key === null || Array.isArray(key) || key instanceof Map) return undefined;
  if (typeof key !== 'object') return String(key);
  return `MessageQueue [topic=${String(key['topic'])}, brokerName=${String(key['brokerName'])}, queueId=${String(key['queueId'])}]`;
}
