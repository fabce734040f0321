// POP consumption over real sockets, in lapsed time: what is acknowledged stays away, everything else comes back, over restarts too.
import { ConsumerOffsetTable, MESSAGE_STORE } from '@nest-rocketmq/broker';
import { decodeMessages, type MessageExt } from 'rocketmq-core/message';
import { INVOKE_BROKER_TO_RESET_OFFSET } from 'rocketmq-core/protocol';
import type { MessageStore } from 'rocketmq-core/store';
import type { Popped } from '../support/pop-client.js';
import { BACK_MS, bodies, INVISIBLE_MS, named, PopStage } from '../support/pop-stage.js';
import { storedMessages } from '../support/stored-messages.js';

let stage: PopStage;

beforeEach(() => {
  stage = new PopStage();
});
afterEach(() => stage.close());

describe('a popped message', () => {
  it('that is acknowledged never comes again', async () => {
    await stage.open();
    await stage.send(12);
    const popped = await stage.popUntil(12);
    expect(bodies(popped)).toEqual(named(12));
    await stage.ackAll(popped);
    expect(await stage.popFor(BACK_MS + 5000)).toEqual([]);
    expect(stage.broker.app.get<MessageStore>(MESSAGE_STORE, { strict: false }).findQueue('%RETRY%pg_T', 0)).toBeUndefined();
  });

  it('is nobody else’s meanwhile, and comes back when its time is over, as itself', async () => {
    await stage.open();
    await stage.send(3, 0, 1);
    const [m0, m1, m2] = await stage.popUntil(3);
    const firstPopTime = Number(m0!.handle.split(' ')[1]);
    await stage.ackAll([m1!]);
    await stage.lapse.pass(INVISIBLE_MS - 3000);
    expect(await stage.pop()).toEqual([]);
    const again = await stage.popUntil(2);
    const waited = stage.lapse.clock.now() - firstPopTime;
    expect(waited).toBeGreaterThan(INVISIBLE_MS);
    expect(waited).toBeLessThan(BACK_MS);
    expect(bodies(again)).toEqual(['m0', 'm2']);
    for (const { message, topic, handle } of again) {
      expect(message).toMatchObject({ topic: 'T', reconsumeTimes: 1, flag: 7, tags: message.queueOffset === 0 ? 'even' : 'even' });
      expect(message.properties.get('1ST_POP_TIME')).toBe(String(firstPopTime));
      expect([message.properties.get('ORIGIN_GROUP'), message.properties.get('POP_CK'), topic]).toEqual(['pg', handle, '%RETRY%pg_T']);
      expect(message.keys).toBe(m2!.body === message.text() ? 'k2' : 'k0');
    }
    await stage.ackAll([again[0]!]);
    const third = await stage.popUntil(1);
    expect(bodies(third)).toEqual([again[1]!.body]);
    expect([third[0]!.message.reconsumeTimes, third[0]!.message.properties.get('1ST_POP_TIME')]).toEqual([2, String(firstPopTime)]);
    await stage.ackAll(third);
    expect(await stage.popFor(BACK_MS)).toEqual([]);
  });

  it('of one group is there for another', async () => {
    await stage.open();
    await stage.send(4);
    await stage.ackAll(await stage.popUntil(4));
    const other = stage.another('other');
    const got: Popped[] = [];
    await stage.lapse.until(async () => got.push(...(await other.messages())) >= 4, 10_000);
    expect(bodies(got)).toEqual(named(4));
    // A handle of somebody else, acknowledged for a group that never had it: it changes nothing for either.
    expect((await stage.another('third').ack(got[0]!)).code).toBe(0);
  });

  it('acknowledged late, but before it came back, does not come back', async () => {
    await stage.open();
    await stage.send(1);
    const [popped] = await stage.popUntil(1);
    await stage.lapse.pass(INVISIBLE_MS + 200);
    await stage.ackAll([popped!]);
    expect(await stage.popFor(BACK_MS)).toEqual([]);
  });
});

