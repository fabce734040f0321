// An answer of the broker is a promise: SEND_OK only for what is written, and with SYNC_FLUSH only for what is flushed, on the hot path too.
import { HotPathStarter } from '../../apps/broker/src/data-plane/hot-path-starter.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { until } from '../support/until.js';

const SUCCESS = 0;
const FLUSH_DISK_TIMEOUT = 10;
const SENDS = 20;

let broker: TestBroker;
let client: BrokerClient;
let disk: FaultyDisk;
let sealedBy: Error | undefined;

async function open(config: Record<string, string | number>): Promise<void> {
  disk = new FaultyDisk();
  sealedBy = undefined;
  broker = await startBroker({ config, overrides: { disk, onStoreSealed: (error) => (sealedBy = error) } });
  client = new BrokerClient(broker.address);
  // The first send of a topic goes the long way.
  expect((await client.send('orders', 'opening')).code).toBe(SUCCESS);
}

const hotSends = (): number => broker.app.get(HotPathStarter, { strict: false }).counters()['hotSends'] ?? 0;

/** Sends at once, and what has been answered so far. */
function sendMany(): { codes: Array<number | 'lost'>; all: Promise<unknown> } {
  const codes: Array<number | 'lost'> = [];
  const send = async (n: number): Promise<void> => {
    // With an id, as every client gives one: what has none goes the long way.
    const answer = await client.send('orders', `body ${n}`, { properties: { UNIQ_KEY: `id-${n}` } }).catch(() => undefined);
    codes.push(answer?.code ?? 'lost');
  };
  return { codes, all: Promise.all(Array.from({ length: SENDS }, (_, n) => send(n))) };
}

afterEach(async () => {
  disk.releaseFlushes();
  await client.close();
  await broker.close();
});

describe('with SYNC_FLUSH', () => {
  it('nothing is acknowledged before its flush is done', async () => {
    await open({ flushDiskType: 'SYNC_FLUSH', syncFlushTimeout: 60_000 });
    const before = hotSends();
    disk.holdFlushes();
    const { codes, all } = sendMany();
    await until(() => hotSends() === before + SENDS);
    // Written, and the flush has been asked for: a broker that did not wait for it would have answered by now.
    expect(await client.send('other', 'x', { queueId: 99 })).toMatchObject({ code: 29 });
    expect(codes).toEqual([]);
    disk.releaseFlushes();
    await all;
    expect(codes).toEqual(Array.from({ length: SENDS }, () => SUCCESS));
  });

  it('a flush that takes too long is not called a success', async () => {
    await open({ flushDiskType: 'SYNC_FLUSH', syncFlushTimeout: 200 });
    disk.holdFlushes();
    const before = hotSends();
    const { codes, all } = sendMany();
    await all;
    expect(hotSends()).toBe(before + SENDS);
    expect(codes).toEqual(Array.from({ length: SENDS }, () => FLUSH_DISK_TIMEOUT));
  });

  it('a flush that fails acknowledges nothing, then or later', async () => {
    await open({ flushDiskType: 'SYNC_FLUSH', syncFlushTimeout: 60_000 });
    disk.failFrom = { operation: 'flush', call: (disk.calls.get('flush') ?? 0) + 1, code: 'EIO' };
    const { codes, all } = sendMany();
    await until(() => sealedBy !== undefined);
    await client.close();
    await all;
    expect(codes.filter((code) => code === SUCCESS)).toEqual([]);
  });
});

describe('with ASYNC_FLUSH', () => {
  it('a write that fails acknowledges nothing, then or later', async () => {
    await open({});
    disk.failFrom = { operation: 'write', call: (disk.calls.get('write') ?? 0) + 1, code: 'ENOSPC' };
    const { codes, all } = sendMany();
    await until(() => sealedBy !== undefined);
    expect((await client.send('orders', 'after')).code).not.toBe(SUCCESS);
    await client.close();
    await all;
    expect(codes.filter((code) => code === SUCCESS)).toEqual([]);
  });
});
