// One connection, the same for both ends: bytes in become frames, what is written in a turn leaves as one write, our own requests wait here.
// Must never hold more than its limits: a peer that does not read is first no longer listened to, then cut off.
import type { Clock, SocketChannel } from '../common/index.js';
import { MalformedCommandError, SendRequestError } from '../errors/index.js';
import type { RemotingCommand } from '../protocol/index.js';
import { encodeCommandHead } from './command-codec.js';
import { FrameDecoder, type FrameLimits } from './frame-decoder.js';
import { PendingRequests } from './pending-requests.js';
import type { FrameView, Outbox } from './remoting-types.js';
import { SendWindow } from './send-window.js';

/** Sums over the connections that share it. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** Bytes kept of frames that are not whole yet. */
  halfFrameBytes: number;
}

export interface ConnectionOptions {
  clock: Clock;
  traffic: Traffic;
  frameLimits?: FrameLimits | undefined;
  /** A client's end: what is unsent are requests of its own, which the window bounds; answers must be heard meanwhile. */
  alwaysReads: boolean;
  onFrame(frame: FrameView, connection: RemotingConnection): void;
  /** The connection has bytes for the next flush. Called once per flush. */
  onDirty(connection: RemotingConnection): void;
  onClosed(connection: RemotingConnection, reason: string, error?: Error): void;
}

/** Unsent bytes from which on the peer's frames wait until it has taken them. */
export const PAUSE_PENDING_BYTES = 4 * 1024 * 1024;
/** Unsent bytes at which a peer that does not read is cut off. */
export const DROP_PENDING_BYTES = 64 * 1024 * 1024;
/** Bytes of half frames over all connections together: many peers that begin large frames and stall must not fill the memory. */
export const HALF_FRAME_BYTES_MAX = 256 * 1024 * 1024;
const OUT_INITIAL_BYTES = 4096;
/** A larger output buffer is given back after use. */
const OUT_KEPT_BYTES = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

export class RemotingConnection implements Outbox {
  readonly id: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly pending: PendingRequests;
  /** For requests of a client; a server's own are few. */
  readonly window: SendWindow;
  outBytes: Uint8Array = NO_BYTES;
  outView: DataView = new DataView(NO_BYTES.buffer);
  outEnd = 0;
  /** Bytes ever appended. */
  queuedBytes = 0;
  /** True from the decision to close on; onClosed follows when the channel has gone. */
  closed = false;
  /** Clock.monotonic() of the last read or write. */
  lastActiveMs: number;
  /** The same of the last read alone; at first of the connection's begin. */
  lastReceivedMs: number;
  /** Since when the frame at hand is incomplete; undefined when none is. */
  partialSinceMs: number | undefined;
  private readonly channel: SocketChannel;
  private readonly options: ConnectionOptions;
  private readonly decoder: FrameDecoder;
  private dirty = false;
  private halfFrameBytes = 0;
  private reason = 'closed by the peer';

  constructor(id: number, channel: SocketChannel, options: ConnectionOptions) {
    this.id = id;
    this.channel = channel;
    this.options = options;
    this.remoteAddress = channel.remoteAddress;
    this.localAddress = channel.localAddress;
    this.pending = new PendingRequests(channel.remoteAddress, options.clock);
    this.window = new SendWindow(channel.remoteAddress, options.clock, this);
    this.lastActiveMs = options.clock.monotonic();
    this.lastReceivedMs = this.lastActiveMs;
    this.decoder = new FrameDecoder((frame) => {
      this.partialSinceMs = undefined;
      options.onFrame(frame, this);
    }, options.frameLimits);
    channel.onData((bytes) => this.received(bytes));
    channel.onClose((error) => this.ended(error));
    channel.onDrain(() => this.drained());
  }

  get pendingBytes(): number {
    return this.channel.pendingBytes + this.outEnd;
  }

  /** Encodes a command into the next write. Throws MalformedCommandError when it is too large for a frame. */
  send(command: RemotingCommand): void {
    if (this.closed) return;
    const head = encodeCommandHead(command);
    const bodyLength = command.body?.length ?? 0;
    this.reserve(head.length + bodyLength);
    this.outBytes.set(head, this.outEnd);
    if (bodyLength > 0) this.outBytes.set(command.body!, this.outEnd + head.length);
    this.advance(head.length + bodyLength);
  }

