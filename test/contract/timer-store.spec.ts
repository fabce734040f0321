// The timer store: slots and their entries, rolling, what survives a kill, a power cut and damage, and Apache's own files.
import { join } from 'node:path';
import { ManualClock, SeededRandom, silentLogger } from 'rocketmq-core/common';
import { type Disk, NodeDisk, TimerStore, type TimerEntry } from 'rocketmq-core/store';
import { FaultyDisk } from '../support/faulty-disk.js';
import { GOLDEN_TIMERS, unpackGoldenTimers } from '../support/golden-timers.js';
import { temporaryDirectory } from '../support/store-harness.js';

const ROOT = '/store';
const NOW = 1_800_000_000_000;
/** Small enough that a test sees a wheel go round; one file holds 19 entries. */
const SLOTS = 7200;
const LOG_FILE = 1024;

/** A commit log in which every message up to `endOffset` exists. */
class Messages {
  endOffset = 1_000_000;
  flushedOffset = 1_000_000;
  isTimerRecord(physicalOffset: number, size: number): boolean {
    return physicalOffset + size <= this.endOffset;
  }
}

let clock: ManualClock;
let commitLog: Messages;

function open(disk: Disk, root = ROOT, options: { slotsTotal?: number; mappedFileSizeTimerLog?: number } = {}): TimerStore {
  const store = new TimerStore({
    storePathRootDir: root,
    mappedFileSizeTimerLog: options.mappedFileSizeTimerLog ?? LOG_FILE,
    timerPrecisionMs: 1000,
    timerRollWindowSlot: 3600,
    ...('slotsTotal' in options ? {} : { slotsTotal: SLOTS }),
    disk,
    clock,
    logger: silentLogger,
    commitLog,
  });
  store.open();
  return store;
}

/** Entry of message n: 100 bytes at n * 100. */
function entry(n: number, awayMs: number, isRecall = false): TimerEntry {
  return { slotMs: NOW + awayMs, dueMs: 0, physicalOffset: n * 100, size: 100, topicHash: 7, isRecall };
}

const numbers = (store: TimerStore, awayMs: number): number[] =>
  store.entriesOf(NOW + awayMs).entries.map(({ physicalOffset }) => physicalOffset / 100);

/** Takes up message n as a broker does. */
function take(store: TimerStore, n: number, awayMs: number): void {
  if (!store.wasTakenUp(n * 100)) store.add(entry(n, awayMs));
  store.takenUpTo(n + 1);
}

beforeEach(() => {
  clock = new ManualClock(NOW);
  commitLog = new Messages();
});

describe('slots', () => {
  it('hold their entries in the order they came, over file ends', () => {
    const store = open(new FaultyDisk());
    for (let n = 0; n < 100; n++) take(store, n, (n % 3) * 1000);
    expect(numbers(store, 0)).toEqual(Array.from({ length: 34 }, (_, i) => i * 3));
    expect(numbers(store, 1000)).toHaveLength(33);
    expect(store.countAt(NOW + 2000)).toBe(33);
    expect(store.pending).toBe(100);
    expect(numbers(store, 3000)).toEqual([]);
  });

  it('are asked for only what came behind a place', () => {
    const store = open(new FaultyDisk());
    take(store, 0, 0);
    const { lastPos } = store.entriesOf(NOW);
    take(store, 1, 0);
    expect(store.entriesOf(NOW, lastPos).entries.map(({ physicalOffset }) => physicalOffset)).toEqual([100]);
  });

  it('take what is due in one that is done into the first that is not', () => {
    const store = open(new FaultyDisk());
    store.close(NOW);
    store.close(NOW + 1000);
    expect(store.add(entry(0, 0))).toBe(NOW + 2000);
    expect(numbers(store, 2000)).toEqual([0]);
  });

  it('further away than the window are looked at again half a window or a window from now', () => {
    const store = open(new FaultyDisk());
    expect(store.add(entry(0, 3_599_000))).toBe(NOW + 3_599_000);
    expect(store.add(entry(1, 3_600_000))).toBe(NOW + 1_800_000);
    expect(store.add(entry(2, 4_799_000))).toBe(NOW + 1_800_000);
    expect(store.add(entry(3, 4_800_000))).toBe(NOW + 3_600_000);
    expect(store.entriesOf(NOW + 1_800_000).entries.every(({ rolls }) => rolls)).toBe(true);
  });

  it('count recalls off', () => {
    const store = open(new FaultyDisk());
    store.add(entry(0, 5000));
    store.add(entry(1, 5000, true));
    expect(store.countAt(NOW + 5000)).toBe(0);
    expect(store.entriesOf(NOW + 5000).entries.map(({ isRecall }) => isRecall)).toEqual([false, true]);
  });

  it('that are done and come again after the clock was set back are blank', () => {
    const store = open(new FaultyDisk());
    for (const away of [0, 1000, 5000]) store.add(entry(away / 1000, away));
    store.close(NOW);
    store.close(NOW + 1000);
    store.moveBack(NOW - 3000);
    expect(numbers(store, 0)).toEqual([]);
    expect(numbers(store, 5000)).toEqual([5]);
  });
});

