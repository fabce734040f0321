// The store on a disk that misbehaves: nothing is confirmed that is not kept, the first error ends writing, every start serves all that was
// confirmed. Each loop fails the n-th call for n = 1, 2, … until a run passes without a fault.
import { ManualClock, SeededRandom } from 'rocketmq-core/common';
import { type MessageStore, type MessageStoreConfig, type PutMessageResult, STAGE_SERVICE_NOT_AVAILABLE } from 'rocketmq-core/store';
import { FaultyDisk, type DiskOperation } from '../support/faulty-disk.js';
import { bodyOf, putMessage, readQueue, stagedMessage, testStore } from '../support/store-harness.js';

const ROOT = '/store';
const SMALL: Partial<MessageStoreConfig> = { mappedFileSizeCommitLog: 2048, mappedFileSizeConsumeQueue: 100 };
const BODIES = Array.from({ length: 40 }, (_, i) => `body ${i} ${'x'.repeat((i * 37) % 120)}`);

function storeOn(disk: FaultyDisk, config: Partial<MessageStoreConfig> = {}) {
  const sealed: Error[] = [];
  const clock = new ManualClock();
  return { ...testStore({ root: ROOT, disk, clock, config: { ...SMALL, ...config }, onSealed: (error) => sealed.push(error) }), sealed };
}

/** Puts until something fails; bodies confirmed, in order. */
async function putAll(store: MessageStore, bodies = BODIES): Promise<string[]> {
  const confirmed: string[] = [];
  for (const body of bodies) {
    let result: PutMessageResult;
    try {
      result = await store.put(putMessage('T', confirmed.length % 2, body));
    } catch {
      break;
    }
    if (result.status !== 'PUT_OK') break;
    confirmed.push(body);
  }
  return confirmed;
}

function served(store: MessageStore): string[] {
  const byQueue = [0, 1].map((queueId) => {
    const queue = store.findQueue('T', queueId);
    return queue === undefined ? [] : readQueue(store, queue).map(bodyOf);
  });
  return Array.from({ length: byQueue[0]!.length + byQueue[1]!.length }, (_, i) => byQueue[i % 2]![Math.floor(i / 2)]!);
}

async function reopened(disk: FaultyDisk, config: Partial<MessageStoreConfig> = {}): Promise<string[]> {
  const { store } = storeOn(disk, config);
  await store.open();
  try {
    return served(store);
  } finally {
    await store.close();
  }
}

describe('a store whose process is killed', () => {
  it.each([false, true])('serves everything confirmed (short writes: %s)', async (shortWrites) => {
    for (let count = 0; count <= BODIES.length; count += 4) {
      const disk = new FaultyDisk();
      disk.shortWrites = shortWrites;
      const { store } = storeOn(disk);
      await store.open();
      const confirmed = await putAll(store, BODIES.slice(0, count));
      expect(confirmed).toHaveLength(count);
      const next = disk.kill();
      expect(await reopened(next)).toEqual(confirmed);
      expect(await reopened(next)).toEqual(confirmed);
    }
  });

  it('goes on with the next offsets', async () => {
    const disk = new FaultyDisk();
    const first = storeOn(disk);
    await first.store.open();
    await putAll(first.store);
    const second = storeOn(disk.kill());
    await second.store.open();
    const { records } = await second.store.put(putMessage('T', 0, 'after'));
    expect(records[0]!.queueOffset).toBe(20);
    await second.store.close();
  });
});

describe.each<[DiskOperation, 'EIO' | 'ENOSPC']>([
  ['write', 'EIO'],
  ['write', 'ENOSPC'],
  ['flush', 'EIO'],
  ['resize', 'EIO'],
  ['create', 'ENOSPC'],
  ['flushDirectory', 'EIO'],
])('a store whose every %s from the n-th on fails with %s', (operation, code) => {
  it.each(['ASYNC_FLUSH', 'SYNC_FLUSH'] as const)(
    'confirms nothing in or after the failing batch, and the next start serves the rest (%s)',
    async (flushDiskType) => {
      let faults = 0;
      for (let call = 1; ; call++) {
        const disk = new FaultyDisk();
        const { store, sealed, clock } = storeOn(disk, { flushDiskType });
        disk.failFrom = { operation, call, code };
        let confirmed: string[] = [];
        try {
          await store.open();
        } catch (error) {
          expect(String(error)).toContain(code);
          faults++;
          continue;
        }
        confirmed = await putAll(store);
        await clock.advance(2000);
        const hasFailed = (disk.calls.get(operation) ?? 0) >= call;
        if (sealed.length > 0) {
          expect(store.writability()).toEqual({ writable: false, reason: expect.stringContaining(code) });
          await expect(store.put(putMessage('T', 0, 'late'))).rejects.toThrow(code);
          expect(served(store)).toEqual(confirmed);
        }
        expect(await reopened(disk.kill(), { flushDiskType })).toEqual(expect.arrayContaining(confirmed));
        if (!hasFailed) {
          expect(confirmed).toEqual(BODIES);
          break;
        }
        faults++;
      }
      expect(faults).toBeGreaterThan(0);
    },
  );
});

