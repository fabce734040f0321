// Registration of filters: versions, groups that go and come back, the file in Apache's form, limits.
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { readConsumerFilters, writeConsumerFilters } from '../lifecycle/state-file-codecs.js';
import { ConsumerFilterTable } from './consumer-filter-table.js';
import { CACHED_FILTERS_MAX, FilterCompiler, isBroken } from './filter-compiler.js';

const DAY_MS = 86_400_000;
const SETTINGS = { maxErrorRateOfBloomFilter: 20, expectConsumerNumUseFilter: 32, filterDataCleanTimeSpan: DAY_MS };

function setUp() {
  const clock = new ManualClock(1_795_227_432_766);
  const table = new ConsumerFilterTable(SETTINGS, new FilterCompiler(), () => clock.now(), silentLogger);
  return { clock, table };
}

const subscription = (topic: string, subString: string, subVersion: number, expressionType = 'SQL92') => ({
  topic,
  subString,
  subVersion,
  expressionType,
  tagsSet: [],
  codeSet: [],
  classFilterMode: false,
});

/** As a 5.5.0 broker wrote it: consumerFilter.json of a group that had gone when the broker stopped. */
const APACHES_FILE = `{
	"filterDataByTopic":{
		"Norm":{
			"groupFilterData":{
				"SqlGroup":{
					"bloomFilterData":{
						"bitNum":112,
						"bitPos":[67,52,83]
					},
					"bornTime":1795227432766,
					"clientVersion":1795227431541,
					"consumerGroup":"SqlGroup",
					"dead":true,
					"deadTime":1795227448049,
					"expression":"a > 5 AND b = 'x'",
					"expressionType":"SQL92",
					"topic":"Norm"
				}
			},
			"topic":"Norm"
		}
	}
}`;

describe('ConsumerFilterTable', () => {
  it('registers what is SQL92 and compiles, under group and topic', () => {
    const { table } = setUp();
    table.register('g', [
      subscription('T', 'a > 1', 5),
      subscription('U', '*', 5, 'TAG'),
      subscription('V', 'a > > 1', 5),
      subscription('W', '', 5),
    ]);
    expect(table.find('T', 'g')?.compiled.matches(new Map([['a', '2']]))).toBe(true);
    expect(['U', 'V', 'W', '__proto__'].map((topic) => table.find(topic, 'g'))).toEqual([undefined, undefined, undefined, undefined]);
    expect(table.find('T', 'other')).toBeUndefined();
    expect(table.size).toBe(1);
  });

  it('gives way only to a greater version, and a broken text takes the old filter with it', () => {
    const { table } = setUp();
    table.register('g', [subscription('T', 'a > 1', 5)]);
    for (const version of [4, 5]) table.register('g', [subscription('T', 'a > 2', version)]);
    expect(table.find('T', 'g')!.record).toMatchObject({ expression: 'a > 1', clientVersion: 5 });
    table.register('g', [subscription('T', 'a > 1', 6)]);
    expect(table.find('T', 'g')!.record).toMatchObject({ expression: 'a > 1', clientVersion: 6 });
    table.register('g', [subscription('T', 'a > 2', 7)]);
    expect(table.find('T', 'g')!.record).toMatchObject({ expression: 'a > 2', clientVersion: 7 });
    table.register('g', [subscription('T', 'a >', 8)]);
    expect(table.find('T', 'g')).toBeUndefined();
    expect(table.size).toBe(0);
  });

  it('keeps the filter of a group that has gone for a day, and takes it up again', async () => {
    const { table, clock } = setUp();
    table.register('g', [subscription('T', 'a > 1', 5)]);
    table.register('h', [subscription('T', 'a > 1', 5)]);
    await clock.advance(1000);
    table.unregister('g');
    expect(table.find('T', 'g')!.record).toMatchObject({ dead: true, deadTime: clock.now() });
    expect(table.find('T', 'h')!.record).toMatchObject({ dead: false, deadTime: 0 });
    table.register('g', [subscription('T', 'a > 1', 5)]);
    expect(table.find('T', 'g')!.record).toMatchObject({ dead: false, deadTime: 0 });
    table.register('g', [subscription('U', 'a > 1', 6)]);
    expect(table.find('T', 'g')!.record.dead).toBe(true);
    await clock.advance(DAY_MS - 1);
    table.toFile();
    expect(table.find('T', 'g')).toBeDefined();
    await clock.advance(1);
    expect([...table.toFile().filterDataByTopic.get('T')!.groupFilterData.keys()]).toEqual(['h']);
    expect(table.find('T', 'g')).toBeUndefined();
  });

  it('reads and writes the file of a 5.5.0 broker', () => {
    const { table } = setUp();
    table.load(readConsumerFilters(APACHES_FILE));
    expect(table.find('Norm', 'SqlGroup')?.compiled.matches(new Map(Object.entries({ a: '6', b: 'x' })))).toBe(true);
    expect(writeConsumerFilters(table.toFile())).toBe(APACHES_FILE);
  });

  it('counts every group of a file as gone until it is heard of, and leaves out what does not compile', async () => {
    const { table, clock } = setUp();
    await clock.advance(60_000);
    const alive = APACHES_FILE.replace('1795227448049', '0').replace('"dead":true', '"dead":false');
    table.load(readConsumerFilters(alive));
    expect(table.find('Norm', 'SqlGroup')!.record).toMatchObject({ dead: true, deadTime: clock.now() - 30_000 });
    table.load(readConsumerFilters(alive.replace('a > 5 AND', 'a > > 5 AND')));
    expect(table.size).toBe(0);
  });

  it('is written with bit positions of the shape that is configured', () => {
    const wide = { ...SETTINGS, maxErrorRateOfBloomFilter: 1, expectConsumerNumUseFilter: 64 };
    const table = new ConsumerFilterTable(wide, new FilterCompiler(), () => 0, silentLogger);
    table.register('a-consumer-group-with-a-long-name', [subscription('T', 'a > 1', 5)]);
    const { bitNum, bitPos } = table.find('T', 'a-consumer-group-with-a-long-name')!.record.bloomFilterData;
    expect([bitNum, bitPos.length]).toEqual([616, 7]);
    expect(bitPos.every((bit) => bit >= 0 && bit < bitNum)).toBe(true);
  });
});

describe('FilterCompiler', () => {
  it('compiles a text once, broken ones too, and forgets the oldest beyond its limit', () => {
    const compiler = new FilterCompiler();
    const first = compiler.compile('SQL92', 'a = 0');
    expect(compiler.compile('SQL92', 'a = 0')).toBe(first);
    expect(compiler.compile('SQL92', 'a >')).toBe(compiler.compile('SQL92', 'a >'));
    expect(isBroken(compiler.compile('SQL92', 'a >'))).toBe(true);
    for (let i = 1; i <= CACHED_FILTERS_MAX; i++) compiler.compile('SQL92', `a = ${i}`);
    expect(compiler.size).toBe(CACHED_FILTERS_MAX);
    expect(compiler.compile('SQL92', 'a = 0')).not.toBe(first);
    expect(compiler.compile('XPATH', 'a')).toEqual({ broken: 'expression type "XPATH" is unknown: it is TAG or SQL92' });
  });
});
