import fc from 'fast-check';
import { BodyReader, JSON_DEPTH_MAX, JsonSyntaxError, jsonBytes, parseJson, writeJson } from './index.js';

describe('parseJson', () => {
  it.each([
    ['{"brokerAddrs":{0:"a:1",1:"b:2"}}', new Map([[0, 'a:1'], [1, 'b:2']])],
    ['{"brokerAddrs":{"0":"a:1"}}', { 0: 'a:1' }],
    ["{'brokerAddrs':'x',}", 'x'],
    ['{"brokerAddrs":[1,2,],}', [1, 2]],
    [' { "brokerAddrs" : \t-1.5E3 \n} ', -1500],
    ['{"brokerAddrs":9007199254740993}', 9007199254740993n],
    ['{"brokerAddrs":-9223372036854775808}', -9223372036854775808n],
    ['{"brokerAddrs":"\\u0001\\t\\/\\x41\\\\"}', '\u0001\t/A\\'],
    ['{"brokerAddrs":null}', null],
  ])('%s', (text, expected) => {
    const value = (parseJson(text) as Record<string, unknown>)['brokerAddrs'];
    expect(value instanceof Map ? value : JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)))).toEqual(
      typeof expected === 'bigint' ? `${expected}n` : expected,
    );
  }); // prettier-ignore

  it('reads objects as keys', () => {
    const { offsetTable } = parseJson(
      '{"offsetTable":{{"brokerName":"b","queueId":1,"topic":"T"}:5,{"topic":"T","queueId":2,"brokerName":"b"}:6}}',
    ) as { offsetTable: Map<object, number> };
    expect([...offsetTable].map(([key, value]) => [{ ...key }, value])).toEqual([
      [{ brokerName: 'b', queueId: 1, topic: 'T' }, 5],
      [{ brokerName: 'b', queueId: 2, topic: 'T' }, 6],
    ]);
  });

  it('follows $ref to members, elements and object keys', () => {
    const { a, b, c, d } = parseJson(
      '{"a":{"x":[{"y":1}]},"b":{"$ref":"$.a.x[0]"},"c":{{"brokerName":"b","queueId":1,"topic":"T"}:{"o":7}},"d":{"$ref":"$.c.MessageQueue\\\\ \\\\[topic\\\\=T\\\\,\\\\ brokerName\\\\=b\\\\,\\\\ queueId\\\\=1\\\\]"}}',
    ) as Record<string, unknown>;
    expect(a).toBeDefined();
    expect({ ...(b as object) }).toEqual({ y: 1 });
    expect(c).toBeInstanceOf(Map);
    expect({ ...(d as object) }).toEqual({ o: 7 });
    expect((parseJson('{"z":{"$ref":"$.nowhere[3]"}}') as Record<string, unknown>)['z']).toBeNull();
  });

  it('keeps hostile names as plain members and leaves prototypes alone', () => {
    const value = parseJson('{"__proto__":{"polluted":1},"constructor":2}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses what is too deep, without a stack overflow', () => {
    expect(() => parseJson('['.repeat(1_000_000))).toThrow(new RegExp(`deeper than ${JSON_DEPTH_MAX}`));
    expect(() => parseJson('{1:'.repeat(1_000_000))).toThrow(JsonSyntaxError);
  });

  it.each(['', '{', '{"a"}', '{"a":}', '[1 2]', '"x', '{a:1}', '{"a":1}}', '\\u12', '"\\u12"', 'tru'])('refuses %j by position', (text) => {
    expect(() => parseJson(text)).toThrow(JsonSyntaxError);
  });

  it('never throws anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonSyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what was written', () => {
    const plain = fc
      .jsonValue({ maxDepth: 4 })
      .map(
        (value) =>
          JSON.parse(
            JSON.stringify(value, (_key, each: unknown) =>
              typeof each === 'number' && (Object.is(each, -0) || Math.abs(each) > 2 ** 53 - 1) ? 0 : each,
            ),
          ) as unknown,
      );
    fc.assert(
      fc.property(plain, (value) => {
        // Members that are null are left out, as fastjson does.
        const withoutNull = JSON.parse(
          JSON.stringify(value, (_key, each: unknown) =>
            each !== null && typeof each === 'object' && !Array.isArray(each)
              ? Object.fromEntries(Object.entries(each).filter(([name, item]) => item !== null && name !== '$ref'))
              : each,
          ),
        ) as object;
        expect(JSON.parse(JSON.stringify(parseJson(writeJson(withoutNull))))).toEqual(withoutNull);
        expect(JSON.parse(writeJson(withoutNull, { standard: true }))).toEqual(withoutNull);
        expect(JSON.parse(writeJson(withoutNull, { pretty: true }))).toEqual(withoutNull);
      }),
    );
  });
});

describe('writeJson', () => {
  it('writes fastjson’s form: alphabetical members, bare numbers and objects as keys, no absent members', () => {
    expect(writeJson({ b: 1, a: undefined, c: null, aa: new Map([[0, 'x']]) })).toBe('{"aa":{0:"x"},"b":1}');
    expect(writeJson({ t: new Map([[{ topic: 'T', brokerName: 'b', queueId: 1 }, 5]]) })).toBe(
      '{"t":{{"brokerName":"b","queueId":1,"topic":"T"}:5}}',
    );
    expect(writeJson({ s: '\u0001"\\\u2028é/', d: 1.5e21, i: 1, big: 9007199254740993n, set: new Set(['a']) })).toBe(
      '{"big":9007199254740993,"d":1.5E21,"i":1,"s":"\\u0001\\"\\\\\\u2028é/","set":["a"]}',
    );
  });

  it('writes the standard form with quoted, sorted keys and no byte above ASCII', () => {
    expect(writeJson({ a: new Map([[1, 'é'], [0, 'x']]) }, { standard: true })).toBe('{"a":{"0":"x","1":"\\u00e9"}}'); // prettier-ignore
  });

  it('writes files with tabs, maps by number on one line', () => {
    expect(writeJson({ t: new Map([['T@G', new Map([[0, 5], [1, 6]])]]) }, { pretty: true })).toBe('{\n\t"t":{\n\t\t"T@G":{0:5,1:6}\n\t}\n}'); // prettier-ignore
  });
});

describe('BodyReader', () => {
  const read = (text: string): BodyReader => BodyReader.parse(jsonBytes(text));

  it('names what it refuses', () => {
    expect(() => read('{"a":{"b":[{"c":true}]}}').object('a')!.objects('b')[0]!.integer('c')).toThrow('$.a.b[0].c: an integer');
    expect(() => read('{}').string('clientID')).toThrow('$.clientID: is missing');
    expect(() => read('[]')).toThrow('an object is needed');
    expect(() => read('{"a":9007199254740993}').integer('a')).toThrow('within');
  });

  it('takes what Java takes: numbers as text, ordinals and unknown words of enums, bare and quoted keys', () => {
    const reader = read('{"n":"4","f":4.0,"w":1,"u":"NEW","b":"true","m":{0:"x","1":"y"}}');
    expect([
      reader.integer('n'),
      reader.integer('f'),
      reader.word('w', ['A', 'B'], 'A'),
      reader.word('u', ['A'], undefined),
      reader.boolean('b', false),
    ]).toEqual([4, 4, 'B', undefined, true]);
    expect(reader.numberedEntries('m')).toEqual([[0, 'x'], [1, 'y']]); // prettier-ignore
    expect(reader.string('absent', undefined)).toBeUndefined();
  });
});
