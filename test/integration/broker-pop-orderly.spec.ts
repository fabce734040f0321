// Orderly POP, POP requests that cannot be right, and queues that the broker shares out, over real sockets in lapsed time.
import { ConsumerOffsetTable, TopicConfigTable } from '@nest-rocketmq/broker';
import { decodeQueryAssignmentResponse, type MessageQueueAssignment } from 'rocketmq-core/protocol';
import { BACK_MS, bodies, INVISIBLE_MS, named, PopStage } from '../support/pop-stage.js';

const ORDERLY = { order: true, queueId: 0 } as const;
let stage: PopStage;

beforeEach(() => {
  stage = new PopStage();
});
afterEach(() => stage.close());

const committed = (group = 'pg'): number => stage.broker.app.get(ConsumerOffsetTable, { strict: false }).query('T', group, 0);

describe('an orderly POP', () => {
  it('closes the queue until everything is acknowledged', async () => {
    await stage.open();
    await stage.send(6, 0, 0);
    const popped = await stage.pop({ ...ORDERLY, max: 3 });
    expect([bodies(popped), popped[0]!.handle.split(' ')[3]]).toEqual([named(3), '999']);
    expect(await stage.pop(ORDERLY)).toEqual([]);
    await stage.ackAll([popped[1]!]);
    expect([await stage.pop(ORDERLY), committed()]).toEqual([[], 0]);
    await stage.ackAll([popped[0]!]);
    expect([await stage.pop(ORDERLY), committed()]).toEqual([[], 2]);
    const next = stage.pop({ ...ORDERLY, pollMs: 15_000 });
    await stage.lapse.pass(200);
    await stage.ackAll([popped[2]!]);
    expect([bodies(await next), committed()]).toEqual([named(3, 3), 3]);
  });

  it('gives the same messages again when their time is over, and counts that', async () => {
    await stage.open();
    await stage.send(2, 0, 0);
    const first = await stage.consumer.pop({ ...ORDERLY, invisibleMs: INVISIBLE_MS });
    expect(first.header!.orderCountInfo).toBe('0 0 0');
    const begin = stage.lapse.clock.now();
    const again = await stage.consumer.pop({ ...ORDERLY, invisibleMs: INVISIBLE_MS, pollMs: 20_000 });
    expect([again.code, again.header!.orderCountInfo]).toEqual([0, '0 qo0%0 1;0 qo0%1 1;0 0 1']);
    expect(stage.lapse.clock.now() - begin).toBeGreaterThan(INVISIBLE_MS - 1000);
    // An acknowledgement of the first delivery is out of date.
    const [late] = await stage.another('pg').messages({ ...ORDERLY });
    expect(late).toBeUndefined();
  });

  it('answers the same attempt again', async () => {
    await stage.open();
    await stage.send(2, 0, 0);
    expect(bodies(await stage.pop({ ...ORDERLY, attemptId: 'a' }))).toEqual(named(2));
    expect(bodies(await stage.pop({ ...ORDERLY, attemptId: 'a' }))).toEqual(named(2));
    expect(await stage.pop({ ...ORDERLY, attemptId: 'b' })).toEqual([]);
  });

  it('goes on where it was over a restart', async () => {
    await stage.open();
    await stage.send(4, 0, 0);
    const popped = await stage.pop({ ...ORDERLY, max: 2 });
    await stage.reopen();
    expect(await stage.pop(ORDERLY)).toEqual([]);
    await stage.ackAll(popped);
    expect(bodies(await stage.pop(ORDERLY))).toEqual(named(2, 2));
  });

  it('can keep one message away for another time', async () => {
    await stage.open();
    await stage.send(2, 0, 0);
    const [m0] = await stage.pop({ ...ORDERLY, max: 1 });
    const changed = await stage.consumer.changeInvisible(m0!, 2000);
    expect([changed.code, changed.header!.reviveQid, changed.header!.popTime]).toEqual([0, 999, Number(m0!.handle.split(' ')[1])]);
    const begin = stage.lapse.clock.now();
    expect(bodies(await stage.pop({ ...ORDERLY, max: 1, pollMs: 10_000 }))).toEqual(['m0']);
    expect(stage.lapse.clock.now() - begin).toBeLessThan(5000);
  });

  it('takes no acknowledgement of messages it did not deliver', async () => {
    await stage.open();
    await stage.send(4, 0, 0);
    const [m0] = await stage.pop({ ...ORDERLY, max: 2 });
    expect((await stage.consumer.ack(m0!, { offset: 3 })).code).toBe(13);
    // Of another group, of which nothing is known: it must not skip what lies before.
    expect((await stage.consumer.ack(m0!, { group: 'other', offset: 3 })).code).toBe(0);
    expect(committed('other')).toBe(-1);
    await stage.ackAll([m0!]);
    expect((await stage.consumer.ack(m0!)).code).toBe(0);
    expect(committed()).toBe(1);
  });
});

