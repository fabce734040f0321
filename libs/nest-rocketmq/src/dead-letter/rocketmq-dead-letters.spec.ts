import type { Message, MessageExt, MessageQueue, SendResult } from 'rocketmq-core';
import { ManualClock } from 'rocketmq-core/common';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { RedriveProperties, toDeadLetter, toRedriveMessage } from './dead-letter-message.js';
import type { DeadLetterReader } from './dead-letter-port.js';
import { RocketMQDeadLetters } from './rocketmq-dead-letters.js';

const TOPIC = '%DLQ%billing';

/** A letter of one broker: dead at that ms. */
function letter(brokerName: string, queueOffset: number, deadSince: number): MessageExt {
  const properties = { UNIQ_KEY: `${brokerName}${queueOffset}`, RETRY_TOPIC: 'orders', ORIGIN_MESSAGE_ID: 'FIRST' };
  const message = receivedMessage({ topic: TOPIC, queueOffset, properties });
  return Object.assign(message, { brokerName, storeTimestamp: deadSince });
}

function setUp(times: Readonly<Record<string, readonly number[]>>) {
  const clock = new ManualClock();
  const letters = new Map(Object.entries(times).map(([broker, all]) => [broker, all.map((ms, i) => letter(broker, i, ms))]));
  const saved = new Map<string, number>();
  const sent: Message[] = [];
  const refused = new Set<string>();
  const dyingAgain = new Set<string>();
  let opened = 0;
  const reader: DeadLetterReader = {
    queues: async () => [...letters.keys()].map((brokerName): MessageQueue => ({ topic: TOPIC, brokerName, queueId: 0 })),
    page: async ({ brokerName }, offset, max) => {
      const messages = letters.get(brokerName)!.slice(offset, offset + Math.min(max, 2));
      return { messages, next: offset + messages.length };
    },
    minOffset: async () => 0,
    maxOffset: async ({ brokerName }) => letters.get(brokerName)!.length,
    searchOffset: async ({ brokerName }, ms) => letters.get(brokerName)!.filter(({ storeTimestamp }) => storeTimestamp < ms).length,
    redrivenOffset: async ({ brokerName }) => saved.get(brokerName) ?? -1,
    saveRedrivenOffset: async ({ brokerName }, offset) => void saved.set(brokerName, offset),
    find: async (id) => [...letters.values()].flat().find(({ msgId }) => msgId === id),
    close: async () => void opened--,
  };
  const deadLetters = new RocketMQDeadLetters(
    {
      open: async () => (opened++, reader),
      send: async (message) => {
        const id = message.properties.get('UNIQ_KEY')!;
        if (refused.has(id)) throw new Error('topic is full');
        sent.push(message);
        if (dyingAgain.delete(id)) letters.get('a')!.push(letter('a', letters.get('a')!.length, 100));
        return { sendStatus: 'SEND_OK' } as SendResult;
      },
    },
    () => clock,
  );
  const ids = () => sent.map((message) => message.properties.get('UNIQ_KEY'));
  return { clock, deadLetters, saved, ids, refused, dyingAgain, open: () => opened };
}

