// Room for what a client sends over one connection while the socket does not take it: bytes of all requests, and the number of one-way ones.
// Must never let a sender wait beyond its time-out, nor a later one overtake those who wait.
import { BoundedQueue, type Clock, WaitingLine } from '../common/index.js';
import { TooManyRequestsError } from '../errors/index.js';

/** One-way requests of one connection that its socket has not taken [java NettySystemConfig#CLIENT_ONEWAY_SEMAPHORE_VALUE]. */
export const UNSENT_ONE_WAY_MAX = 65_535;
/** Bytes from which on requests wait: below what a connection is cut off at, so that overload delays senders and breaks nothing. */
export const UNSENT_BYTES_MAX = 32 * 1024 * 1024;
/** Requests that wait for room on one connection; one more is refused at once. */
export const SEND_WAITERS_MAX = 65_535;

/** How far a connection's output has come. */
export interface OutputPosition {
  /** Bytes ever given to it. */
  readonly queuedBytes: number;
  /** Those the kernel has not taken yet. */
  readonly pendingBytes: number;
}

export interface WindowRequest {
  readonly name: string;
  readonly bytes: number;
  readonly oneWay: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export class SendWindow {
  private readonly address: string;
  private readonly output: OutputPosition;
  private readonly oneWayEnds = new BoundedQueue<number>(UNSENT_ONE_WAY_MAX);
  private readonly line: WaitingLine<WindowRequest>;
  /** Granted and not yet given to the output. */
  private grantedBytes = 0;
  private grantedOneWays = 0;
  private over: ((request: string) => Error) | undefined;

  constructor(address: string, clock: Clock, output: OutputPosition) {
    this.address = address;
    this.output = output;
    this.line = new WaitingLine(clock, () => this.settle());
  }

  /**
   * Runs `send` as soon as there is room: at once, or within the request's time-out. Rejects with TooManyRequestsError when there is none,
   * SendRequestError when the connection ends, the signal's reason; nothing has been sent then.
   */
  run<T>(request: WindowRequest, send: () => T): T | Promise<T> {
    request.signal?.throwIfAborted();
    if (this.line.size === 0 && this.hasRoom(request)) return this.sendNow(request, send);
    return this.wait(request).then(() => {
      this.grantedBytes -= request.bytes;
      if (request.oneWay) this.grantedOneWays--;
      return this.sendNow(request, send);
    });
  }

  /** Output has been taken: whoever fits now goes on, in order. */
  settle(): void {
    if (this.over !== undefined) return;
    this.line.admit((request) => {
      if (!this.hasRoom(request)) return false;
      this.grantedBytes += request.bytes;
      if (request.oneWay) this.grantedOneWays++;
      return true;
    });
  }

  /** The connection has gone: everybody who waits, or would, gets an error made by `errorFor`. */
  end(errorFor: (request: string) => Error): void {
    this.over ??= errorFor;
    this.line.refuseAll(({ name }) => errorFor(name));
  }

  private sendNow<T>(request: WindowRequest, send: () => T): T {
    const result = send();
    if (request.oneWay) this.oneWayEnds.push(this.output.queuedBytes);
    return result;
  }

  private wait(request: WindowRequest): Promise<void> {
    const { name, timeoutMs, signal } = request;
    if (this.over !== undefined) return Promise.reject(this.over(name));
    if (this.line.size >= SEND_WAITERS_MAX) {
      return Promise.reject(new TooManyRequestsError(this.address, name, SEND_WAITERS_MAX, 'requests wait for room already'));
    }
    return this.line.wait(request, { timeoutMs, signal, refusal: () => this.refusal(request) });
  }

  private refusal({ name, oneWay, timeoutMs }: WindowRequest): TooManyRequestsError {
    const stalled = `unsent, and still are after ${Math.round(timeoutMs)} ms: the peer does not read as fast`;
    if (oneWay && this.unsentOneWays() >= UNSENT_ONE_WAY_MAX) {
      return new TooManyRequestsError(this.address, name, UNSENT_ONE_WAY_MAX, `one-way requests are ${stalled}`);
    }
    return new TooManyRequestsError(this.address, name, UNSENT_BYTES_MAX, `bytes are ${stalled}`);
  }

  /** A request larger than the whole window goes alone. */
  private hasRoom({ bytes, oneWay }: WindowRequest): boolean {
    if (oneWay && this.unsentOneWays() >= UNSENT_ONE_WAY_MAX) return false;
    const unsent = this.output.pendingBytes + this.grantedBytes;
    return unsent === 0 || unsent + bytes <= UNSENT_BYTES_MAX;
  }

  private unsentOneWays(): number {
    const takenBytes = this.output.queuedBytes - this.output.pendingBytes;
    for (let end = this.oneWayEnds.peek(); end !== undefined && end <= takenBytes; end = this.oneWayEnds.peek()) this.oneWayEnds.shift();
    return this.oneWayEnds.length + this.grantedOneWays;
  }
}
