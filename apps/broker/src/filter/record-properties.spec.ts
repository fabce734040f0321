// Properties read from a record's bytes are those that decoding all of them gives.
import fc from 'fast-check';
import { decodeProperties, encodeRecord } from 'rocketmq-core/message';
import { RecordProperties } from './record-properties.js';

const HOST = '127.0.0.1:10911';

function recordOf(properties: string): Uint8Array {
  return encodeRecord({
    topic: 'T',
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 0,
    bornHost: HOST,
    storeTimestamp: 0,
    storeHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from('body'),
    properties,
  });
}

describe('RecordProperties', () => {
  const reader = new RecordProperties();

  it('is decodeProperties, name by name', () => {
    const piece = fc.constantFrom('a', 'ab', 'b', '\u0001', '\u0002', '\u0001', '\u0002', '1', '中', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const bytes = recordOf(text);
        expect(reader.read(bytes, 0, bytes.length)).toBe(true);
        const decoded = decodeProperties(text);
        for (const name of ['a', 'ab', 'b', '1', 'ba', 'aa']) expect([name, reader.get(name)]).toEqual([name, decoded.get(name)]);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('finds its record anywhere in a buffer and refuses what is none', () => {
    const bytes = recordOf('a\u00011\u0002b\u00012\u0002');
    const padded = new Uint8Array(bytes.length + 20);
    padded.set(bytes, 7);
    expect(reader.read(padded.subarray(3), 4, bytes.length)).toBe(true);
    expect([reader.get('a'), reader.get('b'), reader.get('c')]).toEqual(['1', '2', undefined]);
    expect(reader.read(padded, 0, bytes.length)).toBe(false);
    expect(reader.read(bytes, 0, bytes.length - 1)).toBe(false);
  });
});
