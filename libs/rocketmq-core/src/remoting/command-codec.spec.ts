import { MalformedCommandError } from '../errors/index.js';
import type { RemotingCommand, SerializeType } from '../protocol/index.js';
import { decodeCommand, encodeCommand } from './command-codec.js';

function command(change: Partial<RemotingCommand> = {}): RemotingCommand {
  return {
    code: 105,
    language: 0,
    version: 479,
    opaque: 7,
    flag: 0,
    remark: undefined,
    extFields: new Map([['topic', 'TopicTest']]),
    body: undefined,
    serializeType: 'JSON',
    ...change,
  };
}

/** A frame with the given JSON header text. */
function jsonFrame(header: string): Buffer {
  const text = Buffer.from(header);
  const frame = Buffer.alloc(8 + text.length);
  frame.writeInt32BE(4 + text.length, 0);
  frame.writeInt32BE(text.length, 4);
  text.copy(frame, 8);
  return frame;
}

/** A ROCKETMQ frame whose extFields block is the given bytes. */
function binaryFrame(fields: Buffer, extLength = fields.length, remarkLength = 0): Buffer {
  const frame = Buffer.alloc(8 + 21 + fields.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(frame.length - 8, 4);
  frame[4] = 1;
  frame.writeInt32BE(remarkLength, 8 + 13);
  frame.writeInt32BE(extLength, 8 + 17);
  fields.copy(frame, 29);
  return frame;
}

function field(key: string, value: string): Buffer {
  const bytes = Buffer.alloc(6 + key.length + value.length);
  bytes.writeInt16BE(key.length, 0);
  bytes.write(key, 2);
  bytes.writeInt32BE(value.length, 2 + key.length);
  bytes.write(value, 6 + key.length);
  return bytes;
}

describe('encodeCommand', () => {
  it('writes the JSON form byte for byte as Java', () => {
    const expected =
      '{"code":105,"extFields":{"topic":"TopicTest"},"flag":0,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON","version":479}';
    expect(encodeCommand(command()).subarray(8).toString()).toBe(expected);
    expect(encodeCommand(command()).subarray(0, 8).toString('hex')).toBe('0000008700000083');
  });

  it('writes the ROCKETMQ form byte for byte as Java', () => {
    const expected = '0000002d0100002900690001df000000070000000000000000000000140005746f70696300000009546f70696354657374';
    expect(encodeCommand(command({ serializeType: 'ROCKETMQ' })).toString('hex')).toBe(expected);
  });

  it('falls back to JSON for a code that ROCKETMQ would truncate', () => {
    const frame = encodeCommand(command({ code: 200_050, serializeType: 'ROCKETMQ' }));
    expect(frame[4]).toBe(0);
    expect(decodeCommand(frame).code).toBe(200_050);
  });

  it.each<SerializeType>(['JSON', 'ROCKETMQ'])('keeps every member in %s', (serializeType) => {
    const full = command({
      opaque: -5,
      flag: 3,
      remark: 'größer \u0001 "x"',
      extFields: new Map([
        ['__proto__', 'p'],
        ['i', 'KEYS\u0001a b\u0002ümlaut\u0001✓\u0002'],
        ['10', 'first'],
      ]),
      body: Uint8Array.of(0, 255),
      serializeType,
    });
    expect(decodeCommand(encodeCommand(full))).toEqual(full);
  });

  it.each<[string, Partial<RemotingCommand>]>([
    ['a body that fills more than a frame', { body: new Uint8Array(16 * 1024 * 1024) }],
    ['a header above 1 MiB', { extFields: new Map([['a', 'x'.repeat(1024 * 1024)]]) }],
    ['a key that needs more than 16 bits', { extFields: new Map([['k'.repeat(32_768), '1']]), serializeType: 'ROCKETMQ' }],
  ])('refuses %s', (_what, change) => {
    expect(() => encodeCommand(command(change))).toThrow(MalformedCommandError);
  });
});

describe('decodeCommand', () => {
  it('copies the body: the frame may be overwritten', () => {
    const frame = encodeCommand(command({ body: Uint8Array.of(1, 2, 3) }));
    const decoded = decodeCommand(frame);
    frame.fill(9);
    expect(decoded.body).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('takes numbers and booleans in extFields as text, also beyond 2^53', () => {
    const { extFields } = decodeCommand(jsonFrame('{"code":1,"extFields":{"a":1,"b":true,"c":9223372036854775807,"d":null,"e":{"x":1}}}'));
    expect(Object.fromEntries(extFields!)).toEqual({ a: '1', b: 'true', c: '9223372036854775807', e: '{"x":1}' });
  });

  it('reads the dialect where strict JSON ends', () => {
    const { code, extFields } = decodeCommand(jsonFrame("{'code':10, 'extFields':{'a':'b',},}"));
    expect(code).toBe(10);
    expect(extFields).toEqual(new Map([['a', 'b']]));
  });

  it('tells absent extFields from empty ones', () => {
    expect(decodeCommand(jsonFrame('{"code":1}')).extFields).toBeUndefined();
    expect(decodeCommand(jsonFrame('{"code":1,"extFields":{}}')).extFields).toEqual(new Map());
  });

  it('gives an unknown language -1, by name or number', () => {
    expect(decodeCommand(jsonFrame('{"code":1,"language":"KLINGON"}')).language).toBe(-1);
    expect(decodeCommand(jsonFrame('{"code":1,"language":99}')).language).toBe(-1);
    expect(decodeCommand(jsonFrame('{"code":1,"language":9}')).language).toBe(9);
    expect(decodeCommand(jsonFrame('{"code":1,"language":"GO"}')).language).toBe(9);
  });

  it('lets the later of two equal binary keys win, and takes an empty value as absent', () => {
    const frame = binaryFrame(Buffer.concat([field('a', '1'), field('a', '2'), field('b', '')]));
    expect(decodeCommand(frame).extFields).toEqual(new Map([['a', '2']]));
  });

  it.each([
    ['no JSON', jsonFrame('hello')],
    ['an array', jsonFrame('[1]')],
    ['null', jsonFrame('null')],
    ['no code', jsonFrame('{"flag":0}')],
    ['a code with a fraction', jsonFrame('{"code":1.5}')],
    ['a code beyond 32 bits', jsonFrame('{"code":4294967296}')],
    ['an opaque that is text', jsonFrame('{"code":1,"opaque":"x"}')],
    ['extFields that are a list', jsonFrame('{"code":1,"extFields":[1]}')],
    ['extFields nested too deep', jsonFrame(`{"code":1,'extFields':{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`)],
    ['a binary remark beyond the header', binaryFrame(Buffer.alloc(0), 0, 100)],
    ['a negative binary remark length', binaryFrame(Buffer.alloc(0), 0, -1)],
    ['an extFields length that does not fit', binaryFrame(field('a', '1'), 3)],
    ['a binary field cut off', binaryFrame(field('abc', 'def').subarray(0, 4))],
    ['a binary value beyond the header', binaryFrame(Buffer.from([0, 1, 0x61, 0x7f, 0xff, 0xff, 0xff]))],
    ['a negative binary value length', binaryFrame(Buffer.from([0, 1, 0x61, 0xff, 0xff, 0xff, 0xff]))],
    ['a frame shorter than its head', Buffer.from([0, 0, 0, 4])],
    ['a frame of another length than it says', Buffer.concat([jsonFrame('{"code":1}'), Buffer.from([1])])],
  ])('refuses %s', (_what, frame) => {
    expect(() => decodeCommand(frame)).toThrow(MalformedCommandError);
  });
});
