// The index against directories that Apache brokers 4.9.7 and 5.5.0 wrote: what they say is found, what is missing or damaged is made again
// from the log, and what we make is, byte for byte, what they made.
import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { type DiskFile, type MessageStore, NodeDisk } from 'rocketmq-core/store';
import { entriesOf, GOLDEN_INDEXES, indexFilesIn, unpackGoldenIndex } from '../support/golden-index.js';
import { GOLDEN_STORES, goldenConfig, unpackGoldenStore } from '../support/golden-stores.js';
import { putMessage, temporaryDirectory, testStore } from '../support/store-harness.js';

const FOREVER = { begin: 0, end: Number.MAX_SAFE_INTEGER };
const MANY = { maxMessages: 64, maxBytes: 1 << 24 };

let root: string;
let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
  root = directory.path;
});
afterEach(() => directory.remove());

let clock: ManualClock;

async function open(name: string, config: Record<string, unknown> = {}): Promise<MessageStore> {
  const { slots, entries } = GOLDEN_INDEXES.get(name)!;
  clock = new ManualClock();
  const { store } = testStore({ root, clock, config: { ...goldenConfig(name), maxHashSlotNum: slots, maxIndexNum: entries, ...config } });
  await store.open();
  return store;
}

const caughtUp = async (store: MessageStore): Promise<void> => {
  while (store.counters()['indexLagBytes']! > 0) {
    await clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

async function placesOf(store: MessageStore, topic: string, key: string): Promise<number[]> {
  const { records } = await store.index.query({ topic, key, type: 'key', ...MANY, ...FOREVER });
  return records.map((record) => Number(Buffer.from(record).readBigInt64BE(28)));
}

/** Newest 64, below neither end of the log, as the broker answers: oldest first. A re-dispatched record counts once. */
async function expectTruth(store: MessageStore, name: string): Promise<void> {
  await caughtUp(store);
  const { queries } = GOLDEN_INDEXES.get(name)!;
  expect(queries.length).toBeGreaterThan(10);
  const expected = queries.map(([topic, key, places]) => {
    const readable = [...new Set(places)].filter((place) => place >= store.minPhysicalOffset);
    return [topic, key, readable.slice(0, 64).toSorted((a, b) => a - b)];
  });
  const found = [];
  for (const [topic, key] of queries) found.push([topic, key, await placesOf(store, topic, key)]);
  expect(found).toEqual(expected);
}

const CLEAN = ['clean-roll-v4', 'clean-roll-v5', 'tx-v4', 'tx-v5', 'retention-v4', 'retention-v5', 'names-v5', 'default-v4', 'default-v5'];
const CROSSED = ['crossed-v4-then-v5', 'crossed-v5-then-v4'];
const DIRTY = ['dirty-roll-v4', 'dirty-roll-v5', 'dirty-v4', 'dirty-v5'];

describe.each([...CLEAN, ...CROSSED])('index of %s', (name) => {
  it('answers what it says, and is left as it was', async () => {
    unpackGoldenStore(name, root);
    unpackGoldenIndex(name, root);
    const isLarge = name.startsWith('default');
    const before = isLarge ? [] : indexFilesIn(root);
    const store = await open(name);
    await expectTruth(store, name);
    await store.close();
    if (!isLarge) expect(indexFilesIn(root)).toEqual(before);
  });
});

describe.each(DIRTY)('index of %s, killed', (name) => {
  it('loses what was not flushed and gets it back from the log', async () => {
    unpackGoldenStore(name, root);
    unpackGoldenIndex(name, root);
    const { indexMsgTimestamp } = GOLDEN_INDEXES.get(name)!;
    const kept = indexFilesIn(root).filter(({ bytes }) => Number(bytes.readBigInt64BE(8)) <= indexMsgTimestamp);
    const store = await open(name);
    await expectTruth(store, name);
    await store.close();
    const after = indexFilesIn(root);
    expect(after.slice(0, kept.length)).toEqual(kept);
    expect(after.length).toBeGreaterThan(kept.length);
  });
});

describe('an index made from the log', () => {
  it.each(['clean-roll-v5', 'dirty-roll-v5', 'dirty-v5', 'tx-v5', 'names-v5'])('%s: has the bytes that 5.5.0 wrote', async (name) => {
    unpackGoldenStore(name, root);
    const store = await open(name);
    await expectTruth(store, name);
    await store.close();
    const made = indexFilesIn(root).map(({ bytes }) => bytes);
    rmSync(join(root, 'index'), { recursive: true });
    unpackGoldenIndex(name, root);
    const theirs = indexFilesIn(root).map(({ bytes }) => bytes);
    // A killed broker may have been behind: what it had is what we begin with.
    if (GOLDEN_STORES.get(name)!.state === 'clean') expect(made).toEqual(theirs);
    const { slots } = GOLDEN_INDEXES.get(name)!;
    const flat = (files: Buffer[]): unknown[] => files.flatMap((bytes) => entriesOf(bytes, slots));
    expect(flat(made).slice(0, flat(theirs).length)).toEqual(flat(theirs));
  });

  it.each(['clean-roll-v4', 'dirty-roll-v4', 'tx-v4'])('%s: has the keys that 4.9.7 wrote, and tags besides', async (name) => {
    unpackGoldenStore(name, root);
    const store = await open(name);
    await expectTruth(store, name);
    await store.close();
    const { slots } = GOLDEN_INDEXES.get(name)!;
    const pairs = (): string[] =>
      indexFilesIn(root).flatMap(({ bytes }) => entriesOf(bytes, slots).map(([hash, place]) => `${place}:${hash}`));
    const made = new Set(pairs());
    rmSync(join(root, 'index'), { recursive: true });
    unpackGoldenIndex(name, root);
    expect(pairs().filter((pair) => !made.has(pair))).toEqual([]);
  });

  it.each(['no-index-v4', 'no-index-v5', 'no-index-dirty-v5', 'index-header-v5', 'index-name-v5', 'index-short-v5', 'index-zero-v5'])(
    '%s: finds what the undamaged one finds',
    async (name) => {
      unpackGoldenStore(name, root);
      unpackGoldenIndex(name, root);
      const store = await open(name);
      await expectTruth(store, GOLDEN_INDEXES.get(name)!.base!);
      await store.close();
      // What we do not know is not ours to delete.
      if (name === 'index-name-v5') expect(existsSync(join(root, 'index/not-a-date'))).toBe(true);
    },
  );

  it('is made anew when the settings no longer fit its files', async () => {
    unpackGoldenStore('clean-roll-v5', root);
    unpackGoldenIndex('clean-roll-v5', root);
    const store = await open('clean-roll-v5', { maxHashSlotNum: 50, maxIndexNum: 90 });
    await expectTruth(store, 'clean-roll-v5');
    await store.close();
    expect(indexFilesIn(root).map(({ bytes }) => bytes.length)).toContain(40 + 50 * 4 + 90 * 20);
  });

  it('stays as it is while indexing is off', async () => {
    unpackGoldenStore('clean-roll-v5', root);
    unpackGoldenIndex('clean-roll-v5', root);
    const newest = indexFilesIn(root).at(-1)!.name;
    rmSync(join(root, 'index', newest));
    const before = indexFilesIn(root);
    const store = await open('clean-roll-v5', { messageIndexEnable: false });
    expect(await placesOf(store, 'Parcels', 'C0A80001123456780A0B0C0D000A0000')).toEqual([0]);
    expect(await placesOf(store, 'R-1_x', 'k12')).toEqual([30_504, 36_311]);
    await store.close();
    expect(indexFilesIn(root)).toEqual(before);
    const on = await open('clean-roll-v5');
    await expectTruth(on, 'clean-roll-v5');
    await on.close();
  });
});

describe('an index that cannot be written', () => {
  /** The real disk, which refuses writes to index files. */
  class NoIndexDisk extends NodeDisk {
    override openFile(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
      const file = super.openFile(path, mode);
      if (!path.includes('/index/')) return file;
      file.writeSync = () => {
        throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
      };
      return file;
    }
  }

  it('stops no message, says so, and is made again by the next start', async () => {
    clock = new ManualClock();
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
    const broken = testStore({ root, clock, disk: new NoIndexDisk(), logger });
    await broken.store.open();
    for (let i = 0; i < 50; i++) await broken.store.put(putMessage('Orders', 0, `m${i}`, { KEYS: `k${i}` }));
    await clock.advance(20);
    expect(await placesOf(broken.store, 'Orders', 'k0')).toEqual([]);
    expect(broken.store.counters()['indexFailed']).toBe(1);
    expect((await broken.store.put(putMessage('Orders', 0, 'more', { KEYS: 'k50' }))).status).toBe('PUT_OK');
    await broken.store.close();
    expect(errors).toEqual([expect.stringContaining('index given up until the next start')]);
    expect(indexFilesIn(root)).toEqual([]);
    const { store } = testStore({ root, clock });
    await store.open();
    await caughtUp(store);
    for (const key of ['k0', 'k49', 'k50']) expect(await placesOf(store, 'Orders', key)).toHaveLength(1);
    await store.close();
  });
});

describe('retention', () => {
  it('deletes index files with the last message they speak of', async () => {
    clock = new ManualClock();
    const { store } = testStore({
      root,
      clock,
      config: {
        maxIndexNum: 50,
        fileReservedTime: 1,
        deleteWhen: '00;01;02;03;04;05;06;07;08;09;10;11;12;13;14;15;16;17;18;19;20;21;22;23',
      },
    });
    await store.open();
    for (let i = 0; i < 400; i++) await store.put(putMessage('Orders', 0, `m${i}${'x'.repeat(100)}`, { KEYS: `k${i}` }));
    await caughtUp(store);
    const before = indexFilesIn(root).length;
    const old = new Date(clock.now() - 7_200_000);
    for (const name of readdirSync(join(root, 'commitlog'))) utimesSync(join(root, 'commitlog', name), old, old);
    // Only what has been flushed may go, and flushing is the real disk's.
    for (let rounds = 0; store.minPhysicalOffset === 0 && rounds < 500; rounds++) {
      await clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(store.minPhysicalOffset).toBeGreaterThan(0);
    const after = indexFilesIn(root);
    expect(after.length).toBeLessThan(before);
    // The header of the file in use is written when it is finished.
    for (const { bytes } of after.slice(0, -1)) expect(Number(bytes.readBigInt64BE(24))).toBeGreaterThanOrEqual(store.minPhysicalOffset);
    expect(store.counters()['deletedIndexFiles']).toBe(before - after.length);
    expect(await placesOf(store, 'Orders', 'k0')).toEqual([]);
    expect(await placesOf(store, 'Orders', 'k399')).toHaveLength(1);
    await store.close();
  });
});
