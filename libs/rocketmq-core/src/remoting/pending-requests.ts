// Requests of ours that wait for their answer on one connection: by opaque, bounded, each with a deadline.
// Must never leak: every entry ends by answer, time-out, abort or the end of its connection.
import type { Clock, Timer } from '../common/index.js';
import { RequestTimeoutError, SendRequestError, TooManyRequestsError } from '../errors/index.js';
import type { RemotingCommand } from '../protocol/index.js';

/** Requests in flight on one connection at most [java NettySystemConfig#CLIENT_ASYNC_SEMAPHORE_VALUE]. */
export const IN_FLIGHT_MAX = 65_535;
/** One scan serves all deadlines: an answer is at most this much later declared missing. */
const SCAN_PERIOD_MS = 50;

interface Pending {
  readonly request: string;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  resolve(response: RemotingCommand): void;
  reject(error: unknown): void;
}

export class PendingRequests {
  private readonly address: string;
  private readonly clock: Clock;
  private readonly entries = new Map<number, Pending>();
  private timer: Timer | undefined;
  private nextOpaque = 0;

  constructor(address: string, clock: Clock) {
    this.address = address;
    this.clock = clock;
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

  /** Waits for the answer to `opaque`. Throws TooManyRequestsError when too many wait. */
  wait(opaque: number, request: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<RemotingCommand> {
    if (this.entries.size >= IN_FLIGHT_MAX) throw new TooManyRequestsError(this.address, request, IN_FLIGHT_MAX);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (this.entries.delete(opaque)) reject(signal!.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      this.entries.set(opaque, {
        request,
        timeoutMs,
        deadlineMs: this.clock.monotonic() + timeoutMs,
        resolve: (response) => {
          settled();
          resolve(response);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.timer ??= this.clock.setPeriodic(() => this.scan(), SCAN_PERIOD_MS);
    });
  }

  /** False: nobody waits for this answer (late, or never asked). */
  answer(response: RemotingCommand): boolean {
    const pending = this.entries.get(response.opaque);
    if (pending === undefined) return false;
    this.entries.delete(response.opaque);
    pending.resolve(response);
    return true;
  }

  /** The connection ended: everybody who waits is told. */
  failAll(reason: string, cause?: unknown): void {
    const waiting = [...this.entries.values()];
    this.entries.clear();
    this.timer?.cancel();
    this.timer = undefined;
    for (const { request, reject } of waiting) reject(new SendRequestError(this.address, request, reason, cause));
  }

  private scan(): void {
    const now = this.clock.monotonic();
    for (const [opaque, pending] of this.entries) {
      if (pending.deadlineMs > now) continue;
      this.entries.delete(opaque);
      pending.reject(new RequestTimeoutError(this.address, pending.request, pending.timeoutMs));
    }
    if (this.entries.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }
}
