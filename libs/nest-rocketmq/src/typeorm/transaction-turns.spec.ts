// Transactions of a data source with one connection: in turn, and never one that waits for itself.
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, inTurn } from './transaction-turns.js';

function dataSource(type: string) {
  const events: string[] = [];
  const source = {
    options: { type },
    transaction: async (work: (manager: EntityManager) => Promise<unknown>) => {
      events.push('begin');
      try {
        return await work({} as EntityManager);
      } finally {
        events.push('end');
      }
    },
  };
  return { source: source as unknown as DataSource, events };
}

describe('Transactions of one connection', () => {
  it('come one after the other; those of a pool at once', async () => {
    for (const [type, expected] of [
      ['sqljs', ['begin', 'end', 'begin', 'end']],
      ['postgres', ['begin', 'begin', 'end', 'end']],
    ] as const) {
      const { source, events } = dataSource(type);
      await Promise.all([inTransaction(source, async () => 1), inTransaction(source, async () => 2)]);
      expect(events).toEqual(expected);
    }
  });

  it('refuse one inside of another, which would wait for itself', async () => {
    const { source, events } = dataSource('sqljs');
    let later: (() => Promise<number>) | undefined;
    const outer = inTransaction(source, async () => {
      later = () => inTurn(source, async () => 3);
      await inTransaction(source, async () => 2);
    });
    await expect(outer).rejects.toThrow('sqljs has one connection: a transaction inside of another would wait for it without end');
    expect(events).toEqual(['begin', 'end']);
    const pool = dataSource('postgres').source;
    expect(await inTransaction(pool, () => inTransaction(pool, async () => 2))).toBe(2);
    expect(await inTransaction(source, async () => 4)).toBe(4);
    expect(await later!()).toBe(3);
  });

  it('are none of what their work left behind', async () => {
    const { source } = dataSource('sqljs');
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let left: Promise<number> | undefined;
    await inTransaction(source, async () => {
      left = gate.then(() => inTransaction(source, async () => 5));
    });
    go();
    expect(await left).toBe(5);
  });
});