describe('a store that flushes before it answers', () => {
  it('loses no confirmed message to a power cut, whatever else is lost', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed);
      const disk = new FaultyDisk();
      const { store, clock } = storeOn(disk, { flushDiskType: 'SYNC_FLUSH' });
      await store.open();
      const confirmed = await putAll(store, BODIES.slice(0, random.int(BODIES.length)));
      await clock.advance(random.int(3000));
      // Not confirmed: written, and its flush never comes back.
      disk.holdFlushes();
      const pending = store.put(putMessage('T', confirmed.length % 2, 'in flight'));
      pending.catch(() => undefined);
      await clock.advance(0);
      const found = await reopened(disk.cutPower(random), { flushDiskType: 'SYNC_FLUSH' });
      expect([seed, found.slice(0, confirmed.length)]).toEqual([seed, confirmed]);
      expect(found.length).toBeLessThanOrEqual(confirmed.length + 1);
    }
  });

  it('answers FLUSH_DISK_TIMEOUT when the flush hangs, and confirms when it comes back', async () => {
    const disk = new FaultyDisk();
    const { store, clock } = storeOn(disk, { flushDiskType: 'SYNC_FLUSH' });
    await store.open();
    const timeouts: boolean[] = [];
    store.onConfirmed((_, timedOut) => timeouts.push(timedOut));
    disk.holdFlushes();
    const put = store.put(putMessage('T', 0, 'slow'));
    await clock.advance(4999);
    expect(timeouts).toEqual([]);
    await clock.advance(101);
    expect((await put).status).toBe('FLUSH_DISK_TIMEOUT');
    expect(timeouts.every(Boolean)).toBe(true);
    expect(store.findQueue('T', 0)!.maxOffset).toBe(0);
    disk.releaseFlushes();
    await clock.advance(0);
    expect(timeouts.at(-1)).toBe(false);
    expect(store.findQueue('T', 0)!.maxOffset).toBe(1);
    await store.close();
  });

  it('flushes many waiting puts together', async () => {
    const disk = new FaultyDisk();
    const { store } = storeOn(disk, { flushDiskType: 'SYNC_FLUSH', mappedFileSizeCommitLog: 64 * 1024 });
    await store.open();
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => store.put(putMessage('T', 0, `b${i}`))));
    expect(results.every(({ status }) => status === 'PUT_OK')).toBe(true);
    expect(store.counters()['flushes']).toBeLessThanOrEqual(2);
    await store.close();
  });
});

describe('a store that answers before it flushes', () => {
  it('loses at most a suffix to a power cut, and nothing older than its last flush', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed);
      const disk = new FaultyDisk();
      const { store, clock } = storeOn(disk, { flushCommitLogThoroughInterval: 500 });
      await store.open();
      const early = await putAll(store, BODIES.slice(0, 20));
      await clock.advance(1500);
      const flushed = store.counters()['commitLogFlushedOffset'];
      expect(flushed).toBe(store.maxPhysicalOffset);
      const late = await putAll(store, BODIES.slice(20));
      const found = await reopened(disk.cutPower(random));
      expect([seed, found.slice(0, 20)]).toEqual([seed, early]);
      expect([seed, found]).toEqual([seed, [...early, ...late].slice(0, found.length)]);
    }
  });
});

describe('a disk without room', () => {
  it('is seen at once when the store opens, and neither way in takes anything', async () => {
    const disk = new FaultyDisk();
    disk.usedPercent = 95;
    const { store } = storeOn(disk);
    await store.open();
    expect(store.writability()).toEqual({ writable: false, reason: 'disk 95 % used' });
    const { status, reason } = await store.put(putMessage('T', 0, 'x'));
    expect([status, reason]).toEqual(['SERVICE_NOT_AVAILABLE', 'disk 95 % used']);
    const staged = stagedMessage(store.queue('T', 0), 'x');
    expect([store.stage(staged), store.stageBatch([staged], 1)]).toEqual([STAGE_SERVICE_NOT_AVAILABLE, STAGE_SERVICE_NOT_AVAILABLE]);
    expect(store.stagedOffset).toBe(0);
    await store.close();
  });

  it('is seen while the store runs, and room as well', async () => {
    const disk = new FaultyDisk();
    const { store, clock } = storeOn(disk);
    await store.open();
    const put = async (): Promise<string> => (await store.put(putMessage('T', 0, 'x'))).status;
    expect(await put()).toBe('PUT_OK');
    disk.usedPercent = 91;
    await clock.advance(60_000);
    expect(await put()).toBe('SERVICE_NOT_AVAILABLE');
    disk.usedPercent = 90;
    await clock.advance(10_000);
    expect(await put()).toBe('PUT_OK');
    await store.close();
  });
});
