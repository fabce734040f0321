// Messages with a moment of their own: taken in, delivered to the millisecond, rolled, refused, kept over restarts. Virtual time.
import { type BrokerConfigInput, TimerService } from '@nest-rocketmq/broker';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from 'rocketmq-core/common';
import { decodeRecallHandle, encodeRecallHandle, type MessageExt } from 'rocketmq-core/message';
import { RECALL_MESSAGE } from 'rocketmq-core/protocol';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { goldenConfig, unpackGoldenStore } from '../support/golden-stores.js';
import { GOLDEN_TIMERS, unpackGoldenTimers } from '../support/golden-timers.js';

const START = 1_800_000_000_250;
const TOPIC = 'Alarm';

let clock: ManualClock;
let broker: TestBroker;
let client: BrokerClient;

async function open(config: BrokerConfigInput = {}, directory?: string): Promise<void> {
  broker = await startBroker({ config, overrides: { clock }, ...(directory === undefined ? {} : { directory }) });
  client = new BrokerClient(broker.address);
}

async function reopen(config: BrokerConfigInput = {}): Promise<void> {
  const { directory } = broker;
  await client.close();
  await broker.stop();
  await open(config, directory);
}

async function all(topic = TOPIC, queueId = 0): Promise<MessageExt[]> {
  const found: MessageExt[] = [];
  for (;;) {
    const more = await client.messages({ topic, queueId, offset: found.length });
    if (more.length === 0) return found;
    found.push(...more);
  }
}
const bodies = async (topic = TOPIC): Promise<string[]> => (await all(topic)).map((message) => message.text());
const service = (): TimerService => broker.app.get(TimerService, { strict: false });

beforeEach(() => {
  clock = new ManualClock(START);
});

afterEach(async () => {
  await client.close();
  await broker.close();
});

describe('a message with a moment', () => {
  it('is delivered to the millisecond, never before', async () => {
    await open();
    await client.send(TOPIC, 'in 2.5 s', { properties: { TIMER_DELAY_MS: '2500', UNIQ_KEY: 'A' } });
    await client.send(TOPIC, 'in 2 s', { properties: { TIMER_DELAY_SEC: '2', UNIQ_KEY: 'B' } });
    await client.send(TOPIC, 'at 3000', { properties: { TIMER_DELIVER_MS: String(START + 2750), UNIQ_KEY: 'C' } });
    await clock.advance(1999);
    expect(await bodies()).toEqual([]);
    await clock.advance(1);
    expect(await bodies()).toEqual(['in 2 s']);
    await clock.advance(499);
    expect(await bodies()).toEqual(['in 2 s']);
    await clock.advance(1);
    expect(await bodies()).toEqual(['in 2 s', 'in 2.5 s']);
    await clock.advance(249);
    expect(await bodies()).toEqual(['in 2 s', 'in 2.5 s']);
    await clock.advance(1);
    expect(await bodies()).toEqual(['in 2 s', 'in 2.5 s', 'at 3000']);
    await clock.advance(10_000);
    expect(await all()).toHaveLength(3);
    expect(service().pendingMessages).toBe(0);
  });
});

