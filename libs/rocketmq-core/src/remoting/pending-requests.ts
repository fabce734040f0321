// Requests of ours that wait for their answer on one connection: by opaque, bounded, each with a deadline.
// Must never leak: every entry ends by answer, time-out, abort or the end of its connection.
import type { Clock, Timer } from '../common/index.js';
import { RequestTimeoutError, SendRequestError, TooManyRequestsError } from '../errors/index.js';
import type { RemotingCommand } from '../protocol/index.js';

/** Requests in flight on one connection at most [java NettySystemConfig#CLIENT_ASYNC_SEMAPHORE_VALUE]. */
export const IN_FLIGHT_MAX = 65_535;
/** One scan serves all deadlines: a missing answer is declared at most this much late. */
const SCAN_PERIOD_MS = 50;
/** A clock that is sent ahead does not overtake requests with a shorter time-out; longer ones may be held back by their server. */
const HOLD_BELOW_MS = 10_000;

export interface WaitOptions {
  timeoutMs: number;
  /** How much of it has gone already (connecting). */
  spentMs: number;
  signal: AbortSignal | undefined;
}

interface Pending {
  readonly request: string;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
  readonly release: (() => void) | undefined;
  readonly resolve: (response: RemotingCommand) => void;
  readonly reject: (error: unknown) => void;
}

export class PendingRequests {
  private readonly address: string;
  private readonly clock: Clock;
  private readonly entries = new Map<number, Pending>();
  private timer: Timer | undefined;
  private nextOpaque: number;
  private over: ((request: string) => Error) | undefined;

  /** `firstOpaque`: the id before the first one given out. */
  constructor(address: string, clock: Clock, firstOpaque = 0) {
    this.address = address;
    this.clock = clock;
    this.nextOpaque = firstOpaque;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The next correlation id: int32, wrapping to negative, never one that is waiting. */
  takeOpaque(): number {
    do this.nextOpaque = (this.nextOpaque + 1) | 0;
    while (this.entries.has(this.nextOpaque));
    return this.nextOpaque;
  }

  /** Waits for the answer to `opaque`. Throws TooManyRequestsError when too many wait, SendRequestError when the connection has ended. */
  wait(opaque: number, request: string, { timeoutMs, spentMs, signal }: WaitOptions): Promise<RemotingCommand> {
    if (this.over !== undefined) throw new SendRequestError(this.address, request, 'the connection is closed');
    if (this.entries.size >= IN_FLIGHT_MAX) throw new TooManyRequestsError(this.address, request, IN_FLIGHT_MAX);
    signal?.throwIfAborted();
    this.timer ??= this.clock.setPeriodic(() => this.scan(), SCAN_PERIOD_MS);
    return new Promise((resolve, reject) => {
      const onAbort = signal === undefined ? undefined : (): void => this.take(opaque)?.reject(signal.reason);
      if (onAbort !== undefined) signal?.addEventListener('abort', onAbort, { once: true });
      const deadlineMs = this.clock.monotonic() + timeoutMs - spentMs;
      const release = timeoutMs < HOLD_BELOW_MS ? this.clock.hold?.() : undefined;
      this.entries.set(opaque, { request, timeoutMs, deadlineMs, signal, onAbort, release, resolve, reject });
    });
  }

  /** False: nobody waits for this answer (late, or never asked). */
  answer(response: RemotingCommand): boolean {
    const pending = this.take(response.opaque);
    pending?.resolve(response);
    return pending !== undefined;
  }

  /** The request could not be sent after all. */
  cancel(opaque: number, error: unknown): void {
    this.take(opaque)?.reject(error);
  }

  /** Nothing will be answered any more: everybody who waits gets an error made by `errorFor`. */
  end(errorFor: (request: string) => Error): void {
    this.over ??= errorFor;
    this.timer?.cancel();
    this.timer = undefined;
    for (const opaque of Array.from(this.entries.keys())) {
      const pending = this.take(opaque)!;
      pending.reject(errorFor(pending.request));
    }
  }

  private take(opaque: number): Pending | undefined {
    const pending = this.entries.get(opaque);
    if (pending === undefined) return undefined;
    this.entries.delete(opaque);
    pending.release?.();
    if (pending.onAbort !== undefined) pending.signal?.removeEventListener('abort', pending.onAbort);
    return pending;
  }

  private scan(): void {
    const now = this.clock.monotonic();
    for (const [opaque, { deadlineMs }] of this.entries) {
      if (deadlineMs > now) continue;
      const { request, timeoutMs, reject } = this.take(opaque)!;
      reject(new RequestTimeoutError(this.address, request, timeoutMs));
    }
    if (this.entries.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }
}
