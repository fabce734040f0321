import { formatProperties, parseProperties } from './properties-file.js';

const read = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text));

describe('parseProperties', () => {
  it.each([
    ['listenPort=9876', { listenPort: '9876' }],
    ['listenPort = 9876', { listenPort: '9876' }],
    ['listenPort:9876\nbrokerName broker-a', { listenPort: '9876', brokerName: 'broker-a' }],
    ['a==b', { a: '=b' }],
    ['a: =b', { a: '=b' }],
    ['onlyKey', { onlyKey: '' }],
    ['# comment\n  ! other comment\n\n a=1', { a: '1' }],
    ['a=1 \\\n   2 \\\r\n\t3\nb=4', { a: '1 2 3', b: '4' }],
    ['a=1\\\\\nb=2', { a: '1\\', b: '2' }],
    ['a=end\\', { a: 'end' }],
    ['a\\ b\\:c\\=d=1', { 'a b:c=d': '1' }],
    ['a=\\u4e2d\\u6587\\t\\q', { a: '中文\tq' }],
    ['a=first\na=second', { a: 'second' }],
    ['\uFEFFa=1', { a: '1' }],
    ['a=1 # no comment here', { a: '1 # no comment here' }],
    ['a=trailing  ', { a: 'trailing  ' }],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('keeps hostile keys as plain keys', () => {
    const entries = parseProperties('__proto__=x\nconstructor=y');
    expect([...entries]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('names the line of a malformed unicode escape', () => {
    expect(() => parseProperties('a=1\nb=\\u12g4')).toThrow('line 2');
  });
});

describe('formatProperties', () => {
  it('writes what parseProperties reads back', () => {
    const entries: Array<[string, string]> = [
      ['plain', 'a;b=c:d'],
      ['windows', 'C:\\store\\new'],
      ['key with = and :', ' leading blank'],
      ['#hash', 'tab\tnewline\nend'],
      ['empty', ''],
      ['中', '文'],
    ];
    expect([...parseProperties(formatProperties(entries))]).toEqual(entries);
  });
});