describe('what is asked for', () => {
  it('a delay level beats a timer, seconds beat ms beat a moment, and what has passed is delivered at once', async () => {
    await open();
    await client.send(TOPIC, 'level', { properties: { DELAY: '1', TIMER_DELAY_SEC: '60' } });
    await client.send(TOPIC, 'seconds', { properties: { TIMER_DELIVER_MS: '7', TIMER_DELAY_MS: '9000', TIMER_DELAY_SEC: '3' } });
    await client.send(TOPIC, 'past', { properties: { TIMER_DELIVER_MS: String(START - 1) } });
    expect(await bodies()).toEqual(['past']);
    await clock.advance(1500);
    expect(await bodies()).toEqual(['past', 'level']);
    await clock.advance(1500);
    expect(await bodies()).toEqual(['past', 'level', 'seconds']);
    const [past, level, seconds] = await all();
    expect(past!.properties.has('TIMER_OUT_MS')).toBe(false);
    expect(level!.properties.has('TIMER_DELAY_SEC')).toBe(false);
    expect(Object.fromEntries(seconds!.properties)).toMatchObject({
      TIMER_DELAY_SEC: '3',
      TIMER_OUT_MS: '1800000003000',
      TIMER_ENQUEUE_MS: '1800000000000',
      TIMER_DEQUEUE_MS: String(START + 3000),
      REAL_TOPIC: TOPIC,
      REAL_QID: '0',
    });
  });

  it.each([
    ['no number', { TIMER_DELAY_SEC: 'soon' }],
    ['a fraction', { TIMER_DELIVER_MS: '1800000005000.5' }],
    ['more than timerMaxDelaySec', { TIMER_DELAY_MS: '259200001' }],
    ['a moment of the far future', { TIMER_DELIVER_MS: '999999999999999999' }],
  ])('%s is refused', async (_what, properties) => {
    await open();
    expect(await client.send(TOPIC, 'x', { properties: properties as Record<string, string> })).toMatchObject({
      code: 13,
      remark:
        'timer message illegal, the delay time should not be bigger than the max delay 259200000ms; or if set del msg, the delay time should be bigger than the current time',
    });
    expect(await bodies()).toEqual([]);
    expect(await bodies('rmq_sys_wheel_timer')).toEqual([]);
  });

  it('too much for one slot is refused, the more the fuller it is', async () => {
    await open({ timerCongestNumEachSlot: 10 });
    const codes: number[] = [];
    for (let n = 0; n < 60; n++) {
      codes.push((await client.send(TOPIC, 'x', { properties: { TIMER_DELAY_SEC: '60' } })).code);
      await clock.advance(1);
    }
    const accepted = codes.filter((code) => code === 0).length;
    expect(codes.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 0));
    expect(accepted).toBeGreaterThan(10);
    expect(accepted).toBeLessThanOrEqual(20);
    expect(service().pendingMessages).toBe(accepted);
  });
});

describe('what is left in a delivered message', () => {
  it('delays it no second time: neither sent back nor sent again by its consumer', async () => {
    await open();
    await client.send(TOPIC, 'x', { properties: { TIMER_DELAY_SEC: '2', UNIQ_KEY: 'A' } });
    await clock.advance(2000);
    const [delivered] = await all();
    expect((await client.sendBack('cg', delivered!.commitLogOffset, 1)).code).toBe(0);
    const left = Object.fromEntries(delivered!.properties);
    expect(left).toMatchObject({ TIMER_DELAY_SEC: '2', TIMER_OUT_MS: expect.any(String) });
    expect((await client.send('%RETRY%cg', 'again', { properties: left, reconsumeTimes: 1 })).code).toBe(0);
    expect(await bodies('%RETRY%cg')).toEqual(['again']);
    await clock.advance(1000);
    expect(await bodies('%RETRY%cg')).toEqual(['again', 'x']);
    const [, back] = await all('%RETRY%cg');
    expect([back!.properties.has('TIMER_DELAY_SEC'), back!.properties.get('RETRY_TOPIC')]).toEqual([false, TOPIC]);
  });
});

describe('a moment beyond the roll window', () => {
  it('comes round again until it is near', async () => {
    await open({ timerRollWindowSlot: 6 });
    await client.send(TOPIC, 'in 20 s', { properties: { TIMER_DELAY_SEC: '20', UNIQ_KEY: 'R' } });
    await clock.advance(19_999);
    expect(await bodies()).toEqual([]);
    await clock.advance(1000);
    const [message, ...more] = await all();
    expect(more).toEqual([]);
    expect(Number(message!.properties.get('TIMER_ROLL_TIMES'))).toBeGreaterThanOrEqual(3);
    expect(message!.properties.get('UNIQ_KEY')).toBe('R');
  });
});

