import { ManualClock } from './manual-clock.js';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('goes on with the real clock', async () => {
    const real = new ManualClock();
    const clock = new VirtualClock(real);
    const fired: string[] = [];
    clock.setTimer(() => fired.push('once'), 100);
    clock.setPeriodic(() => fired.push('often'), 40);
    await real.advance(99);
    expect(fired).toEqual(['often', 'often']);
    await real.advance(1);
    expect(fired).toEqual(['often', 'often', 'once']);
    expect(clock.monotonic()).toBe(100);
    expect(clock.pendingTimers).toBe(1);
  });

  it('goes ahead by hours and fires what falls due, in order, at the time it is due or little later', async () => {
    const clock = new VirtualClock(new ManualClock(0));
    const fired: Array<[string, number]> = [];
    const note = (name: string) => () => void fired.push([name, clock.now()]);
    clock.setTimer(note('b'), 3_600_000);
    clock.setTimer(note('a'), 1_800_000);
    clock.setTimer(note('never'), 7_200_001);
    await clock.advance(7_200_000);
    expect(fired.map(([name]) => name)).toEqual(['a', 'b']);
    for (const [[, at], due] of [
      [fired[0]!, 1_800_000],
      [fired[1]!, 3_600_000],
    ] as const) {
      expect(at).toBeGreaterThanOrEqual(due);
      expect(at).toBeLessThanOrEqual(due + 1000);
    }
    expect(clock.now()).toBe(7_200_000);
  });

  it('lets a chain of timers run as time goes ahead, and never loops on a timer without delay', async () => {
    const clock = new VirtualClock(new ManualClock());
    let links = 0;
    const link = (): void => {
      links++;
      if (links < 1000) clock.setTimer(link, links % 2 === 0 ? 0 : 1000);
    };
    clock.setTimer(link, 0);
    await clock.advance(20_000);
    expect(links).toBeGreaterThan(15);
    expect(links).toBeLessThan(60);
  });

  it('waits for what is held before it goes on', async () => {
    const clock = new VirtualClock(new ManualClock());
    const seen: string[] = [];
    const release = clock.hold();
    const advanced = clock.advance(10_000).then(() => seen.push('advanced'));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    seen.push(`held at ${clock.monotonic()}`);
    release();
    release();
    await advanced;
    expect(seen).toEqual(['held at 0', 'advanced']);
  });

  it('cancels, and refuses to go back', async () => {
    const clock = new VirtualClock(new ManualClock());
    const timer = clock.setTimer(() => expect(true).toBe(false), 10);
    timer.cancel();
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
    expect(() => clock.advance(-1)).toThrow('-1 is no number of ms');
  });
});
