// A clock that runs faster than the day, alike in every process of this machine: an hour's lock is tried in minutes, with real processes.
// Its wall time can be made to jump. Must never run slower, nor jump by monotonic time.
import { type Clock, SystemClock, type Timer } from 'rocketmq-core/common';

const FIRST_WALL_MS = 1_700_000_000_000;

export class FastClock implements Clock {
  /** The last two looks at monotonic(), in real ms: what a program knew of the time when it went on to do something. */
  readonly looks: [number, number] = [0, 0];
  private readonly system = new SystemClock();
  private jumpMs = 0;

  constructor(readonly speed: number) {}

  /** Ms of CLOCK_MONOTONIC: the same in all processes. */
  static realMs(): number {
    return Number(process.hrtime.bigint() / 1000n) / 1000;
  }

  now(): number {
    return Math.floor(FIRST_WALL_MS + FastClock.realMs() * this.speed + this.jumpMs);
  }

  monotonic(): number {
    const realMs = FastClock.realMs();
    this.looks[0] = this.looks[1];
    this.looks[1] = realMs;
    return realMs * this.speed;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    return this.system.setTimer(callback, delayMs / this.speed);
  }

  setPeriodic(callback: () => void, periodMs: number, initialDelayMs = periodMs): Timer {
    return this.system.setPeriodic(callback, periodMs / this.speed, initialDelayMs / this.speed);
  }

  /** Wall time goes on from there. */
  jump(ms: number): void {
    this.jumpMs += ms;
  }
}
