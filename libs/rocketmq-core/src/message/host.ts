// Hosts as records and ids hold them: 4 or 16 address bytes and a 4-byte port.

const V4_BYTES = 4;
const V6_BYTES = 16;

/** `1.2.3.4:5` or `[::1]:5` (also `::1:5`, as sockets print it) as 8 or 20 bytes. An address that is none becomes 0.0.0.0. */
export function encodeHost(host: string): Uint8Array {
  const at = host.lastIndexOf(':');
  const port = Number(host.slice(at + 1));
  const address = encodeAddress(host.slice(0, at).replace(/^\[|\]$/g, ''));
  const bytes = new Uint8Array(address.length + 4);
  bytes.set(address);
  new DataView(bytes.buffer).setInt32(address.length, Number.isInteger(port) ? port : 0);
  return bytes;
}

/** `1.2.3.4:5` or `[::1]:5` from 8 or 20 bytes. */
export function decodeHost(bytes: Uint8Array): string {
  const length = bytes.length - 4;
  const port = new DataView(bytes.buffer, bytes.byteOffset).getInt32(length);
  return length === V4_BYTES
    ? `${decodeAddress(bytes.subarray(0, V4_BYTES))}:${port}`
    : `[${decodeAddress(bytes.subarray(0, V6_BYTES))}]:${port}`;
}

/** Bytes of an IPv4 or IPv6 address in text. */
export function encodeAddress(address: string): Uint8Array {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (v4 !== null) return Uint8Array.from(v4.slice(1, 5), Number);
  if (!address.includes(':')) return new Uint8Array(V4_BYTES);
  const [headText, tailText] = address.split('::');
  const head = groupsOf(headText ?? '');
  const tail = tailText === undefined ? [] : groupsOf(tailText);
  const groups =
    tailText === undefined ? head : [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0), ...tail];
  const bytes = new Uint8Array(V6_BYTES);
  for (let i = 0; i < 8; i++) {
    bytes[i * 2] = (groups[i] ?? 0) >> 8;
    bytes[i * 2 + 1] = (groups[i] ?? 0) & 0xff;
  }
  return bytes;
}

/** Text of 4 or 16 address bytes; IPv6 in Java's long form without `::`, shortened as browsers do. */
export function decodeAddress(bytes: Uint8Array): string {
  if (bytes.length === V4_BYTES) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16));
  const text = groups.join(':');
  const zeros = text.match(/(?:^|:)0(?::0)+(?=:|$)/g)?.toSorted((a, b) => b.length - a.length)[0];
  return zeros === undefined
    ? text
    : text
        .replace(zeros, ':')
        .replace(/^:(?!:)/, '::')
        .replace(/([^:]):$/, '$1::')
        .replace(/:{3,}/, '::');
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1)!;
  if (!last.includes('.')) return parts.map((part) => Number.parseInt(part, 16) || 0);
  const [a, b, c, d] = encodeAddress(last);
  return [...parts.slice(0, -1).map((part) => Number.parseInt(part, 16) || 0), (a! << 8) | b!, (c! << 8) | d!];
}