describe('a recall', () => {
  const RECALLS: BrokerConfigInput = { recallMessageEnable: true };
  const recall = (recallHandle: string, topic = TOPIC) =>
    client.remoting.invoke(RECALL_MESSAGE, broker.address, { topic, recallHandle, producerGroup: 'pg' });
  const handle = (ms: number | string, parts: { topic?: string; brokerName?: string; messageId?: string } = {}): string =>
    encodeRecallHandle({ topic: TOPIC, brokerName: 'broker-a', messageId: 'A', timestamp: String(ms), ...parts });

  it('takes back the message whose send gave the handle, and no other', async () => {
    await open(RECALLS);
    const a = await client.send(TOPIC, 'a', { properties: { TIMER_DELAY_SEC: '10', UNIQ_KEY: 'A' } });
    await client.send(TOPIC, 'b', { properties: { TIMER_DELAY_SEC: '10', UNIQ_KEY: 'B' } });
    const plain = await client.send(TOPIC, 'now');
    expect(plain.header!.recallHandle).toBeUndefined();
    expect(decodeRecallHandle(a.header!.recallHandle!)).toEqual({
      topic: TOPIC,
      brokerName: 'broker-a',
      timestamp: '1800000010001',
      messageId: 'A',
    });
    expect(await recall(a.header!.recallHandle!)).toMatchObject({ code: 0, header: { msgId: 'A' } });
    await clock.advance(100);
    expect(service().pendingMessages).toBe(1);
    await clock.advance(60_000);
    expect(await bodies()).toEqual(['now', 'b']);
    expect(service().recalledMessages).toBe(1);
    const [, , entry] = await all('rmq_sys_wheel_timer');
    expect(entry).toMatchObject({ tags: '_RECALL_TAG_', bornTimestamp: START });
    expect(Object.fromEntries(entry!.properties)).toMatchObject({ TIMER_DEL_UNIQKEY: 'A', UNIQ_KEY: 'A', PGROUP: 'pg', REAL_TOPIC: TOPIC });
  });

  it('is kept over a restart and over rolling', async () => {
    await open({ ...RECALLS, timerRollWindowSlot: 6 });
    const a = await client.send(TOPIC, 'a', { properties: { TIMER_DELAY_SEC: '20', UNIQ_KEY: 'A' } });
    await clock.advance(4000);
    await reopen({ ...RECALLS, timerRollWindowSlot: 6 });
    expect((await recall(a.header!.recallHandle!)).code).toBe(0);
    await clock.advance(2000);
    await reopen({ ...RECALLS, timerRollWindowSlot: 6 });
    await clock.advance(60_000);
    expect(await bodies()).toEqual([]);
  });

  it('understands the keys of brokers before 5.4', async () => {
    await open({ ...RECALLS, appendTopicForTimerDeleteKey: true });
    const a = await client.send(TOPIC, 'a', { properties: { TIMER_DELAY_SEC: '5', UNIQ_KEY: 'A' } });
    expect((await recall(a.header!.recallHandle!)).code).toBe(0);
    await clock.advance(30_000);
    expect(await bodies()).toEqual([]);
    const [, entry] = await all('rmq_sys_wheel_timer');
    expect(entry!.properties.get('TIMER_DEL_UNIQKEY')).toBe(`${TOPIC}+A`);
  });

  it.each([
    ['nonsense', () => '!!!!', 604, 'recall handle is invalid'],
    ['no id', () => handle(START + 5000, { messageId: '' }), 604, 'recall handle is invalid'],
    [
      'an id that is several properties',
      () => handle(START + 5000, { messageId: 'A\u0002REAL_TOPIC\u0001x' }),
      604,
      'recall handle is invalid',
    ],
    ['another topic', () => handle(START + 5000, { topic: 'Other' }), 604, 'recall failed, topic not match'],
    ['another broker', () => handle(START + 5000, { brokerName: 'broker-b' }), 604, 'recall failed, broker service not available'],
    ['the past', () => handle(START), 604, 'recall failed, timestamp invalid'],
    ['no moment', () => handle('soon'), 604, 'recall failed, timestamp invalid'],
    ['the far future', () => handle(START + 259_200_000), 604, 'recall failed, timestamp invalid'],
  ])('with %s is refused', async (_what, made, code, remark) => {
    await open(RECALLS);
    await client.send(TOPIC, 'x');
    expect(await recall(made())).toMatchObject({ code, remark });
    expect(await bodies('rmq_sys_wheel_timer')).toEqual([]);
  });

  it('is refused for an unknown topic, and when it is switched off as by default', async () => {
    await open(RECALLS);
    expect(await recall(handle(START + 5000))).toMatchObject({ code: 17, remark: `recall failed, the topic[${TOPIC}] not exist` });
    await reopen();
    expect(await recall(handle(START + 5000))).toMatchObject({ code: 16, remark: 'recall failed, operation is forbidden' });
  });
});