describe('a POP that cannot be right', () => {
  it.each([
    [{ topic: 'none' }, 17, 'topic[none] not exist'],
    [{ max: 0 }, 29, 'num 0 is less than 1'],
    [{ max: -3 }, 29, 'num -3 is less than 1'],
    [{ max: 33 }, 29, 'greater than 32'],
    [{ max: 2_000_000_000 }, 29, 'greater than 32'],
    [{ invisibleMs: 0 }, 29, 'invisibleTime 0 ms'],
    [{ invisibleMs: -1 }, 29, 'invisibleTime -1 ms'],
    [{ invisibleMs: Number.MAX_SAFE_INTEGER }, 29, 'is outside 1 to 259200000'],
    [{ queueId: 4 }, 29, 'queueId[4] is illegal'],
    [{ group: 'bad group!' }, 26, 'subscription group [bad group!]'],
    [{ group: '' }, 26, 'subscription group []'],
    [{ expression: '||' }, 23, 'parse the consumer'],
  ] as const)('%j', async (wish, code, text) => {
    await stage.open();
    await stage.send(4);
    const answer = await stage.consumer.pop({ pollMs: 100, ...wish });
    expect([answer.code, answer.remark]).toEqual([code, expect.stringContaining(text)]);
    // Nothing of it stays: the next POP is served.
    expect(bodies(await stage.popUntil(4))).toEqual(named(4));
  });

  it('is not served from a topic that may not be read, nor without a timer', async () => {
    await stage.open();
    await stage.send(1);
    const topics = stage.broker.app.get(TopicConfigTable, { strict: false });
    topics.put({ ...topics.find('T')!, perm: 2 });
    expect((await stage.consumer.pop()).code).toBe(16);
    await stage.reopen({ timerWheelEnable: false });
    expect((await stage.consumer.pop()).code).toBe(1);
    await stage.reopen({ brokerPermission: 2 });
    expect((await stage.consumer.pop()).code).toBe(16);
  });

  it('ends when its topic is deleted meanwhile, and so do its checkpoints', async () => {
    await stage.open();
    await stage.send(2, 0, 0);
    const popped = await stage.popUntil(2);
    stage.broker.app.get(TopicConfigTable, { strict: false }).remove('T');
    expect((await stage.consumer.ack(popped[0]!)).code).toBe(17);
    expect((await stage.consumer.pop()).code).toBe(17);
    await stage.lapse.pass(BACK_MS);
    expect(stage.broker.app.get(TopicConfigTable, { strict: false }).find('%RETRY%pg_T')).toBeUndefined();
  });
});

