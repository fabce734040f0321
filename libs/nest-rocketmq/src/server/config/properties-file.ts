// Java's properties syntax as java.util.Properties reads and writes it. Knows no key by name.

/** Longest properties text read: a configuration file, or the body of a config update. */
export const PROPERTIES_TEXT_LIMIT_BYTES = 1024 * 1024;

const BLANK = /^[ \t\f]*/;
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Reads properties; of a repeated key the last one wins. Throws SyntaxError for a malformed `\uXXXX`, naming the line. */
export function parseProperties(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const { content, lineNumber } of logicalLines(text)) {
    const end = keyEnd(content);
    const rest = content.slice(end).replace(BLANK, '');
    const value = rest.startsWith('=') || rest.startsWith(':') ? rest.slice(1).replace(BLANK, '') : rest;
    entries.set(unescape(content.slice(0, end), lineNumber), unescape(value, lineNumber));
  }
  return entries;
}

/** Writes one `key=value` per line in the given order, escaped so that parseProperties gives the same map back. */
export function formatProperties(entries: Iterable<readonly [string, string]>): string {
  let text = '';
  for (const [key, value] of entries) text += `${escape(key, true)}=${escape(value, false)}\n`;
  return text;
}

interface LogicalLine {
  content: string;
  lineNumber: number;
}

/** Lines without comments and blank lines, those that end in an odd number of backslashes joined with their successor. */
function logicalLines(text: string): LogicalLine[] {
  const natural = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const result: LogicalLine[] = [];
  for (let index = 0; index < natural.length; index++) {
    const lineNumber = index + 1;
    let content = natural[index]!.replace(BLANK, '');
    if (content === '' || content.startsWith('#') || content.startsWith('!')) continue;
    while (endsInContinuation(content)) {
      index++;
      content = content.slice(0, -1) + (natural[index] ?? '').replace(BLANK, '');
    }
    if (content !== '') result.push({ content, lineNumber });
  }
  return result;
}

function endsInContinuation(line: string): boolean {
  let backslashes = 0;
  while (line[line.length - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function keyEnd(line: string): number {
  for (let index = 0; index < line.length; index++) {
    const char = line[index]!;
    if (char === '\\') index++;
    else if (char === '=' || char === ':' || char === ' ' || char === '\t' || char === '\f') return index;
  }
  return line.length;
}

function unescape(text: string, lineNumber: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]?))/g, (whole, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    if (char === 'u') throw new SyntaxError(`line ${lineNumber}: malformed \\uXXXX escape`);
    return ESCAPES[char ?? ''] ?? char ?? whole;
  });
}

function escape(text: string, isKey: boolean): string {
  const escaped = text.replace(/[\\\t\n\r\f]/g, (char) => `\\${{ '\\': '\\', '\t': 't', '\n': 'n', '\r': 'r', '\f': 'f' }[char]}`);
  // A value keeps inner blanks, `=` and `:` as they are: Apache's files look like that and its reader takes them.
  if (isKey) return escaped.replace(/[ =:#!]/g, '\\$&');
  return escaped.replace(/^ /, '\\ ');
}
