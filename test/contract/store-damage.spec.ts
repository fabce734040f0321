// A log cut at every byte and flipped at every bit: what is whole is served, what is torn is cut, what was durable once is never dropped.
import { ManualClock, type Logger, silentLogger } from 'rocketmq-core/common';
import { FaultyDisk } from '../support/faulty-disk.js';
import { bodyOf, putMessage, readQueue, testStore } from '../support/store-harness.js';

const ROOT = '/store';
const LOG = `${ROOT}/commitlog/00000000000000000000`;
const CONFIG = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 400 };
/** No divisor of 8: every byte is met, and every bit of a byte. */
const BIT_STEP = 3;
/** Where the body of a record with four-byte hosts begins: behind its length. */
const BODY_AT = 88;
const BODIES = Array.from({ length: 20 }, (_, i) => `message ${i}`);

async function storeWith(bodies: readonly string[], stop: 'kill' | 'close'): Promise<{ disk: FaultyDisk; ends: number[] }> {
  const disk = new FaultyDisk();
  const { store } = testStore({ root: ROOT, disk, clock: new ManualClock(), config: CONFIG });
  await store.open();
  const ends: number[] = [];
  for (const body of bodies) {
    const { records } = await store.put(putMessage('T', 0, body, { KEYS: 'k', TAGS: 'a' }));
    ends.push(records[0]!.physicalOffset + records[0]!.size);
  }
  if (stop === 'kill') return { disk: disk.kill(), ends };
  await store.close();
  return { disk, ends };
}

async function open(disk: FaultyDisk, logger: Logger = silentLogger): Promise<{ bodies: string[]; end: number }> {
  const { store } = testStore({ root: ROOT, disk, clock: new ManualClock(), config: CONFIG, logger });
  await store.open();
  const queue = store.findQueue('T', 0);
  const found = { bodies: queue === undefined ? [] : readQueue(store, queue).map(bodyOf), end: store.maxPhysicalOffset };
  await store.close();
  return found;
}

describe('a log torn at byte n', () => {
  it('keeps every whole record, cuts the torn one, and takes new ones, for every n', async () => {
    const { disk, ends } = await storeWith(BODIES.slice(0, 6), 'kill');
    for (let cut = 0; cut <= ends.at(-1)!; cut++) {
      const torn = disk.copy();
      torn.bytesOf(LOG).fill(0, cut);
      const whole = ends.filter((end) => end <= cut);
      const { bodies, end } = await open(torn);
      expect([cut, bodies]).toEqual([cut, BODIES.slice(0, whole.length)]);
      expect([cut, end]).toEqual([cut, whole.at(-1) ?? 0]);
      // A log of no record at all has no file.
      const left = torn.paths().includes(LOG) ? torn.bytesOf(LOG).subarray(end) : new Uint8Array();
      expect([cut, left.every((byte) => byte === 0)]).toEqual([cut, true]);
    }
  });

  it('counts the bytes it cut', async () => {
    const { disk, ends } = await storeWith(BODIES, 'kill');
    disk.bytesOf(LOG).fill(0, ends[18]! + 50);
    const dropped: unknown[] = [];
    await open(disk, { ...silentLogger, warn: (message, fields) => void (message === 'log cut' && dropped.push(fields)) });
    expect(dropped).toEqual([expect.objectContaining({ path: LOG, physicalOffset: ends[18], droppedBytes: expect.any(Number) })]);
  });
});

describe('a log with bit n flipped', () => {
  const bodies = BODIES.slice(0, 2);
  /** What the format itself protects: size, magic, checksum, the record's own position, the body. Ordinals, times and names it does not. */
  const isCovered = (bit: number, ends: readonly number[]): boolean => {
    const at = (bit >> 3) - (ends.filter((end) => end <= bit >> 3).at(-1) ?? 0);
    return at < 12 || (at >= 28 && at < 36) || (at >= BODY_AT && at < BODY_AT + 'message 0'.length);
  };

  it('never serves another body and never loses what was before, after a kill', async () => {
    const { disk, ends } = await storeWith(bodies, 'kill');
    for (let bit = 0; bit < ends.at(-1)! * 8; bit += BIT_STEP) {
      const damaged = disk.copy();
      damaged.bytesOf(LOG)[bit >> 3]! ^= 1 << (bit & 7);
      const before = ends.filter((end) => end <= bit >> 3).length;
      const found = await open(damaged);
      expect([bit, bodies]).toEqual([bit, expect.arrayContaining(found.bodies)]);
      if (isCovered(bit, ends)) expect([bit, found.bodies]).toEqual([bit, bodies.slice(0, Math.max(before, found.bodies.length))]);
    }
  });

  it('is refused, with the place named, or serves all bodies, after an orderly stop', async () => {
    const { disk, ends } = await storeWith(bodies, 'close');
    let refused = 0;
    for (let bit = 0; bit < ends.at(-1)! * 8; bit += BIT_STEP) {
      const damaged = disk.copy();
      damaged.bytesOf(LOG)[bit >> 3]! ^= 1 << (bit & 7);
      const start = ends.filter((end) => end <= bit >> 3).at(-1) ?? 0;
      const outcome = await open(damaged).catch(String);
      if (typeof outcome === 'string') {
        expect([bit, outcome]).toEqual([bit, expect.stringContaining(`${LOG} at physicalOffset=${start}: `)]);
        refused++;
      } else {
        expect([bit, bodies]).toEqual([bit, expect.arrayContaining(outcome.bodies)]);
        if (isCovered(bit, ends)) expect([bit, outcome.bodies]).toEqual([bit, bodies]);
      }
    }
    expect(refused / ((ends.at(-1)! * 8) / BIT_STEP)).toBeGreaterThan(0.3);
  });
});

describe('derived files', () => {
  it('are the same, byte by byte, after any damage and a restart', async () => {
    const { disk } = await storeWith(BODIES, 'close');
    const queueFiles = disk.paths().filter((path) => path.includes('/consumequeue/'));
    expect(queueFiles.length).toBeGreaterThan(0);
    for (const path of queueFiles) {
      const original = disk.bytesOf(path).slice();
      for (const damage of ['lost', 'zeroed', 'garbage', 'one unit'] as const) {
        const damaged = disk.copy();
        if (damage === 'lost') damaged.removeFile(path);
        else if (damage === 'one unit') damaged.bytesOf(path).fill(0xff, 60, 80);
        else damaged.bytesOf(path).fill(damage === 'zeroed' ? 0 : 0x5a);
        expect((await open(damaged)).bodies).toEqual(BODIES);
        expect([damage, Buffer.from(damaged.bytesOf(path)).equals(Buffer.from(original))]).toEqual([damage, true]);
      }
    }
  });

  it('a deleted topic stays deleted when queues are rebuilt', async () => {
    const disk = new FaultyDisk();
    const { store } = testStore({ root: ROOT, disk, config: CONFIG });
    await store.open();
    await store.put(putMessage('T', 0, 'old'));
    await store.put(putMessage('Kept', 0, 'kept'));
    await store.deleteTopic('T');
    await store.put(putMessage('T', 0, 'new'));
    const next = disk.kill();
    expect((await open(next)).bodies).toEqual(['new']);
  });
});
