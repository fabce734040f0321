// A socket that keeps a fixed number of frames in flight: the smallest client that can load a broker. It measures, it does not decode.
import net from 'node:net';

export interface LeanSocketOptions {
  host: string;
  port: number;
  /** Requests in flight at any time. */
  window: number;
  /** Appends one request frame to `out` at `at`, with this opaque; returns the position behind it. */
  writeRequest(out: Buffer, at: number, opaque: number): number;
  /** Longest frame writeRequest may append. */
  maxRequestBytes: number;
  /** Sees every response frame; returns false when it is an error. */
  onResponse(bytes: Buffer, start: number, end: number): boolean;
}

const READ_BYTES = 256 * 1024;

/** Runs until stop(); counts answers and errors, keeps the time of each request's departure for latencies. */
export class LeanSocket {
  answers = 0;
  errors = 0;
  bytesIn = 0;
  /** Latency of every answer since the last resetLatency(), in ms, in a ring. */
  readonly latencies = new Float64Array(1 << 16);
  latencyCount = 0;
  private readonly sentAt = new Float64Array(1 << 16);
  private socket!: net.Socket;
  private partial = Buffer.alloc(0);
  private opaque = 0;
  private stopped = false;
  private out: Buffer;

  constructor(private readonly options: LeanSocketOptions) {
    this.out = Buffer.allocUnsafe(options.maxRequestBytes * options.window);
  }

  async start(): Promise<void> {
    const { host, port } = this.options;
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (length: number, buffer: Uint8Array) => this.receive(buffer as Buffer, length),
    };
    await new Promise<void>((resolve, reject) => {
      this.socket = net.connect({ host, port, noDelay: true, onread }, resolve);
      this.socket.once('error', reject);
    });
    this.socket.on('error', () => {
      if (!this.stopped) this.errors++;
    });
    this.send(this.options.window);
  }

  stop(): void {
    this.stopped = true;
    this.socket.destroy();
  }

  resetLatency(): void {
    this.latencyCount = 0;
  }

  private send(count: number): void {
    if (this.stopped || count === 0) return;
    let at = 0;
    const now = performance.now();
    for (let i = 0; i < count; i++) {
      this.sentAt[this.opaque & 0xffff] = now;
      at = this.options.writeRequest(this.out, at, this.opaque);
      this.opaque = (this.opaque + 1) & 0x7fffffff;
    }
    const bytes = this.out.subarray(0, at);
    this.socket.write(bytes);
    if (this.socket.writableLength > 0) this.out = Buffer.allocUnsafe(this.out.length);
  }

  private receive(buffer: Buffer, length: number): boolean {
    let bytes = buffer.subarray(0, length);
    this.bytesIn += length;
    if (this.partial.length > 0) bytes = Buffer.concat([this.partial, bytes]);
    let at = 0;
    let freed = 0;
    const now = performance.now();
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      if (this.options.onResponse(bytes, at, end)) this.answers++;
      else this.errors++;
      const opaque = responseOpaque(bytes, at, end) % 1_000_000_000;
      this.latencies[this.latencyCount++ & 0xffff] = now - this.sentAt[opaque & 0xffff]!;
      freed++;
      at = end;
    }
    this.partial = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
    this.send(freed);
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
const OPAQUE = Buffer.from('"opaque":');

/** Opaque of a response, binary by position, JSON by a search from the end of the header. */
function responseOpaque(bytes: Buffer, start: number, end: number): number {
  const word = bytes.readUInt32BE(start + 4);
  if (word >>> 24 === 1) return bytes.readInt32BE(start + 13);
  const headerEnd = Math.min(end, start + 8 + (word & 0xffffff));
  const at = bytes.lastIndexOf(OPAQUE, headerEnd) + OPAQUE.length;
  let value = 0;
  for (let i = at; i < headerEnd; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** True when a response frame carries code 0, in either form. */
export function isSuccess(bytes: Buffer, start: number): boolean {
  if (bytes[start + 4] === 1) return bytes.readInt16BE(start + 8) === 0;
  // {"code":0, — every peer writes `code` first.
  return bytes[start + 8 + 8] === 0x30 && bytes[start + 8 + 9] === 0x2c;
}
