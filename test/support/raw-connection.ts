// A socket that speaks whole frames and nothing else: what a test sends is what it wrote. Must never use product code to write or split frames.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class RawConnection {
  private buffered = Buffer.alloc(0);
  private waiting: Array<(frame: Buffer | undefined) => void> = [];
  private frames: Buffer[] = [];
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => this.take(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      for (const resolve of this.waiting.splice(0)) resolve(undefined);
    });
  }

  static async open(address: { host: string; port: number }): Promise<RawConnection> {
    const socket = connect(address);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  get isClosed(): boolean {
    return this.ended;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next whole frame, undefined when the peer closed first. */
  next(): Promise<Buffer | undefined> {
    const frame = this.frames.shift();
    if (frame !== undefined || this.ended) return Promise.resolve(frame);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async request(bytes: Uint8Array): Promise<Buffer | undefined> {
    this.send(bytes);
    return this.next();
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  private take(bytes: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, bytes]);
    while (this.buffered.length >= 4 && this.buffered.length >= 4 + this.buffered.readUInt32BE(0)) {
      const end = 4 + this.buffered.readUInt32BE(0);
      const frame = this.buffered.subarray(0, end);
      this.buffered = this.buffered.subarray(end);
      const resolve = this.waiting.shift();
      if (resolve === undefined) this.frames.push(frame);
      else resolve(frame);
    }
  }
}

/** A request frame with a JSON header, as an old client would write it. */
export function jsonFrame(
  header: { code: number; opaque?: number; flag?: number; version?: number; extFields?: Record<string, string> },
  body = Buffer.alloc(0),
): Buffer {
  const { code, opaque = 1, flag = 0, version = 513, extFields } = header;
  const text = Buffer.from(JSON.stringify({ code, language: 'JAVA', version, opaque, flag, extFields, serializeTypeCurrentRPC: 'JSON' }));
  const frame = Buffer.alloc(8 + text.length + body.length);
  frame.writeUInt32BE(4 + text.length + body.length, 0);
  frame.writeUInt32BE(text.length, 4);
  text.copy(frame, 8);
  body.copy(frame, 8 + text.length);
  return frame;
}

/** Header and body of a frame with a JSON header. */
export function readJsonFrame(frame: Buffer): {
  code: number;
  opaque: number;
  flag: number;
  remark?: string;
  extFields?: Record<string, string>;
  body: Buffer;
} {
  if (frame[4] !== 0) throw new Error(`serialize type ${frame[4]}, expected JSON`);
  const headerLength = frame.readUInt32BE(4) & 0xffffff;
  return { ...JSON.parse(frame.subarray(8, 8 + headerLength).toString('utf8')), body: frame.subarray(8 + headerLength) };
}
