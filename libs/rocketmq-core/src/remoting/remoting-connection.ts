// One connection, the same for both ends: bytes in become frames, what is written in a turn leaves as one write, our own requests wait here.
// Must never hold more than its limits: a peer that does not read is first no longer read from, then cut off.
import type { Clock, SocketChannel } from '../common/index.js';
import { MalformedCommandError } from '../errors/index.js';
import { encodeCommand } from './command-codec.js';
import { FrameDecoder, type FrameLimits } from './frame-decoder.js';
import { PendingRequests } from './pending-requests.js';
import type { RemotingCommand } from '../protocol/index.js';
import type { FrameView, Outbox } from './remoting-types.js';

export interface ConnectionOptions {
  clock: Clock;
  frameLimits?: FrameLimits | undefined;
  onFrame(frame: FrameView, connection: RemotingConnection): void;
  /** The connection has bytes for the next flush. Called once per flush. */
  onDirty(connection: RemotingConnection): void;
  onClosed(connection: RemotingConnection, reason: string, error?: Error): void;
}

/** Unsent bytes from which on the peer is not read any more until it has taken them. */
export const PAUSE_PENDING_BYTES = 4 * 1024 * 1024;
/** Unsent bytes at which a peer that does not read is cut off. */
export const DROP_PENDING_BYTES = 64 * 1024 * 1024;
const OUT_INITIAL_BYTES = 4096;
/** A larger output buffer is given back after use. */
const OUT_KEPT_BYTES = 1024 * 1024;

export class RemotingConnection implements Outbox {
  readonly id: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly pending: PendingRequests;
  outBytes: Uint8Array = new Uint8Array(0);
  outView: DataView = new DataView(this.outBytes.buffer);
  outEnd = 0;
  closed = false;
  /** Clock.monotonic() of the last read or write. */
  lastActiveMs: number;
  /** Since when a frame is incomplete; undefined when none is. */
  partialSinceMs: number | undefined;
  private readonly channel: SocketChannel;
  private readonly options: ConnectionOptions;
  private readonly decoder: FrameDecoder;
  private dirty = false;
  private reason = 'closed by the peer';

  constructor(id: number, channel: SocketChannel, options: ConnectionOptions) {
    this.id = id;
    this.channel = channel;
    this.options = options;
    this.remoteAddress = channel.remoteAddress;
    this.localAddress = channel.localAddress;
    this.pending = new PendingRequests(channel.remoteAddress, options.clock);
    this.lastActiveMs = options.clock.monotonic();
    this.decoder = new FrameDecoder((frame) => options.onFrame(frame, this), options.frameLimits);
    channel.onData((bytes) => this.received(bytes));
    channel.onClose((error) => this.ended(error));
    channel.onDrain(() => this.drained());
  }

  get pendingBytes(): number {
    return this.channel.pendingBytes + this.outEnd;
  }

  /** Encodes a command into the next write. */
  send(command: RemotingCommand): void {
    this.sendFrame(encodeCommand(command));
  }

  sendFrame(frame: Uint8Array): void {
    if (this.closed) return;
    this.reserve(frame.length);
    this.outBytes.set(frame, this.outEnd);
    this.advance(frame.length);
  }

  reserve(length: number): void {
    if (!this.dirty) {
      this.dirty = true;
      this.options.onDirty(this);
    }
    const needed = this.outEnd + length;
    if (needed <= this.outBytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.outBytes.length * 2, OUT_INITIAL_BYTES));
    grown.set(this.outBytes.subarray(0, this.outEnd));
    this.useBuffer(grown);
  }

  advance(length: number): void {
    this.outEnd += length;
  }

  /** Writes everything of this turn at once. */
  flush(): void {
    this.dirty = false;
    if (this.outEnd === 0 || this.closed) return;
    const bytes = this.outBytes.subarray(0, this.outEnd);
    this.outEnd = 0;
    this.lastActiveMs = this.options.clock.monotonic();
    const taken = this.channel.write(bytes);
    if (!taken || this.outBytes.length > OUT_KEPT_BYTES) this.useBuffer(new Uint8Array(0));
    if (taken) return;
    if (this.channel.pendingBytes > DROP_PENDING_BYTES) this.close(`the peer does not read: ${this.channel.pendingBytes} bytes are unsent`);
    else if (this.channel.pendingBytes > PAUSE_PENDING_BYTES) this.channel.pauseReading();
  }

  close(reason: string): void {
    if (this.closed) return;
    this.reason = reason;
    this.channel.destroy();
  }

  /** Sends what is waiting, then closes. */
  end(reason: string): void {
    if (this.closed) return;
    this.reason = reason;
    this.flush();
    this.channel.end();
  }

  private useBuffer(bytes: Uint8Array): void {
    this.outBytes = bytes;
    this.outView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private received(bytes: Uint8Array): void {
    if (this.closed) return;
    const now = this.options.clock.monotonic();
    this.lastActiveMs = now;
    try {
      this.decoder.push(bytes);
    } catch (error) {
      if (!(error instanceof MalformedCommandError)) throw error;
      this.reason = error.message;
      this.channel.destroy(error);
      return;
    }
    this.partialSinceMs = this.decoder.pendingBytes === 0 ? undefined : (this.partialSinceMs ?? now);
  }

  private drained(): void {
    this.lastActiveMs = this.options.clock.monotonic();
    this.channel.resumeReading();
  }

  private ended(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.outEnd = 0;
    this.useBuffer(new Uint8Array(0));
    this.pending.failAll(error?.message ?? this.reason, error);
    this.options.onClosed(this, this.reason, error);
  }
}
