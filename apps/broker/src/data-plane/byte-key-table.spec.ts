import { ByteKeyTable } from './byte-key-table.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('ByteKeyTable', () => {
  it('finds a name inside a longer buffer and tells it from its prefixes', () => {
    const table = new ByteKeyTable<number>(10);
    const frame = bytes('xxTopicTestyy');
    table.set(frame, 2, 11, 1);
    expect(table.find(bytes('TopicTest'), 0, 9)).toBe(1);
    expect(table.find(bytes('TopicTes'), 0, 8)).toBeUndefined();
    expect(table.find(bytes('TopicTestA'), 0, 10)).toBeUndefined();
  });

  it('keeps its own copy of the key and replaces values', () => {
    const table = new ByteKeyTable<number>(10);
    const frame = bytes('orders');
    table.set(frame, 0, 6, 1);
    frame.fill(0);
    table.set(bytes('orders'), 0, 6, 2);
    expect(table.find(bytes('orders'), 0, 6)).toBe(2);
    expect(table.size).toBe(1);
  });

  it('starts afresh when full', () => {
    const table = new ByteKeyTable<number>(3);
    for (const [i, name] of ['__proto__', 'b', 'c', 'd'].entries()) table.set(bytes(name), 0, name.length, i);
    expect(table.size).toBe(1);
    expect(table.find(bytes('d'), 0, 1)).toBe(3);
    expect(table.find(bytes('__proto__'), 0, 9)).toBeUndefined();
  });
});
