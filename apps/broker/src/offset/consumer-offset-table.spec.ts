import { DecisionVersion } from '../decision-version.js';
import { ConsumerOffsetTable } from './consumer-offset-table.js';

const table = (step = 500): ConsumerOffsetTable => new ConsumerOffsetTable(new DecisionVersion(), step, () => 1_700_000_000_000);

describe('ConsumerOffsetTable', () => {
  it('tells "never committed" from 0 and lets offsets go back', () => {
    const offsets = table();
    expect(offsets.query('T', 'G', 0)).toBe(-1);
    offsets.commit('T', 'G', 3, 10);
    expect(offsets.query('T', 'G', 3)).toBe(10);
    expect(offsets.query('T', 'G', 0)).toBe(-1);
    offsets.commit('T', 'G', 3, 0);
    expect(offsets.query('T', 'G', 3)).toBe(0);
  });

  it('keeps names such as __proto__ apart from everything else', () => {
    const offsets = table();
    offsets.commit('__proto__', 'constructor', 0, 1);
    expect(offsets.query('__proto__', 'constructor', 0)).toBe(1);
    expect(offsets.query('T', 'constructor', 0)).toBe(-1);
    expect(({} as Record<string, unknown>).constructor).toBe(Object);
  });

  it('gives the file form and takes it back', () => {
    const offsets = table(1);
    offsets.commit('T', 'G', 0, 15);
    offsets.commit('T', 'G', 1, 12);
    offsets.commit('%RETRY%G', 'G', 0, 3);
    offsets.of('T', 'only asked');
    const file = offsets.toFile();
    expect([...file.offsetTable]).toEqual([
      [
        'T@G',
        new Map([
          [0, 15],
          [1, 12],
        ]),
      ],
      ['%RETRY%G@G', new Map([[0, 3]])],
    ]);
    expect(file.groupTopicMap.get('G')).toEqual(['T', '%RETRY%G']);
    expect(file.dataVersion).toEqual({ counter: 3, stateVersion: 0, timestamp: 1_700_000_000_000 });
    const other = table();
    expect(other.load(file)).toBe(0);
    expect(other.toFile().offsetTable).toEqual(file.offsetTable);
  });

  it('refuses impossible entries of a file and keeps the rest', () => {
    const offsets = table();
    const refused = offsets.load({
      dataVersion: { counter: 0, stateVersion: 0, timestamp: 0 },
      offsetTable: new Map([
        ['no separator', new Map([[0, 1]])],
        [
          'T@G',
          new Map([
            [-1, 1],
            [0, -5],
            [2_000_000_000, 1],
            [1, 7],
          ]),
        ],
      ]),
    });
    expect(refused).toBe(4);
    expect(offsets.query('T', 'G', 1)).toBe(7);
  });

  it('drops what belonged to a removed topic or group and tells the data plane', () => {
    const decisions = new DecisionVersion();
    const offsets = new ConsumerOffsetTable(decisions, 500, () => 0);
    offsets.commit('T', 'G', 0, 1);
    offsets.commit('U', 'G', 0, 1);
    const before = decisions.value;
    offsets.removeTopic('T');
    expect(offsets.topicsOf('G')).toEqual(['U']);
    offsets.removeGroup('G');
    expect(offsets.query('U', 'G', 0)).toBe(-1);
    expect(decisions.value).toBe(before + 2);
  });
});