describe('a clock that jumps', () => {
  it('forward: what it passed over is due; back: what was delivered stays delivered, the rest waits', async () => {
    const jumping = new JumpingClock(START);
    clock = jumping;
    await open();
    for (const sec of ['10', '3000', '7000']) await client.send(TOPIC, sec, { properties: { TIMER_DELAY_SEC: sec } });
    jumping.jump(3_600_000);
    await clock.advance(2000);
    expect(await bodies()).toEqual(['10', '3000']);
    jumping.jump(-3_600_000);
    await clock.advance(2000);
    await client.send(TOPIC, 'after', { properties: { TIMER_DELAY_SEC: '30' } });
    await clock.advance(29_999);
    expect(await bodies()).toEqual(['10', '3000']);
    // Store times never go back, so that the millisecond is not known here: the end of the slot counts.
    await clock.advance(1000);
    expect(await bodies()).toEqual(['10', '3000', 'after']);
    await clock.advance(7_000_000);
    expect(await bodies()).toEqual(['10', '3000', 'after', '7000']);
  });
});

describe("Apache's store", () => {
  it('is gone on with: what is pending is delivered at its time, what was delivered is not', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nrmq-broker-'));
    unpackGoldenStore('timer-v5', directory);
    unpackGoldenTimers('timer-v5', directory);
    const { lastReadTimeMs } = GOLDEN_TIMERS.get('timer-v5')!.timercheck!;
    clock = new ManualClock(lastReadTimeMs + 500);
    await open({ ...goldenConfig('timer-v5'), ...GOLDEN_TIMERS.get('timer-v5')!.settings, fileReservedTime: 100_000 }, directory);
    await clock.advance(3000);
    const before = await bodies();
    expect(before).toEqual(['absolute past', 'in 3 s']);
    await clock.advance(3_600_000);
    expect((await bodies()).slice(2)).toEqual(['in 1 h #0', 'in 1 h #2', 'in 1 h, sent late']);
    expect((await all(TOPIC, 1)).map((message) => message.text())).toEqual(['in 2500 ms', 'in 1 h #1']);
  });
});

/** Wall time that can be set; the rest of the clock goes on. */
class JumpingClock extends ManualClock {
  private jumped = 0;

  jump(ms: number): void {
    this.jumped += ms;
  }

  override now(): number {
    return super.now() + this.jumped;
  }
}

describe('a restart', () => {
  it('in the middle of a slot delivers what is left of it, and nothing twice', async () => {
    await open();
    for (const ms of [800, 1100, 1500, 1740, 5000]) await client.send(TOPIC, `${ms}`, { properties: { TIMER_DELAY_MS: `${ms}` } });
    await clock.advance(1200);
    expect(await bodies()).toEqual(['800', '1100']);
    await reopen();
    await clock.advance(3700);
    expect(await bodies()).toEqual(['800', '1100', '1500', '1740']);
    await clock.advance(200);
    expect(await bodies()).toEqual(['800', '1100', '1500', '1740', '5000']);
    await reopen();
    await clock.advance(10_000);
    expect(await all()).toHaveLength(5);
  });

  it('after a long time delivers everything overdue at once', async () => {
    await open({ fileReservedTime: 10_000 });
    await client.send(TOPIC, 'soon', { properties: { TIMER_DELAY_SEC: '5' } });
    await client.send(TOPIC, 'later', { properties: { TIMER_DELAY_SEC: '200000' } });
    await clock.advance(100);
    clock = new ManualClock(START + 30 * 24 * 3_600_000);
    await reopen({ fileReservedTime: 10_000 });
    await clock.advance(2000);
    expect(await bodies()).toEqual(['soon', 'later']);
  });
});