describe('a restart', () => {
  it('writes nothing when nothing ever waited', async () => {
    const disk = new FaultyDisk();
    await open(disk).shutdown();
    expect(disk.paths()).toEqual([]);
  });

  it('after a clean stop goes on where it was', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 50; n++) take(store, n, n * 100);
    store.close(NOW);
    await store.shutdown();
    const next = open(disk);
    expect(next).toMatchObject({ readTimeMs: NOW + 1000, queueOffset: 50, pending: 40 });
    expect(numbers(next, 4000)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  });

  it('after a kill takes up what the checkpoint does not know, and nothing twice', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 30; n++) take(store, n, 10_000);
    await store.flush();
    // Behind the checkpoint; enough that some of it has been written out.
    for (let n = 30; n < 330; n++) take(store, n, 10_000);
    const next = open(disk.kill());
    expect(next.queueOffset).toBe(30);
    const known = numbers(next, 10_000);
    expect(known.length).toBeGreaterThanOrEqual(30);
    for (let n = 30; n < 330; n++) take(next, n, 10_000);
    expect(numbers(next, 10_000).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 330 }, (_, i) => i));
  });

  it('without a checkpoint takes up everything again', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 30; n++) take(store, n, 10_000);
    await store.shutdown();
    disk.removeFile(join(ROOT, 'config', 'timercheck'));
    const next = open(disk);
    expect(next).toMatchObject({ queueOffset: 0, pending: 0 });
    for (let n = 0; n < 30; n++) take(next, n, 10_000);
    expect(numbers(next, 10_000)).toHaveLength(30);
  });

  it('without a wheel makes it from the log', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 60; n++) take(store, n, n * 1000);
    store.close(NOW);
    await store.shutdown();
    disk.removeFile(join(ROOT, 'timerwheel'));
    const next = open(disk);
    expect(next.pending).toBe(59);
    expect(numbers(next, 0)).toEqual([]);
    expect(numbers(next, 59_000)).toEqual([59]);
  });

  it('drops entries of messages that a power cut took, and repairs their slots', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 25; n++) take(store, n, 10_000);
    await store.shutdown();
    commitLog.endOffset = 2000;
    const next = open(disk);
    expect(numbers(next, 10_000)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    // The places of the lost messages are used again.
    next.takenUpTo(20);
    commitLog.endOffset = 10_000;
    for (let n = 20; n < 22; n++) take(next, n, 10_000);
    await next.shutdown();
    expect(numbers(open(disk), 10_000)).toEqual(Array.from({ length: 22 }, (_, i) => i));
  });

  it('does not say that messages were delivered whose copies a power cut may take', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    take(store, 0, 0);
    await store.flush();
    commitLog.endOffset = 1_000_500;
    store.close(NOW);
    await store.flush();
    // The machine stays up: the copies are there.
    expect(open(disk.copy()).readTimeMs).toBe(NOW + 1000);
    commitLog.endOffset = 1_000_000;
    expect(open(disk.copy()).readTimeMs).toBe(NOW);
    expect(numbers(open(disk.copy()), 0)).toEqual([0]);
    commitLog.endOffset = commitLog.flushedOffset = 1_000_500;
    await store.flush();
    expect(open(disk.copy()).readTimeMs).toBe(NOW + 1000);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('after a power cut (seed %i) every message waits exactly once', async (seed) => {
    const random = new SeededRandom(seed);
    const disk = new FaultyDisk();
    const store = open(disk);
    const total = 40 + random.int(300);
    let flushed = 0;
    for (let n = 0; n < total; n++) {
      take(store, n, 5000 + (n % 7) * 1000);
      if (n !== 20 && random.int(40) > 0) continue;
      await store.flush();
      flushed = n + 1;
    }
    const next = open(disk.cutPower(random));
    expect(next.queueOffset).toBe(flushed);
    for (let n = next.queueOffset; n < total; n++) take(next, n, 5000 + (n % 7) * 1000);
    const found = Array.from({ length: 7 }, (_, i) => numbers(next, 5000 + i * 1000)).flat();
    expect(found.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
  });

  it('goes on when the disk fails, and leaves the checkpoint as it is', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    take(store, 0, 5000);
    await store.flush();
    take(store, 1, 5000);
    disk.failFrom = { operation: 'flush', call: (disk.calls.get('flush') ?? 0) + 1, code: 'EIO' };
    await store.flush();
    disk.failFrom = undefined;
    await store.shutdown();
    expect(numbers(store, 5000)).toEqual([0, 1]);
    expect(open(disk).queueOffset).toBe(1);
  });

  it('goes on when a full disk has room again', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    take(store, 0, 5000);
    await store.flush();
    let refused = 0;
    for (let n = 1; n < 1000;) {
      if (n === 300 && refused === 0) disk.failFrom = { operation: 'write', call: (disk.calls.get('write') ?? 0) + 1, code: 'ENOSPC' };
      try {
        take(store, n, 5000);
        n++;
      } catch {
        // A broker comes back to it later.
        await store.flush();
        if (++refused === 3) disk.failFrom = undefined;
      }
    }
    expect(refused).toBeGreaterThan(0);
    await store.shutdown();
    const next = open(disk);
    expect(next.queueOffset).toBe(1000);
    expect(numbers(next, 5000)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('refuses a wheel of another size', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    take(store, 0, 5000);
    await store.shutdown();
    disk.openFile(join(ROOT, 'timerwheel'), 'write').resizeSync(64);
    expect(() => open(disk)).toThrow(/timerwheel/);
  });
});