describe('the invisible time', () => {
  it('can be made shorter and longer; the new handle counts', async () => {
    await stage.open();
    await stage.send(2, 0, 0);
    const [m0, m1] = await stage.popUntil(2, { invisibleMs: 20_000 });
    const sooner = await stage.consumer.changeInvisible(m0!, 3000);
    expect([sooner.code, sooner.header!.invisibleTime, sooner.header!.reviveQid]).toEqual([0, 3000, Number(m0!.handle.split(' ')[3])]);
    const later = await stage.consumer.changeInvisible(m1!, 60_000);
    const [back] = await stage.popUntil(1);
    expect([back!.body, back!.message.reconsumeTimes, stage.lapse.clock.now() - sooner.header!.popTime > 3000]).toEqual(['m0', 1, true]);
    await stage.ackAll([back!]);
    expect(await stage.popFor(30_000)).toEqual([]);
    const parts = m1!.handle.split(' ');
    parts.splice(0, 4, String(m1!.message.queueOffset), String(later.header!.popTime), '60000', String(later.header!.reviveQid));
    await stage.ackAll([{ ...m1!, handle: parts.join(' ') }]);
    expect(await stage.popFor(60_000)).toEqual([]);
  });

  it('put off without counting as a retry', async () => {
    await stage.open();
    await stage.send(1);
    const [popped] = await stage.popUntil(1);
    expect((await stage.consumer.changeInvisible(popped!, 2000, true)).code).toBe(0);
    expect((await stage.popUntil(1))[0]!.message.reconsumeTimes).toBe(0);
  });
});

describe('a batch of acknowledgements', () => {
  it('covers several messages of several queues; what it leaves out comes back', async () => {
    await stage.open();
    for (const queueId of [0, 1]) await stage.send(4, queueId * 10, queueId);
    const popped = await stage.popUntil(8, { max: 32 });
    const acks = [0, 1].map((queueId) => {
      const [startOffset, popTime, invisibleTime, reviveQueueId] = popped
        .find(({ message }) => message.queueId === queueId)!
        .handle.split(' ')
        .map(Number);
      return {
        consumerGroup: 'pg',
        topic: 'T',
        retry: '0',
        startOffset: startOffset!,
        queueId,
        reviveQueueId: reviveQueueId!,
        popTime: popTime!,
        invisibleTime: invisibleTime!,
        distances: [0, 2, 3, 100],
      };
    });
    expect((await stage.consumer.batchAck(acks)).code).toBe(0);
    expect(bodies(await stage.popUntil(2))).toEqual(['m1', 'm11']);
  });

  it('says what is wrong with it', async () => {
    await stage.open();
    await stage.send(4, 0, 0);
    const entry = {
      consumerGroup: 'pg',
      topic: 'T',
      retry: '0',
      startOffset: 0,
      queueId: 0,
      reviveQueueId: 0,
      popTime: 1,
      invisibleTime: 1,
    };
    const outcome = async (change: object, brokerName?: string) => {
      const { code, remark } = await stage.consumer.batchAck([{ ...entry, distances: [0], ...change }], brokerName);
      return [code, remark];
    };
    expect(await outcome({ topic: 'none' })).toEqual([17, 'topic[none] has no queue 0']);
    expect(await outcome({ queueId: 9 })).toEqual([17, 'topic[T] has no queue 9']);
    expect(await outcome({ retry: '7' })).toEqual([1, 'retry "7" is none of 0, 1 and 2']);
    expect(await outcome({ reviveQueueId: 8 })).toEqual([13, 'the handle names revive queue 8 of 8']);
    expect(await outcome({}, 'broker-z')).toEqual([13, 'the handle is of broker broker-z, this is broker-a']);
    expect(await outcome({ distances: [77] })).toEqual([0, undefined]);
    expect((await stage.consumer.batchAck([])).code).toBe(208);
  });
});

