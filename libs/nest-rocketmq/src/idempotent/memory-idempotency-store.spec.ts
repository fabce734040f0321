import { ManualClock } from 'rocketmq-core/common';
import { idempotencyStoreContract } from '../../../../test/support/idempotency-contract.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';

describe('MemoryIdempotencyStore', () => {
  idempotencyStoreContract(() => {
    const clock = new ManualClock();
    return { store: new MemoryIdempotencyStore({ clock }), pass: (ms) => clock.advance(ms) };
  });

  it('forgets what was done longest ago when it is full, never what is being processed', async () => {
    const clock = new ManualClock();
    const store = new MemoryIdempotencyStore({ maxEntries: 3, clock });
    await store.claim('running', 'a', 1000);
    for (const key of ['one', 'two', 'three']) {
      await store.claim(key, 'a', 1000);
      await store.complete(key, 'a', 5000);
    }
    expect([store.size, store.evicted]).toEqual([3, 1]);
    expect(await store.claim('one', 'b', 1000)).toEqual({ state: 'CLAIMED' });
    expect(await store.claim('three', 'b', 1000)).toEqual({ state: 'DONE' });
    expect(await store.claim('running', 'b', 1000)).toMatchObject({ state: 'PROCESSING' });
    await store.claim('four', 'b', 1000);
    await expect(store.claim('five', 'b', 1000)).rejects.toThrow('all 3 keys are being processed; raise maxEntries');
    await clock.advance(1000);
    expect(await store.claim('five', 'b', 1000)).toEqual({ state: 'CLAIMED' });
    expect(store.size).toBe(1);
    expect(() => new MemoryIdempotencyStore({ maxEntries: 0 })).toThrow('maxEntries 0 is no integer above 0');
  });
});