describe('RocketMQDeadLetters', () => {
  it('goes through the queues of all brokers in the order of time', async () => {
    const { deadLetters, open } = setUp({ a: [1, 4, 5, 9], b: [2, 3, 8] });
    const { letters, next } = await deadLetters.list('billing', { limit: 5 });
    expect(letters.map(({ deadSince }) => deadSince)).toEqual([1, 2, 3, 4, 5]);
    expect((await deadLetters.list('billing', { cursor: next })).letters.map(({ deadSince }) => deadSince)).toEqual([8, 9]);
    expect((await deadLetters.list('billing', { from: 3, to: 8 })).letters.map(({ deadSince }) => deadSince)).toEqual([3, 4, 5]);
    expect(open()).toBe(0);
  });

  it('keeps to its rate, ends at a signal, and goes on where it was', async () => {
    const { deadLetters, clock, ids, saved } = setUp({ a: [1, 2, 3, 4, 5] });
    const abort = new AbortController();
    const redrive = deadLetters.redrive('billing', { all: true, rate: 2, signal: abort.signal });
    await clock.advance(0);
    expect(ids()).toEqual(['a0']);
    await clock.advance(500);
    await clock.advance(499);
    expect(ids()).toEqual(['a0', 'a1']);
    await clock.advance(1);
    expect(ids()).toEqual(['a0', 'a1', 'a2']);
    abort.abort();
    expect(await redrive).toMatchObject({ failed: [], complete: false });
    const soFar = ids().length;
    expect(saved.get('a')).toBe(soFar);
    const rest = deadLetters.redrive('billing', { all: true, rate: 10_000 });
    for (let i = 0; i < 5; i++) await clock.advance(1);
    expect((await rest).complete).toBe(true);
    expect(new Set(ids()).size).toBe(5);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at a letter that cannot be sent and begins there next time, or passes it over', async () => {
    const { deadLetters, ids, refused, saved, clock } = setUp({ a: [1, 2, 3] });
    refused.add('a1');
    const run = async (continueOnError: boolean) => {
      const report = deadLetters.redrive('billing', { all: true, rate: 10_000, continueOnError });
      await clock.advance(1);
      await clock.advance(1);
      return report;
    };
    expect(await run(false)).toMatchObject({ failed: [{ id: expect.any(String), reason: 'topic is full' }], complete: false });
    expect([ids(), saved.get('a')]).toEqual([['a0'], 1]);
    expect(await run(true)).toMatchObject({ redriven: [{ msgId: 'a2' }], failed: [{ reason: 'topic is full' }], complete: false });
    expect([ids(), saved.get('a')]).toEqual([['a0', 'a2'], 3]);
  });

  it('sends what is dead when it begins: a letter that dies again meanwhile waits for the next time', async () => {
    const { deadLetters, ids, dyingAgain, clock } = setUp({ a: [1, 2] });
    dyingAgain.add('a0');
    const redrive = async () => {
      const report = deadLetters.redrive('billing', { all: true });
      await clock.advance(10_000);
      return report;
    };
    expect(await redrive()).toMatchObject({ complete: true, redriven: [{ msgId: 'a0' }, { msgId: 'a1' }] });
    expect(await redrive()).toMatchObject({ complete: true, redriven: [{ msgId: 'a2' }] });
    expect(ids()).toEqual(['a0', 'a1', 'a2']);
  });

  it('refuses what it cannot do', async () => {
    const { deadLetters } = setUp({ a: [1] });
    for (const [options, text] of [
      [{ all: true, ids: ['x'] }, 'either ids or all'],
      [{ all: true, rate: 0 }, 'rate 0 is no integer within 1..10000'],
      [{ all: true, limit: 1e6 }, 'limit 1000000 is no integer within 1..100000'],
      [{ all: true, target: 'QUEUE' }, 'target QUEUE is neither TOPIC nor GROUP'],
      [{ all: true, from: new Date(NaN) }, 'neither ms since 1970 nor a Date'],
    ] as const) {
      await expect(deadLetters.redrive('billing', options as never)).rejects.toThrow(text);
    }
    await expect(deadLetters.list('no group')).rejects.toThrow();
  });
});

describe('a redriven message', () => {
  const dead = (properties: Record<string, string>) =>
    toDeadLetter(receivedMessage({ topic: TOPIC, properties, reconsumeTimes: 16 }), 'billing');

  it('is the one that was sent, marked, without what happened to it', () => {
    const before = {
      UNIQ_KEY: 'U',
      KEYS: 'k1 k2',
      TAGS: 'paid',
      RETRY_TOPIC: 'orders',
      ORIGIN_MESSAGE_ID: 'FIRST',
      DELAY: '0',
      REAL_TOPIC: '%RETRY%billing',
      MIN_OFFSET: '0',
      WAIT: 'false',
      CONSUME_START_TIME: '1',
      MAX_RECONSUME_TIMES: '16',
      RECONSUME_TIME: '16',
      TRAN_MSG: 'true',
      PGROUP: 'p',
      __transactionId__: 'U',
      REPLY_TO_CLIENT: 'c',
      TIMER_DELIVER_MS: '1',
      source: 'web',
      __SHARDINGKEY: 's',
    };
    const marks = { DLQ_REDRIVE_GROUP: 'billing', DLQ_REDRIVE_TIMES: '1', DLQ_REDRIVE_ORIGIN_ID: 'FIRST' };
    const kept = { UNIQ_KEY: 'U', KEYS: 'k1 k2', TAGS: 'paid', source: 'web', __SHARDINGKEY: 's' };
    const { topic, properties } = toRedriveMessage(dead(before), 'TOPIC');
    properties.delete('WAIT');
    expect([topic, Object.fromEntries(properties)]).toEqual(['orders', { ...kept, ...marks }]);
    const again = toRedriveMessage(dead({ ...before, ...Object.fromEntries(properties), ORIGIN_MESSAGE_ID: 'SECOND' }), 'GROUP');
    expect([again.topic, again.properties.get('RETRY_TOPIC')]).toEqual(['%RETRY%billing', 'orders']);
    expect(again.properties.get(RedriveProperties.TIMES)).toBe('2');
    expect(again.properties.get(RedriveProperties.ORIGIN_ID)).toBe('FIRST');
  });

  it('cannot be made of a letter that was sent to the dead-letter topic itself', () => {
    expect(() => toRedriveMessage(dead({ UNIQ_KEY: 'U' }), 'TOPIC')).toThrow('does not say where it came from (RETRY_TOPIC)');
  });
});
