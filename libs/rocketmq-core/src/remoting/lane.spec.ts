import { Lane, type LaneRefusal, type LaneTask } from './lane.js';

class Task implements LaneTask {
  readonly receivedAtMs: number;
  ran = false;
  refusal: LaneRefusal | undefined;
  private readonly onRun: (() => void) | undefined;

  constructor(receivedAtMs = 0, onRun?: () => void) {
    this.receivedAtMs = receivedAtMs;
    this.onRun = onRun;
  }

  run(): void {
    this.ran = true;
    this.onRun?.();
  }

  refuse(refusal: LaneRefusal): void {
    this.refusal = refusal;
  }
}

describe('Lane', () => {
  it('runs as many as may be at work, lets the next wait and refuses the rest', () => {
    const lane = new Lane({ maxInFlight: 2, maxQueued: 1, maxWaitMs: 100 });
    const tasks = Array.from({ length: 4 }, () => new Task());
    for (const task of tasks) lane.admit(task);
    expect(tasks.map(({ ran }) => ran)).toEqual([true, true, false, false]);
    expect(tasks[3]!.refusal).toMatch(/^\[OVERLOAD]/);
    lane.done(10);
    expect(tasks[2]!.ran).toBe(true);
    expect({ inFlight: lane.inFlight, queued: lane.queued, refused: lane.refused }).toEqual({ inFlight: 2, queued: 0, refused: 1 });
  });

  it('refuses what waited longer than allowed, and nothing younger', () => {
    const lane = new Lane({ maxInFlight: 1, maxQueued: 10, maxWaitMs: 100 });
    const old = new Task(0);
    const young = new Task(50);
    for (const task of [new Task(), old, young]) lane.admit(task);
    lane.sweep(100);
    expect(old.refusal).toBeUndefined();
    lane.sweep(101);
    expect(old.refusal).toMatch(/^\[TIMEOUT_CLEAN_QUEUE]/);
    expect(young.refusal).toBeUndefined();
    lane.done(120);
    expect(young.ran).toBe(true);
  });

  it('empties a long queue of tasks that end at once without nesting them', () => {
    const lane = new Lane({ maxInFlight: 1, maxQueued: 200_000, maxWaitMs: 100 });
    lane.admit(new Task());
    let ran = 0;
    for (let i = 0; i < 200_000; i++) {
      lane.admit(
        new Task(0, () => {
          ran++;
          lane.done(0);
        }),
      );
    }
    lane.done(0);
    expect(ran).toBe(200_000);
    expect(lane.inFlight).toBe(0);
  });
});