describe('a POP that finds nothing', () => {
  it('waits until a message arrives, on any queue or on its own', async () => {
    await stage.open();
    await stage.send(1, 0, 3);
    await stage.ackAll(await stage.popUntil(1));
    const any = stage.pop({ pollMs: 15_000 });
    const own = stage.another().messages({ pollMs: 15_000, queueId: 2 });
    await stage.waiting(1);
    expect((await stage.consumer.pollingInfo({ queueId: 2 })).header!.pollingNum).toBe(1);
    const before = stage.lapse.clock.now();
    await stage.send(1, 7, 1);
    expect(bodies(await any)).toEqual(['m7']);
    await stage.send(1, 8, 2);
    expect(bodies(await own)).toEqual(['m8']);
    expect(stage.lapse.clock.now() - before).toBeLessThan(10_000);
  });

  it('waits for messages of its tag only, and passes over the others', async () => {
    await stage.open();
    await stage.send(1, 0, 0);
    const odd = stage.pop({ pollMs: 30_000, expression: 'odd' });
    await stage.waiting(1);
    await stage.send(1, 2, 0);
    expect((await stage.consumer.pollingInfo()).header!.pollingNum).toBe(1);
    await stage.send(1, 3, 0);
    expect(bodies(await odd)).toEqual(['m3']);
    expect((await stage.pop({ expression: 'odd' })).length).toBe(0);
    expect(stage.broker.app.get(ConsumerOffsetTable, { strict: false }).query('T', 'pg', 0)).toBe(3);
  });

  it('is woken by a message that comes back, and answered when its time is over', async () => {
    await stage.open();
    await stage.send(1);
    await stage.popUntil(1);
    expect(bodies(await stage.pop({ pollMs: 40_000 }))).toEqual(['m0']);
    const begin = stage.lapse.clock.now();
    const { code, remark, header } = await stage.consumer.pop({ pollMs: 2000 });
    expect([code, remark, header!.restNum]).toEqual([210, 'NO_MESSAGE_IN_QUEUE', 0]);
    expect(stage.lapse.clock.now() - begin).toBeGreaterThan(1900);
    expect(stage.lapse.clock.now() - begin).toBeLessThan(4000);
  });

  it('is refused when too many wait, and told when it comes too late', async () => {
    await stage.open({ popPollingSize: 1 });
    await stage.send(1);
    await stage.ackAll(await stage.popUntil(1));
    const first = stage.consumer.pop({ pollMs: 5000 });
    await stage.waiting(1);
    expect((await stage.consumer.pop({ pollMs: 5000 })).code).toBe(209);
    const late = await stage.consumer.pop({ bornTime: stage.lapse.clock.now() - 10_000, pollMs: 1000 });
    expect([late.code, late.remark]).toEqual([210, 'the broker[127.0.0.1] pop message is timeout too much']);
    expect((await first).code).toBe(210);
  });

  it('does not wait for a connection that has gone, nor keep the broker from stopping', async () => {
    await stage.open();
    await stage.send(1);
    await stage.ackAll(await stage.popUntil(1));
    const gone = stage.another();
    const lost = gone.pop({ pollMs: 30_000 }).catch((error: unknown) => error);
    await stage.waiting(1);
    await gone.close();
    expect(await lost).toBeInstanceOf(Error);
    await stage.waiting(0);
    await stage.send(1, 5);
    expect(bodies(await stage.popUntil(1))).toEqual(['m5']);
    const held = stage.consumer.pop({ pollMs: 30_000 });
    await stage.waiting(1);
    await stage.broker.stop();
    expect((await held).code).toBe(210);
  });

  it('can ask to be told first', async () => {
    await stage.open();
    await stage.send(1, 0, 0);
    expect((await stage.consumer.notification()).header).toEqual({ hasMsg: true, pollingFull: false });
    await stage.ackAll(await stage.popUntil(1));
    expect((await stage.consumer.notification({ pollMs: 1000 })).header).toEqual({ hasMsg: false, pollingFull: false });
    const told = stage.consumer.notification({ pollMs: 30_000 });
    await stage.lapse.pass(500);
    await stage.send(1, 1, 0);
    expect((await told).header).toEqual({ hasMsg: true, pollingFull: false });
  });
});

describe('many at once', () => {
  it('share the messages without getting any twice', async () => {
    await stage.open();
    const clients = Array.from({ length: 8 }, () => stage.another());
    const got: string[] = [];
    let running = true;
    const loops = clients.map(async (client) => {
      while (running) {
        const popped = await client.messages({ max: 3, pollMs: 2000 });
        got.push(...popped.map(({ body }) => body));
        await Promise.all(popped.map((one) => client.ack(one)));
      }
    });
    await stage.send(200);
    await stage.lapse.until(() => got.length >= 200, 60_000);
    running = false;
    await Promise.all(loops);
    expect(got.toSorted()).toEqual(named(200));
  });
});

