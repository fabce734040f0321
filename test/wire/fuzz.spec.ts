// Captured frames, damaged at random: the codec and every row either read them or say why not, with the errors made for that.
import fc from 'fast-check';
import { MalformedCommandError } from 'rocketmq-core/errors';
import {
  BodyDecodeError,
  decodeHeader,
  decodeHeartbeatData,
  decodeLockBatchRequest,
  decodeRegisterBrokerBody,
  decodeTopicRouteData,
  encodeHeader,
  HeaderDecodeError,
  JsonSyntaxError,
  REQUEST_TABLE,
} from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';
import { GOLDEN_FAMILIES, goldenExchanges } from '../support/golden-exchanges.js';

const EXPECTED = [MalformedCommandError, HeaderDecodeError, BodyDecodeError, JsonSyntaxError];
const READERS = new Map<number, (body: Uint8Array, fields: ReadonlyMap<string, string>) => unknown>([
  [34, (body) => decodeHeartbeatData(body)],
  [41, (body) => decodeLockBatchRequest(body)],
  [103, (body, fields) => decodeRegisterBrokerBody(body, { compressed: fields.get('compressed') === 'true' })],
  [217, (body) => decodeTopicRouteData(body)],
]);

/** One frame per request, serialisation and version of peer. */
const frames = new Map<string, Buffer>();
for (const family of GOLDEN_FAMILIES) {
  for (const { code, serialization, requestHex, decoded } of goldenExchanges(family)) {
    if (requestHex.length < 8000) frames.set(`${code} ${serialization} ${decoded.request.version}`, Buffer.from(requestHex, 'hex'));
  }
}
const FRAMES = [...frames.values()];

/** True when it was read. Any error but the expected ones fails the test. */
function read(frame: Uint8Array): boolean {
  try {
    const command = decodeCommand(frame);
    for (const row of REQUEST_TABLE.values()) {
      if (row.code !== command.code) continue;
      const header = decodeHeader(row.name, row.request.header, command.extFields);
      encodeHeader(row.request.header, header);
    }
    READERS.get(command.code)?.(command.body ?? new Uint8Array(0), command.extFields ?? new Map<string, string>());
    return true;
  } catch (error) {
    if (EXPECTED.some((type) => error instanceof type)) return false;
    throw error;
  }
}

describe('damaged frames', () => {
  it('are as whole as they were captured to begin with', () => {
    expect(FRAMES.length).toBeGreaterThan(150);
    expect(FRAMES.filter(read).length).toBeGreaterThan(FRAMES.length * 0.9);
  });

  it('are refused with the error for it, or read', () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255), cut: fc.nat(3), insert: fc.nat(3) });
    fc.assert(
      fc.property(fc.nat(FRAMES.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }), (pick, changes) => {
        let bytes = [...FRAMES[pick]!];
        for (const { at, byte, cut, insert } of changes) {
          bytes.splice(8 + Math.floor(at * (bytes.length - 8)), cut, ...Array.from({ length: insert }, () => byte));
        }
        bytes = bytes.slice(0, 16_000);
        const frame = Buffer.from(bytes);
        frame.writeInt32BE(frame.length - 4, 0);
        read(frame);
      }),
      { numRuns: 4000 },
    );
  });

  it('with any field value at all are refused by field name, or read', () => {
    const rows = [...REQUEST_TABLE.values()];
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '',
        '-1',
        '9223372036854775807',
        '9223372036854775808',
        '1e3',
        '0x10',
        ' 1',
        '3.0',
        'NaN',
        'null',
        '__proto__',
        '../../x',
        'a'.repeat(300),
      ),
    );
    fc.assert(
      fc.property(fc.nat(rows.length - 1), fc.array(text, { minLength: 30, maxLength: 30 }), (pick, values) => {
        const row = rows[pick]!;
        const names = Object.entries(row.request.header).map(([name, field]) => field.wire ?? name);
        const fields = new Map(names.map((name, i) => [name, values[i]!]));
        fields.set('__proto__', 'x');
        try {
          const header = decodeHeader(row.name, row.request.header, fields);
          const again = decodeHeader(row.name, row.request.header, encodeHeader(row.request.header, header as never));
          expect(again).toEqual(header);
        } catch (error) {
          if (!(error instanceof HeaderDecodeError)) throw error;
          expect(names).toContain(error.field);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
