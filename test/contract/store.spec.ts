// The store's promises, on the real disk: what is confirmed is there, in order, before and after restarts.
import { bodyOf, putMessage, readQueue, temporaryDirectory, testStore } from '../support/store-harness.js';

describe('message store', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => (directory = temporaryDirectory()));
  afterEach(() => directory.remove());

  it('serves what was put, and serves it again after a restart', async () => {
    const first = testStore({ root: directory.path });
    await first.store.open();
    const results = [];
    for (let i = 0; i < 300; i++) results.push(await first.store.put(putMessage('Orders', i % 3, `body-${i}`, { TAGS: 'paid' })));
    expect(results.every(({ status }) => status === 'PUT_OK')).toBe(true);
    expect(results[299]!.records[0]!.queueOffset).toBe(99);
    const expected = (queueId: number): string[] => Array.from({ length: 100 }, (_, i) => `body-${i * 3 + queueId}`);
    const check = (store: typeof first.store): void => {
      for (let queueId = 0; queueId < 3; queueId++) {
        const queue = store.findQueue('Orders', queueId)!;
        expect([queue.minOffset, queue.maxOffset]).toEqual([0, 100]);
        expect(readQueue(store, queue).map(bodyOf)).toEqual(expected(queueId));
      }
    };
    check(first.store);
    await first.store.close();
    const second = testStore({ root: directory.path });
    await second.store.open();
    check(second.store);
    expect((await second.store.put(putMessage('Orders', 0, 'next'))).records[0]!.queueOffset).toBe(100);
    await second.store.close();
  });
});
