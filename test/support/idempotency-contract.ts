// What every idempotency store must do, as tests. Must never know which store it has.
import type { IdempotencyStore } from 'nest-rocketmq';

export interface StoreUnderTest {
  readonly store: IdempotencyStore;
  /** Comes back when the store's own clock has gone on by so much. */
  pass(ms: number): Promise<void>;
}

/** Long enough for a test to get through, short enough to wait for. */
const LEASE_MS = 400;
const LONG_MS = 60_000;

export function idempotencyStoreContract(open: () => StoreUnderTest): void {
  let counter = 0;
  const nextKey = (): string => `billing:orders:onMessage:key ${counter++}`;

  it('gives a key to one owner, which may claim it again', async () => {
    const { store } = open();
    const key = nextKey();
    expect(await store.claim(key, 'a', LONG_MS)).toEqual({ state: 'CLAIMED' });
    const refused = await store.claim(key, 'b', LONG_MS);
    expect(refused).toEqual({ state: 'PROCESSING', leaseLeftMs: expect.any(Number) });
    expect((refused as { leaseLeftMs: number }).leaseLeftMs).toBeGreaterThan(LONG_MS / 2);
    expect((refused as { leaseLeftMs: number }).leaseLeftMs).toBeLessThanOrEqual(LONG_MS);
    expect(await store.claim(key, 'a', LONG_MS)).toEqual({ state: 'CLAIMED' });
    expect(await store.claim(nextKey(), 'b', LONG_MS)).toEqual({ state: 'CLAIMED' });
  });

  it('gives a key to exactly one of many that ask at once', async () => {
    const { store } = open();
    const key = nextKey();
    const claims = await Promise.all(Array.from({ length: 50 }, (_, i) => store.claim(key, `owner ${i}`, LONG_MS)));
    expect(claims.filter(({ state }) => state === 'CLAIMED')).toHaveLength(1);
    expect(claims.filter(({ state }) => state === 'PROCESSING')).toHaveLength(49);
  });

  it('remembers what is done for its time to live, then no longer', async () => {
    const { store, pass } = open();
    const key = nextKey();
    await store.claim(key, 'a', LONG_MS);
    expect(await store.complete(key, 'a', LEASE_MS)).toBe(true);
    expect(await store.claim(key, 'a', LONG_MS)).toEqual({ state: 'DONE' });
    expect(await store.claim(key, 'b', LONG_MS)).toEqual({ state: 'DONE' });
    await pass(LEASE_MS);
    expect(await store.claim(key, 'b', LONG_MS)).toEqual({ state: 'CLAIMED' });
  });

  it('takes a claim back when its lease ends: the owner may have crashed', async () => {
    const { store, pass } = open();
    const key = nextKey();
    await store.claim(key, 'crashed', LEASE_MS);
    await pass(LEASE_MS);
    expect(await store.claim(key, 'heir', LONG_MS)).toEqual({ state: 'CLAIMED' });
    // The one thought dead comes back: the key is not its own any more.
    expect(await store.extend(key, 'crashed', LONG_MS)).toBe(false);
    expect(await store.complete(key, 'crashed', LONG_MS)).toBe(false);
    await store.release(key, 'crashed');
    expect(await store.claim(key, 'third', LONG_MS)).toMatchObject({ state: 'PROCESSING' });
    expect(await store.complete(key, 'heir', LONG_MS)).toBe(true);
  });

  it('renews a lease for its owner', async () => {
    const { store, pass } = open();
    const key = nextKey();
    await store.claim(key, 'a', LEASE_MS);
    expect(await store.extend(key, 'a', LONG_MS)).toBe(true);
    expect(await store.extend(key, 'b', LONG_MS)).toBe(false);
    await pass(LEASE_MS);
    expect(await store.claim(key, 'b', LONG_MS)).toMatchObject({ state: 'PROCESSING' });
    expect(await store.extend(nextKey(), 'a', LONG_MS)).toBe(false);
  });

  it('does not renew a lease that has ended', async () => {
    const { store, pass } = open();
    const key = nextKey();
    await store.claim(key, 'a', LEASE_MS);
    await pass(LEASE_MS);
    expect(await store.extend(key, 'a', LONG_MS)).toBe(false);
    expect(await store.claim(key, 'b', LONG_MS)).toEqual({ state: 'CLAIMED' });
  });

  it('notes what is done also after the lease, if nobody has taken the key since', async () => {
    const { store, pass } = open();
    const key = nextKey();
    await store.claim(key, 'slow', LEASE_MS);
    await pass(LEASE_MS);
    expect(await store.complete(key, 'slow', LONG_MS)).toBe(true);
    expect(await store.claim(key, 'other', LONG_MS)).toEqual({ state: 'DONE' });
    expect(await store.complete(key, 'other', LONG_MS)).toBe(false);
  });

  it('frees a key its owner gives back, and no other', async () => {
    const { store } = open();
    const key = nextKey();
    await store.claim(key, 'a', LONG_MS);
    await store.release(key, 'b');
    expect(await store.claim(key, 'b', LONG_MS)).toMatchObject({ state: 'PROCESSING' });
    await store.release(key, 'a');
    expect(await store.claim(key, 'b', LONG_MS)).toEqual({ state: 'CLAIMED' });
    await store.complete(key, 'b', LONG_MS);
    await store.release(key, 'b');
    expect(await store.claim(key, 'c', LONG_MS)).toEqual({ state: 'DONE' });
  });

  it('keeps apart keys with any letters in them', async () => {
    const { store } = open();
    const keys = ['', ' ', 'ä:漢', '{tag}', 'a\nb', "'; return 1 --"].map((text) => `${nextKey()}${text}`);
    for (const key of keys) expect(await store.claim(key, 'a', LONG_MS)).toEqual({ state: 'CLAIMED' });
    for (const key of keys) expect(await store.complete(key, 'a', LONG_MS)).toBe(true);
  });
}