describe('a handle that cannot be right', () => {
  it('is refused, and the message comes back', async () => {
    await stage.open();
    await stage.send(1, 0, 0);
    const [popped] = await stage.popUntil(1);
    const items = popped!.handle.split(' ');
    const withItem = (index: number, item: string): string => items.with(index, item).join(' ');
    const outcome = async (change: Parameters<PopStage['consumer']['ack']>[1]) => {
      const { code, remark } = await stage.consumer.ack(popped!, change);
      return [code, remark];
    };
    expect(await outcome({ handle: 'nonsense' })).toEqual([1, 'extraInfo "nonsense" is no POP handle']);
    expect(await outcome({ handle: '' })).toEqual([1, expect.stringContaining('no POP handle')]);
    expect(await outcome({ handle: withItem(5, 'broker-z') })).toEqual([13, 'the handle is of broker broker-z, this is broker-a']);
    expect(await outcome({ handle: withItem(3, '77') })).toEqual([13, 'the handle names revive queue 77 of 8']);
    expect(await outcome({ handle: withItem(2, '999999999999') })).toEqual([13, expect.stringContaining('timer message illegal')]);
    expect(await outcome({ offset: 999 })).toEqual([208, 'offset is illegal, key:T@0, commit:999, store:0~1']);
    expect(await outcome({ offset: -1 })).toEqual([208, expect.stringContaining('commit:-1')]);
    expect(await outcome({ queueId: 9 })).toEqual([13, expect.stringContaining('queueId[9] is illegal')]);
    expect(await outcome({ topic: 'none' })).toEqual([17, expect.stringContaining('topic[none] not exist')]);
    // Of a delivery that never was: taken, without effect.
    expect(await outcome({ handle: withItem(1, '1') })).toEqual([0, undefined]);
    expect((await stage.consumer.changeInvisible(popped!, 0)).code).toBe(29);
    expect((await stage.consumer.changeInvisible({ ...popped!, handle: 'x' }, 1000)).code).toBe(1);
    expect(bodies(await stage.popUntil(1))).toEqual(['m0']);
  });
});

describe('queues shared out by the broker', () => {
  const ask = async (change: object = {}): Promise<MessageQueueAssignment[] | undefined> => {
    const request = {
      topic: 'T',
      consumerGroup: 'pg',
      clientId: 'c1',
      strategyName: 'AVG',
      messageModel: 'CLUSTERING',
      ...change,
    } as const;
    const { code, body } = await stage.consumer.assignment(request);
    expect(code).toBe(0);
    return decodeQueryAssignmentResponse(body);
  };
  const queueIds = (assignments: MessageQueueAssignment[] | undefined): Array<[number, string]> | undefined =>
    assignments?.map(({ messageQueue, mode }): [number, string] => [messageQueue.queueId, mode]).toSorted(([a], [b]) => a - b);

  it('are pulled until an administrator says POP, and popped over a restart too', async () => {
    await stage.open();
    await stage.send(4);
    expect(await ask()).toBeUndefined();
    await stage.sender.heartbeat('c1', 'pg', { T: 1 });
    const pulled = [0, 1, 2, 3].map((queueId): [number, string] => [queueId, 'PULL']);
    expect(queueIds(await ask())).toEqual(pulled);
    const mode = { topic: 'T', consumerGroup: 'pg', mode: 'POP', popShareQueueNum: 0 } as const;
    expect((await stage.consumer.setMode(mode)).code).toBe(0);
    expect(queueIds(await ask())).toEqual([[-1, 'POP']]);
    await stage.reopen();
    await stage.sender.heartbeat('c1', 'pg', { T: 1, '%RETRY%pg': 1 });
    expect(queueIds(await ask())).toEqual([[-1, 'POP']]);
    expect(queueIds(await ask({ messageModel: 'BROADCASTING' }))?.length).toBe(4);
    expect(await ask({ strategyName: 'CONSISTENT_HASH' })).toBeUndefined();
    expect(await ask({ topic: 'none' })).toBeUndefined();
    const refused = await Promise.all([
      stage.consumer.setMode({ ...mode, topic: '%RETRY%pg' }),
      stage.consumer.setMode({ ...mode, topic: 'none' }),
      stage.consumer.setMode({ ...mode, consumerGroup: 'bad group!' }),
    ]);
    expect(refused.map(({ code, remark }) => [code, remark])).toEqual([
      [16, 'retry topic is not allowed to set mode'],
      [17, 'topic[none] not exist'],
      [26, 'subscription group does not exist'],
    ]);
  });

  it('are all of them where the broker is told not to share', async () => {
    await stage.open({ serverLoadBalancerEnable: false, defaultMessageRequestMode: 'POP' });
    await stage.send(4);
    expect(queueIds(await ask())?.map(([, mode]) => mode)).toEqual(['POP', 'POP', 'POP', 'POP']);
  });
});
