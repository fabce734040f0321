// Cuts a byte stream into frames. Whole frames inside a chunk are seen where they lie; only split ones are copied together.
// Must never allocate by a length the peer declared: the accumulator grows with the bytes that really came.
import { MalformedCommandError } from '../errors/index.js';
import { FRAME_BYTES_MAX, FRAME_HEAD_BYTES, HEADER_BYTES_MAX } from './command-codec.js';
import type { FrameView } from './remoting-types.js';

export interface FrameLimits {
  frameBytesMax: number;
  headerBytesMax: number;
}

const DEFAULT_LIMITS: FrameLimits = { frameBytesMax: FRAME_BYTES_MAX, headerBytesMax: HEADER_BYTES_MAX };
const PARTIAL_INITIAL_BYTES = 1024;
const NO_BYTES = new Uint8Array(0);

export class FrameDecoder {
  private readonly onFrame: (frame: FrameView) => void;
  private readonly limits: FrameLimits;
  private readonly frame: FrameView;
  private partial: Uint8Array = NO_BYTES;
  private partialLength = 0;
  private stopped = false;

  /** `onFrame` gets one reused FrameView that is valid only during the call. */
  constructor(onFrame: (frame: FrameView) => void, limits: FrameLimits = DEFAULT_LIMITS) {
    this.onFrame = onFrame;
    this.limits = limits;
    const view = new DataView(NO_BYTES.buffer);
    this.frame = { bytes: NO_BYTES, view, serializeType: 0, headerStart: 0, headerEnd: 0, bodyStart: 0, bodyEnd: 0 };
  }

  /** Bytes kept: of a frame that is not whole yet, or everything since pause(). */
  get pendingBytes(): number {
    return this.partialLength;
  }

  get paused(): boolean {
    return this.stopped;
  }

  /** Emits no further frame, not even of the chunk at hand; bytes that still come are kept. */
  pause(): void {
    this.stopped = true;
  }

  /** Emits what was kept meanwhile; throws as push() does. */
  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    if (this.partialLength === 0) return;
    const kept = this.partial.subarray(0, this.partialLength);
    this.partial = NO_BYTES;
    this.partialLength = 0;
    this.push(kept);
  }

  /** Takes what arrived; throws MalformedCommandError for a stream that cannot be frames, after which the decoder must not be used again. */
  push(chunk: Uint8Array): void {
    if (this.stopped) {
      this.append(chunk, 0, chunk.length);
      return;
    }
    let at = 0;
    if (this.partialLength > 0) {
      at = this.completePartial(chunk);
      if (at < 0) return;
    }
    this.look(chunk);
    while (!this.stopped && chunk.length - at >= FRAME_HEAD_BYTES) {
      const end = at + this.frameLength(this.frame.view, at);
      if (end > chunk.length) break;
      this.emit(at, end);
      at = end;
    }
    if (at < chunk.length) this.append(chunk, at, chunk.length);
  }

  /** Adds to the split frame; returns where the next frame starts in `chunk`, or -1 when more is needed. */
  private completePartial(chunk: Uint8Array): number {
    let at = 0;
    if (this.partialLength < FRAME_HEAD_BYTES) {
      at = Math.min(FRAME_HEAD_BYTES - this.partialLength, chunk.length);
      this.append(chunk, 0, at);
      if (this.partialLength < FRAME_HEAD_BYTES) return -1;
    }
    this.look(this.partial);
    const length = this.frameLength(this.frame.view, 0);
    const take = Math.min(length - this.partialLength, chunk.length - at);
    this.append(chunk, at, at + take);
    if (this.partialLength < length) return -1;
    this.look(this.partial);
    this.partial = NO_BYTES;
    this.partialLength = 0;
    this.emit(0, length);
    return at + take;
  }

  private append(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.partialLength + end - start;
    if (needed > this.partial.length) {
      const grown = new Uint8Array(Math.max(needed, this.partial.length * 2, PARTIAL_INITIAL_BYTES));
      grown.set(this.partial.subarray(0, this.partialLength));
      this.partial = grown;
    }
    this.partial.set(chunk.subarray(start, end), this.partialLength);
    this.partialLength = needed;
  }

  private look(bytes: Uint8Array): void {
    const { frame } = this;
    if (frame.view.buffer !== bytes.buffer || frame.view.byteOffset !== bytes.byteOffset || frame.view.byteLength !== bytes.byteLength) {
      frame.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    frame.bytes = bytes;
  }

  /** Length of the frame at `at` including its length field, checked. */
  private frameLength(view: DataView, at: number): number {
    const total = view.getInt32(at);
    const headerLength = view.getInt32(at + 4) & 0xffffff;
    const { frameBytesMax, headerBytesMax } = this.limits;
    if (total < 4 || total > frameBytesMax - 4)
      throw new MalformedCommandError(`frame length ${total} is outside 4..${frameBytesMax - 4}`, { total });
    if (headerLength > total - 4)
      throw new MalformedCommandError(`header length ${headerLength} is beyond the frame of ${total} bytes`, { headerLength });
    if (headerLength > headerBytesMax)
      throw new MalformedCommandError(`header length ${headerLength} is above the limit ${headerBytesMax}`, { headerLength });
    if (view.getUint8(at + 4) > 1)
      throw new MalformedCommandError(`serialize type ${view.getUint8(at + 4)} is neither JSON (0) nor ROCKETMQ (1)`);
    return total + 4;
  }

  private emit(start: number, end: number): void {
    const { frame } = this;
    frame.serializeType = frame.bytes[start + 4]!;
    frame.headerStart = start + FRAME_HEAD_BYTES;
    frame.headerEnd = frame.headerStart + (frame.view.getInt32(start + 4) & 0xffffff);
    frame.bodyStart = frame.headerEnd;
    frame.bodyEnd = end;
    this.onFrame(frame);
  }
}

/** The bytes of one frame, where they lie. */
export function frameBytes(frame: FrameView): Uint8Array {
  return frame.bytes.subarray(frame.headerStart - FRAME_HEAD_BYTES, frame.bodyEnd);
}