  reserve(length: number): void {
    if (!this.dirty) {
      this.dirty = true;
      this.options.onDirty(this);
    }
    const needed = this.outEnd + length;
    if (needed <= this.outBytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.outBytes.length * 2, OUT_INITIAL_BYTES));
    grown.set(this.outBytes);
    this.useBuffer(grown);
  }

  advance(length: number): void {
    this.outEnd += length;
    this.queuedBytes += length;
    // Many requests in one read may each have a large answer: the rest of them waits until these have left.
    if (this.outEnd > PAUSE_PENDING_BYTES && !this.options.alwaysReads) this.decoder.pause();
  }

  /** Writes everything of this turn at once. */
  flush(): void {
    this.dirty = false;
    if (this.closed) {
      this.outEnd = 0;
      this.useBuffer(NO_BYTES);
      return;
    }
    if (this.outEnd === 0) return;
    const bytes = this.outBytes.subarray(0, this.outEnd);
    this.outEnd = 0;
    this.lastActiveMs = this.options.clock.monotonic();
    this.options.traffic.bytesOut += bytes.length;
    const taken = this.channel.write(bytes);
    if (!taken || this.outBytes.length > OUT_KEPT_BYTES) this.useBuffer(NO_BYTES);
    if (taken) this.readOn();
    else this.restrain();
    this.window.settle();
  }

  close(reason: string): void {
    if (this.closed) return;
    this.stop(reason);
    this.channel.destroy();
  }

  /** Sends what is waiting, then closes. */
  end(reason: string): void {
    if (this.closed) return;
    this.flush();
    if (this.closed) return;
    this.stop(reason);
    this.channel.end();
  }

  /** Gives up what end() still tries to send. */
  destroy(): void {
    if (!this.closed) this.stop('destroyed');
    this.channel.destroy();
  }

  private stop(reason: string): void {
    this.closed = true;
    this.reason = reason;
    this.decoder.pause();
  }

  private useBuffer(bytes: Uint8Array): void {
    this.outBytes = bytes;
    this.outView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The kernel did not take everything. */
  private restrain(): void {
    const unsent = this.channel.pendingBytes;
    if (unsent > DROP_PENDING_BYTES) {
      this.close(`the peer does not read: ${unsent} bytes are unsent`);
      return;
    }
    if (unsent > PAUSE_PENDING_BYTES && !this.options.alwaysReads) this.decoder.pause();
    if (this.decoder.paused) this.channel.pauseReading();
  }

  private drained(): void {
    this.lastActiveMs = this.options.clock.monotonic();
    if (this.closed) return;
    this.channel.resumeReading();
    this.readOn();
    this.window.settle();
  }

  /** Goes on with frames that had to wait. */
  private readOn(): void {
    if (this.closed || !this.decoder.paused) return;
    try {
      this.decoder.resume();
      this.watchPartial();
    } catch (error) {
      this.fail(error);
    }
  }

  private received(bytes: Uint8Array): void {
    if (this.closed) return;
    this.lastActiveMs = this.options.clock.monotonic();
    this.lastReceivedMs = this.lastActiveMs;
    this.options.traffic.bytesIn += bytes.length;
    try {
      this.decoder.push(bytes);
      this.watchPartial();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Throws MalformedCommandError when all connections together hold too much of unfinished frames. */
  private watchPartial(): void {
    const { pendingBytes, paused } = this.decoder;
    if (pendingBytes === 0 || paused) this.partialSinceMs = undefined;
    else this.partialSinceMs ??= this.lastActiveMs;
    this.countHalfFrame(pendingBytes);
    if (pendingBytes > 0 && this.options.traffic.halfFrameBytes > HALF_FRAME_BYTES_MAX) {
      throw new MalformedCommandError(`half frames of all connections fill more than ${HALF_FRAME_BYTES_MAX} bytes`);
    }
  }

  private countHalfFrame(bytes: number): void {
    this.options.traffic.halfFrameBytes += bytes - this.halfFrameBytes;
    this.halfFrameBytes = bytes;
  }

  /** Bytes that are no frames, or a defect of ours while serving one: this connection ends, the others go on. */
  private fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    if (!this.closed) this.stop(cause instanceof MalformedCommandError ? cause.message : `internal error: ${cause.message}`);
    this.channel.destroy(cause);
  }

  private ended(error?: Error): void {
    if (!this.closed) this.stop(error === undefined ? this.reason : error.message);
    this.outEnd = 0;
    this.useBuffer(NO_BYTES);
    this.countHalfFrame(0);
    const errorFor = (request: string): Error => new SendRequestError(this.remoteAddress, request, this.reason, error);
    this.window.end(errorFor);
    this.pending.end(errorFor);
    this.options.onClosed(this, this.reason, error);
  }
}
