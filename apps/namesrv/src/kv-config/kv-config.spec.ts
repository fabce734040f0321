import { silentLogger } from 'rocketmq-core/common';
import { type KvConfigStore, KvConfigTable, KvRefusedError } from './kv-config-table.js';

class MemoryStore implements KvConfigStore {
  saved: Array<Record<string, Record<string, string>>> = [];
  content: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;
  load = () => this.content;
  save = async (table: ReadonlyMap<string, ReadonlyMap<string, string>>): Promise<void> => {
    this.saved.push(Object.fromEntries([...table].map(([namespace, items]) => [namespace, Object.fromEntries(items)])));
  };
}

const setUp = (limit = 10) => {
  const store = new MemoryStore();
  return { store, table: new KvConfigTable(store, () => limit, silentLogger) };
};

describe('KvConfigTable', () => {
  it('keeps what is put, in the file before it answers', async () => {
    const { store, table } = setUp();
    await table.put('NS', 'k', 'v');
    expect(store.saved).toEqual([{ NS: { k: 'v' } }]);
    expect(table.get('NS', 'k')).toBe('v');
    expect(table.get('NS', 'other')).toBeUndefined();
    await table.delete('NS', 'k');
    expect(store.saved.at(-1)).toEqual({ NS: {} });
    expect(table.namespace('NS')).toEqual(new Map());
    expect(table.namespace('None')).toBeUndefined();
    await table.delete('None', 'k');
    expect(store.saved).toHaveLength(2);
  });

  it('starts with what the file holds, hostile names included', async () => {
    const { store, table } = setUp(2);
    store.content = new Map([['__proto__', new Map([['constructor', 'x']])]]);
    table.load();
    expect(table.get('__proto__', 'constructor')).toBe('x');
    expect(table.get('toString', 'x')).toBeUndefined();
    await table.put('b', 'k', '1');
    await expect(table.put('c', 'k', '1')).rejects.toThrow('maxKvItemCount');
    await table.put('b', 'k', '2');
    expect(table.get('b', 'k')).toBe('2');
  });

  it('refuses empty and oversized names and values', async () => {
    const { table } = setUp();
    for (const [namespace, key, value] of [
      ['', 'k', 'v'],
      ['NS', '', 'v'],
      ['NS', 'k'.repeat(513), 'v'],
      ['NS', 'k', 'v'.repeat(65_537)],
    ] as const) {
      await expect(table.put(namespace, key, value)).rejects.toThrow(KvRefusedError);
    }
    expect(table.namespace('NS')).toBeUndefined();
  });

  it('says that saving failed to the one who asked, and saves again for the next', async () => {
    const { store, table } = setUp();
    const { save } = store;
    store.save = () => Promise.reject(new Error('disk full'));
    await expect(table.put('NS', 'a', '1')).rejects.toThrow('disk full');
    await table.settled();
    store.save = save;
    await table.put('NS', 'b', '2');
    expect(store.saved).toEqual([{ NS: { a: '1', b: '2' } }]);
  });
});
