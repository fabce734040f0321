// Bounds what asynchronous sends have under way, by number and bytes; who finds no room waits in order [java DefaultMQProducerImpl#semaphoreAsyncSendNum].
// Must never let a waiter wait beyond its deadline.
import { type Clock, WaitingLine } from '../../common/index.js';
import { TooManyRequestsError } from '../../errors/index.js';

/** Sends that may wait for room at once. */
export const PERMIT_WAITERS_MAX = 100_000;

export interface PermitLimits {
  readonly messages: number;
  readonly bytes: number;
}

export class SendPermits {
  private readonly limits: () => PermitLimits;
  private readonly line: WaitingLine<number>;
  private messages = 0;
  private bytes = 0;

  constructor(clock: Clock, limits: () => PermitLimits) {
    this.limits = limits;
    this.line = new WaitingLine(clock, () => this.admitNext());
  }

  /**
   * Waits for room, at most `timeoutMs`; the returned function gives it back. Rejects with TooManyRequestsError when there is none in time,
   * or too many wait already, and with the signal's reason.
   */
  async take(bytes: number, timeoutMs: number, signal?: AbortSignal): Promise<() => void> {
    if (this.line.size > 0 || !this.hasRoom(bytes)) await this.wait(bytes, timeoutMs, signal);
    else this.occupy(bytes);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.messages--;
      this.bytes -= bytes;
      this.admitNext();
    };
  }

  private wait(bytes: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.line.size >= PERMIT_WAITERS_MAX) {
      throw new TooManyRequestsError('the producer', 'send', PERMIT_WAITERS_MAX, 'asynchronous sends wait for room already');
    }
    return this.line.wait(bytes, { timeoutMs, signal, refusal: () => this.refusal(timeoutMs) });
  }

  private refusal(timeoutMs: number): TooManyRequestsError {
    const limits = this.limits();
    const still = `still after ${Math.round(timeoutMs)} ms`;
    return this.messages >= limits.messages
      ? new TooManyRequestsError(
          'the producer',
          'send',
          limits.messages,
          `asynchronous sends are under way, ${still} (backPressureForAsyncSendNum)`,
        )
      : new TooManyRequestsError(
          'the producer',
          'send',
          limits.bytes,
          `bytes may be under way, too few are left ${still} (backPressureForAsyncSendSize)`,
        );
  }

  private admitNext(): void {
    this.line.admit((bytes) => {
      if (!this.hasRoom(bytes)) return false;
      this.occupy(bytes);
      return true;
    });
  }

  /** A message larger than the whole limit goes alone. */
  private hasRoom(bytes: number): boolean {
    const limits = this.limits();
    return this.messages === 0 || (this.messages < limits.messages && this.bytes + bytes <= limits.bytes);
  }

  private occupy(bytes: number): void {
    this.messages++;
    this.bytes += bytes;
  }
}
