import { ManualClock } from 'rocketmq-core/common';
import { ClockSetbacks } from './clock-setbacks.js';

class SetClock extends ManualClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + (this.aheadMs ?? 0);
  }
}

const LEVEL = 3;

describe('clock setbacks', () => {
  let clock: SetClock;
  let setbacks: ClockSetbacks;

  beforeEach(() => {
    clock = new SetClock();
    setbacks = new ClockSetbacks(clock);
    setbacks.look(LEVEL, 10);
  });

  it('shift what was written before, not what arrives with the look that notices', () => {
    clock.aheadMs = -3_600_000;
    expect(setbacks.look(LEVEL, 12)).toBe(3_600_000);
    expect([9, 10, 11].map((offset) => setbacks.shiftOf(LEVEL, offset))).toEqual([3_600_000, 0, 0]);
    expect(setbacks.look(LEVEL, 12)).toBe(0);
  });

  it('add up, each for what was written before it', () => {
    clock.aheadMs = -1000;
    setbacks.look(LEVEL, 10);
    setbacks.look(LEVEL, 20);
    clock.aheadMs = -3000;
    setbacks.look(LEVEL, 20);
    expect([9, 10, 19, 20].map((offset) => setbacks.shiftOf(LEVEL, offset))).toEqual([3000, 2000, 2000, 0]);
    setbacks.forget(LEVEL, 10);
    expect(setbacks.shiftOf(LEVEL, 15)).toBe(2000);
    setbacks.forget(LEVEL, 20);
    expect(setbacks.shiftOf(LEVEL, 15)).toBe(0);
  });

  it('are not seen in a clock that is trimmed or set forward', () => {
    clock.aheadMs = -499;
    expect(setbacks.look(LEVEL, 10)).toBe(0);
    clock.aheadMs = 3_600_000;
    expect(setbacks.look(LEVEL, 10)).toBe(0);
    expect(setbacks.shiftOf(LEVEL, 5)).toBe(0);
  });

  it('concern every level, whichever notices', () => {
    setbacks.look(4, 7);
    clock.aheadMs = -1000;
    setbacks.look(LEVEL, 10);
    expect([setbacks.shiftOf(4, 6), setbacks.shiftOf(4, 7)]).toEqual([1000, 0]);
  });
});
