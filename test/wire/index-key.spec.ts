// Index hashes as Java's IndexFile computes them, and the same from bytes.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { javaStringHashCode } from 'rocketmq-core/common';
import { hashOfBytes, indexKeyHash, tagPrefixHash, topicHash, unsignedHash } from '../../libs/rocketmq-core/src/store/index/index-key.js';

interface Row {
  key: string;
  hash: number;
  slotOf5000000: number;
}

const golden = JSON.parse(gunzipSync(readFileSync(new URL('../golden/values.json.gz', import.meta.url))).toString('utf8')) as Record<
  string,
  unknown
>;
const rows = golden['indexKeyHash'] as Row[];

describe('index keys', () => {
  it.each(rows)('hash of $key', ({ key, hash, slotOf5000000 }) => {
    expect(unsignedHash(javaStringHashCode(key))).toBe(hash);
    expect(hash % 5_000_000).toBe(slotOf5000000);
    const at = key.indexOf('#');
    if (at < 0) return;
    const topic = Buffer.from(key.slice(0, at));
    const rest = Buffer.from(`..${key.slice(at + 1)}`);
    expect(indexKeyHash(key.slice(0, at), key.slice(at + 1))).toBe(hash);
    expect(unsignedHash(hashOfBytes(topicHash(topic, 0, topic.length), rest, 2, rest.length))).toBe(hash);
  });

  it('hashes tags apart from keys', () => {
    const topic = Buffer.from('xOrdersx');
    const prefix = tagPrefixHash(topicHash(topic, 1, 7));
    expect(unsignedHash(hashOfBytes(prefix, Buffer.from('paid'), 0, 4))).toBe(indexKeyHash('Orders', 'paid', 'tag'));
    expect(indexKeyHash('Orders', 'paid', 'tag')).toBe(indexKeyHash('Orders', 'T#paid'));
    expect(indexKeyHash('Orders', 'paid', 'tag')).not.toBe(indexKeyHash('Orders', 'paid'));
  });
});
