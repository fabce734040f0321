// Bounds what asynchronous sends have under way, by number and bytes; who finds no room waits in order. Must never let a waiter wait beyond its deadline.
import type { Clock } from '../../common/index.js';
import { TooManyRequestsError } from '../../errors/index.js';

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/** Sends that may wait for room at once. */
const WAITERS_MAX = 100_000;

export class SendPermits {
  private readonly clock: Clock;
  private readonly limits: () => { messages: number; bytes: number };
  private readonly waiters: Waiter[] = [];
  private messages = 0;
  private bytes = 0;

  constructor(clock: Clock, limits: () => { messages: number; bytes: number }) {
    this.clock = clock;
    this.limits = limits;
  }

  /** Waits for room, at most `timeoutMs`; the returned function gives it back. */
  async take(bytes: number, timeoutMs: number): Promise<() => void> {
    if (this.waiters.length > 0 || !this.hasRoom(bytes)) await this.wait(bytes, timeoutMs);
    else this.occupy(bytes);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.messages--;
      this.bytes -= bytes;
      this.grantNext();
    };
  }

  private wait(bytes: number, timeoutMs: number): Promise<void> {
    const { messages } = this.limits();
    if (this.waiters.length >= WAITERS_MAX) throw new TooManyRequestsError('the producer', 'send', WAITERS_MAX);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        grant: () => {
          timer.cancel();
          this.occupy(bytes);
          resolve();
        },
      };
      const timer = this.clock.setTimer(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(new TooManyRequestsError('the producer', 'send', messages));
        this.grantNext();
      }, timeoutMs);
      this.waiters.push(waiter);
    });
  }

  private grantNext(): void {
    while (this.waiters.length > 0 && this.hasRoom(this.waiters[0]!.bytes)) this.waiters.shift()!.grant();
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