describe('where a group begins', () => {
  it('is the first message, the last, or the first of a young topic', async () => {
    await stage.open({ initPopOffsetByCheckMsgInMem: false });
    await stage.send(5, 0, 0);
    expect(bodies(await stage.another('first').messages({ queueId: 0, initMode: 0 }))).toEqual(named(5));
    expect(bodies(await stage.another('last').messages({ queueId: 0, initMode: 1 }))).toEqual(['m4']);
    await stage.reopen();
    expect(bodies(await stage.another('young').messages({ queueId: 0, initMode: 1 }))).toEqual(named(5));
  });

  it('moves with an administrator', async () => {
    await stage.open();
    await stage.send(5, 0, 0);
    await stage.ackAll(await stage.popUntil(5));
    await stage.sender.heartbeat('c1', 'pg', { T: 1 });
    const reset = await stage.sender.remoting.invoke(INVOKE_BROKER_TO_RESET_OFFSET, stage.broker.address, {
      topic: 'T',
      group: 'pg',
      timestamp: -1,
      isForce: true,
      queueId: 0,
      offset: 3,
    });
    expect(reset.code).toBe(0);
    expect(bodies(await stage.popUntil(2))).toEqual(['m3', 'm4']);
  });

  it('is shown without moving by a peek', async () => {
    await stage.open();
    await stage.send(3, 0, 0);
    const { code, header, body } = await stage.consumer.peek({ max: 2, queueId: 0 });
    expect([code, header!.restNum, decodeMessages(body).map((message: MessageExt) => message.text())]).toEqual([0, 3, ['m0', 'm1']]);
    expect(bodies(await stage.popUntil(3))).toEqual(named(3));
    expect((await stage.consumer.peek()).code).toBe(19);
  });
});

describe('what lies in the store', () => {
  it('are Apache’s checkpoints and acknowledgements', async () => {
    await stage.open();
    await stage.send(3, 0, 0);
    const popped = await stage.popUntil(3, { invisibleMs: 60_000 });
    await stage.ackAll([popped[1]!]);
    const [ck, ack] = await storedMessages(stage.sender, 'rmq_sys_wheel_timer', 1);
    const [, popTime, , reviveQid] = popped[0]!.handle.split(' ').map(Number);
    expect(ck!.text()).toBe(
      `{"bm":0,"bn":"broker-a","c":"pg","d":[0,1,2],"it":60000,"n":3,"pt":${popTime},"q":0,"reviveTime":${popTime! + 60_000},"ro":0,"so":0,"sp":false,"t":"T"}`,
    );
    const due = (deliverMs: number) => ({
      REAL_TOPIC: 'rmq_sys_REVIVE_LOG_DefaultCluster',
      REAL_QID: String(reviveQid),
      TIMER_DELIVER_MS: String(deliverMs),
      TIMER_OUT_MS: String(deliverMs % 1000 === 0 ? deliverMs - 1000 : deliverMs - (deliverMs % 1000)),
    });
    expect(Object.fromEntries(ck!.properties)).toEqual({
      TAGS: 'ck',
      UNIQ_KEY: `T@0@0@pg@${popTime}@broker-a@ck`,
      ...due(popTime! + 59_000),
    });
    expect(ack!.text()).toBe(`{"ao":1,"bn":"broker-a","c":"pg","pt":${popTime},"q":0,"so":0,"t":"T"}`);
    expect(Object.fromEntries(ack!.properties)).toEqual({
      TAGS: 'ack',
      UNIQ_KEY: `T@0@1@pg@${popTime}@broker-a@ack`,
      ...due(popTime! + 60_000),
    });
  });
});

describe('a restart', () => {
  it('loses nothing, and brings nothing back that was acknowledged', async () => {
    await stage.open();
    await stage.send(8, 0, 0);
    const popped = await stage.popUntil(8);
    await stage.ackAll(popped.slice(0, 5));
    await stage.reopen();
    expect(await stage.pop()).toEqual([]);
    const again = await stage.popUntil(3);
    expect(bodies(again)).toEqual(bodies(popped.slice(5)));
    await stage.ackAll([again[0]!]);
    await stage.reopen();
    const third = await stage.popUntil(2);
    expect(bodies(third)).toEqual(bodies(again.slice(1)));
    await stage.reopen();
    await stage.ackAll(third);
    await stage.reopen();
    expect(await stage.popFor(BACK_MS)).toEqual([]);
  });

  it('while everything comes due meanwhile', async () => {
    await stage.open();
    await stage.send(4, 0, 0);
    const popped = await stage.popUntil(4);
    await stage.ackAll(popped.slice(0, 2));
    await stage.stop();
    await stage.lapse.pass(3 * INVISIBLE_MS);
    await stage.open({}, stage.broker.directory);
    expect(bodies(await stage.popUntil(2))).toEqual(['m2', 'm3']);
    expect(await stage.popFor(5000)).toEqual([]);
  });
});
