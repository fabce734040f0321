import { ManualClock } from 'rocketmq-core/common';
import { KEEP_MS, OrderInfoTable } from './order-info-table.js';

const INVISIBLE_MS = 10_000;

function setUp() {
  const clock = new ManualClock();
  const opened: string[] = [];
  const queues = new Map([['T', 4]]);
  const groups = new Set(['g']);
  const scope = { readQueueNums: (topic: string) => queues.get(topic), hasGroup: (group: string) => groups.has(group) };
  const table = new OrderInfoTable(clock, scope);
  table.onOpen((topic, group, queueId) => opened.push(`${topic} ${group} ${queueId}`));
  const deliver = (offsets: number[], attemptId?: string, popTime = clock.now()) => ({
    popTime,
    counts: table.deliver('T', 'g', 0, { attemptId, popTime, invisibleTime: INVISIBLE_MS, offsets }, 0),
  });
  const blocks = (attemptId?: string) => table.blocks('T', 'g', 0, attemptId, INVISIBLE_MS);
  const ack = (offset: number, popTime: number) => table.acknowledge('T', 'g', 0, offset, popTime);
  return { clock, opened, queues, groups, scope, table, deliver, blocks, ack };
}

describe('an orderly delivery', () => {
  it('closes its queue until everything is acknowledged, and commits what is done from the front', () => {
    const { deliver, blocks, ack, table } = setUp();
    expect(blocks()).toBe(false);
    const { popTime } = deliver([5, 6, 9]);
    expect(blocks()).toBe(true);
    expect(table.blocks('T', 'g', 1, undefined, INVISIBLE_MS)).toBe(false);
    expect(ack(6, popTime)).toEqual({ nextOffset: 5 });
    expect(blocks()).toBe(true);
    expect(ack(5, popTime)).toEqual({ nextOffset: 9 });
    expect(ack(9, popTime)).toEqual({ nextOffset: 10 });
    expect(blocks()).toBe(false);
  });

  it('opens it when the invisible time is over, and says so', async () => {
    const { clock, deliver, blocks, opened } = setUp();
    deliver([5]);
    await clock.advance(INVISIBLE_MS - 1);
    expect([blocks(), opened]).toEqual([true, []]);
    await clock.advance(1);
    expect([blocks(), opened]).toEqual([false, ['T g 0']]);
  });

  it('is given out again to the same attempt, and does not count as delivered twice', () => {
    const { deliver, blocks } = setUp();
    deliver([5, 6], 'a1');
    expect([blocks('a1'), blocks('a2'), blocks()]).toEqual([false, true, true]);
    expect(deliver([5, 6], 'a1').counts).toEqual(['0 0 0']);
  });

  it('counts messages that come again', async () => {
    const { clock, deliver } = setUp();
    expect(deliver([5, 6]).counts).toEqual(['0 0 0']);
    await clock.advance(INVISIBLE_MS);
    expect(deliver([5, 6]).counts).toEqual(['0 qo0%5 1', '0 qo0%6 1', '0 0 1']);
    await clock.advance(INVISIBLE_MS);
    expect(deliver([6, 7]).counts).toEqual(['0 qo0%6 2', '0 0 0']);
  });

  it('keeps one message away for another time', async () => {
    const { clock, deliver, blocks, ack, table, opened } = setUp();
    const { popTime } = deliver([5, 6]);
    ack(5, popTime);
    table.setVisibleAt('T', 'g', 0, { offset: 6, popTime, visibleAtMs: clock.now() + 1000 });
    await clock.advance(999);
    expect(blocks()).toBe(true);
    await clock.advance(1);
    expect([blocks(), opened]).toEqual([false, ['T g 0']]);
    await clock.advance(INVISIBLE_MS);
    expect(opened).toEqual(['T g 0']);
  });

  it('takes no word for an earlier or another one', async () => {
    const { clock, deliver, blocks, ack, table } = setUp();
    const { popTime: earlier } = deliver([5]);
    await clock.advance(INVISIBLE_MS);
    const { popTime } = deliver([5]);
    expect(ack(5, earlier)).toBe('NOTHING');
    table.setVisibleAt('T', 'g', 0, { offset: 5, popTime: earlier, visibleAtMs: clock.now() });
    expect(blocks()).toBe(true);
    expect(ack(4, popTime)).toBe('ILLEGAL');
    expect(table.acknowledge('T', 'g', 3, 7, popTime)).toBe('UNKNOWN');
  });
});

describe('consumerOrderInfo.json', () => {
  it('brings everything back, and the opening too', async () => {
    const { clock, deliver, ack, table, scope } = setUp();
    deliver([5, 6, 9], 'a1');
    await clock.advance(INVISIBLE_MS);
    const { popTime } = deliver([5, 6, 9], 'a2');
    ack(5, popTime);
    table.setVisibleAt('T', 'g', 0, { offset: 6, popTime, visibleAtMs: clock.now() + 20_000 });
    const file = table.toFile();
    expect(file).toMatchObject({ orderInfoCount: 1, orderedConsumptionLevel: 'QUEUE' });
    expect(file.table.get('T@g')!.get(0)).toEqual({
      a: 'a2',
      cm: 1,
      i: INVISIBLE_MS,
      l: popTime,
      o: [5, 1, 4],
      oc: new Map([5, 6, 9].map((offset) => [offset, 1])),
      ot: new Map([[6, popTime + 20_000]]),
      popTime,
    });
    table.stop();
    const again = new OrderInfoTable(clock, scope);
    again.load(file);
    const opened: number[] = [];
    again.onOpen(() => opened.push(clock.now()));
    expect(again.toFile()).toEqual(file);
    expect(again.acknowledge('T', 'g', 0, 9, popTime)).toEqual({ nextOffset: 6 });
    await clock.advance(20_000);
    expect(opened).toEqual([popTime + 20_000]);
    again.load({ ...file, table: new Map([['T@g', new Map([[0, { cm: 0, l: 0, o: [], popTime: 0 }]])]]) });
    expect(again.count).toBe(0);
  });

  it('keeps nothing of queues, topics and groups that are gone, nor what nobody touched for a day', async () => {
    for (const end of ['queue', 'topic', 'group', 'day'] as const) {
      const { clock, deliver, table, queues, groups } = setUp();
      deliver([5]);
      expect(table.toFile().orderInfoCount).toBe(1);
      if (end === 'queue') queues.set('T', 0);
      if (end === 'topic') queues.delete('T');
      if (end === 'group') groups.delete('g');
      if (end === 'day') await clock.advance(KEEP_MS + 1);
      expect([end, table.toFile().table.size]).toEqual([end, 0]);
    }
  });

  it('forgets a queue whose offset was reset', () => {
    const { deliver, table, blocks } = setUp();
    deliver([5]);
    table.clear('T', 'g', 0);
    expect([blocks(), table.count]).toEqual([false, 0]);
  });
});