describe('a slot that ends before its time', () => {
  it('is gone on with in the next one, and the newest message keeps the last entry of the log', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 4; n++) take(store, n, 0);
    take(store, 4, 1000);
    take(store, 5, 8000);
    store.carryOver(NOW, store.entriesOf(NOW).entries.slice(2));
    await store.shutdown();
    const next = open(disk);
    expect(next).toMatchObject({ readTimeMs: NOW + 1000, pending: 4 });
    expect(numbers(next, 1000)).toEqual([4, 2, 3]);
    expect(numbers(next, 8000)).toEqual([5]);
    expect(lastEntryOf(disk)).toBe(500);
  });

  it('the same when the newest message is in the next one', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 4; n++) take(store, n, 0);
    take(store, 4, 1000);
    store.carryOver(NOW, store.entriesOf(NOW).entries.slice(2));
    await store.shutdown();
    const next = open(disk);
    expect(next.pending).toBe(3);
    expect(numbers(next, 1000)).toEqual([2, 3, 4]);
    expect(lastEntryOf(disk)).toBe(400);
  });
});

/** Place of the message of the last entry in the only log file. */
function lastEntryOf(disk: FaultyDisk): number {
  const bytes = Buffer.from(disk.bytesOf(join(ROOT, 'timerlog', '00000000000000000000')));
  let at = 0;
  while (bytes.readInt32BE(at + 52) === 52) at += 52;
  return Number(bytes.readBigInt64BE(at + 28));
}

describe('log files', () => {
  it('go when all their messages are gone', async () => {
    const disk = new FaultyDisk();
    const store = open(disk);
    for (let n = 0; n < 60; n++) take(store, n, 5000);
    await store.flush();
    const files = (): number => disk.paths().filter((path) => path.includes('timerlog')).length;
    expect(files()).toBe(4);
    store.removeExpired(1900);
    expect(files()).toBe(3);
    store.removeExpired(1_000_000);
    expect(files()).toBe(1);
    expect(numbers(store, 5000)).toEqual([57, 58, 59]);
  });
});

describe("Apache's files", () => {
  const directory = temporaryDirectory();
  afterAll(directory.remove);

  it('are read as an independent reader read them', () => {
    const { settings, timercheck, timerlog, timerwheel } = GOLDEN_TIMERS.get('timer-v5')!;
    unpackGoldenTimers('timer-v5', directory.path);
    const store = open(new NodeDisk(), directory.path, { ...settings, slotsTotal: undefined as never });
    expect(store).toMatchObject({ readTimeMs: timercheck!.lastReadTimeMs, queueOffset: timercheck!.lastTimerQueueOffset });
    const waiting = timerwheel!.slots.filter(({ time }) => time * 1000 >= timercheck!.lastReadTimeMs);
    expect(waiting).toHaveLength(3);
    expect(store.pending).toBe(waiting.reduce((sum, { num }) => sum + num, 0));
    for (const { time, num, lastPos } of waiting) {
      const { entries, lastPos: last } = store.entriesOf(time * 1000);
      const units = timerlog!.filter(({ currWriteTime, delayedTime }) => currWriteTime + delayedTime === time * 1000);
      expect([entries.length, last]).toEqual([num, lastPos]);
      expect(entries.map(({ physicalOffset, rolls }) => [physicalOffset, rolls])).toEqual(
        units.map(({ offsetPy, magic }) => [offsetPy, (magic & 2) !== 0]),
      );
    }
  });
});
