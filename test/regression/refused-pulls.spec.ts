// A subscription whose pulls a broker refuses was warned of once per second and queue, for ever. Now it is told when it begins, ever more seldom
// while it lasts, and when it is over; the pulls keep their pace.
import { DefaultLitePullConsumer, DefaultMQPushConsumer, MessageSelector } from 'rocketmq-core';
import { type Logger, ManualClock, SeededRandom, silentLogger } from 'rocketmq-core/common';
import { RESPONSE_CODES } from 'rocketmq-core/protocol';
import { FreezableClock, SimulatedBroker, SimulatedRemoting } from '../support/simulated-broker.js';

const QUEUES = 4;
const MINUTE_MS = 60_000;
const OFF = { code: RESPONSE_CODES.SYSTEM_ERROR, remark: 'The broker does not support consumer to filter message by SQL92' };
const REFUSED = `PULL_MESSAGE to broker:10911 was answered 1 SYSTEM_ERROR: ${OFF.remark}`;

interface Member {
  start(): Promise<void>;
  shutdown(): Promise<void>;
}

describe.each(['push', 'lite pull'] as const)('a %s consumer whose pulls are refused', (kind) => {
  let clock: ManualClock;
  let broker: SimulatedBroker;
  let consumer: Member;
  let lines: string[];
  let received: number;

  beforeEach(async () => {
    clock = new ManualClock();
    const random = new SeededRandom(1);
    broker = new SimulatedBroker(clock, random, 'T', QUEUES);
    lines = [];
    received = 0;
    const note =
      (level: string) =>
      (text: string): void =>
        void lines.push(`${level} ${text}`);
    const logger: Logger = { ...silentLogger, info: note('info'), warn: note('warn'), error: note('error') };
    const own = new FreezableClock(clock);
    const settings = {
      namesrvAddr: 'nameserver:9876',
      clientIP: '10.0.0.1',
      instanceName: 'm',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      clock: own,
      random,
      logger,
      createRemoting: () => new SimulatedRemoting(broker, own),
    } as const;
    if (kind === 'push') {
      const push = new DefaultMQPushConsumer('cg', settings);
      push.subscribe('T', MessageSelector.byTag('*'));
      push.registerMessageListenerConcurrently((messages) => {
        received += messages.length;
        return 'CONSUME_SUCCESS';
      });
      consumer = push;
    } else {
      const lite = new DefaultLitePullConsumer('cg', settings);
      lite.subscribe('T', '*');
      consumer = lite;
    }
    for (let queueId = 0; queueId < QUEUES; queueId++) broker.append(queueId, 'm');
  });

  const started = async (): Promise<void> => {
    const starting = consumer.start();
    await clock.advance(5000);
    await starting;
  };
  const ended = async (): Promise<void> => {
    const ending = consumer.shutdown();
    await clock.advance(20_000);
    await ending;
  };
  const ofPulls = (): string[] => lines.filter((line) => line.includes('pulling T'));

  it('says so once, then ever more seldom, then that it is over', async () => {
    broker.pullRefusal = OFF;
    await started();
    await clock.advance(10 * MINUTE_MS);
    const [first, ...further] = ofPulls();
    expect(first).toBe(`error pulling T from broker-a is refused, it is tried again until it works: ${REFUSED}`);
    // After 2, 4, 8, 16 and every 30 s; not 2,400 times, once per second and queue.
    expect(further.length).toBeGreaterThan(10);
    expect(further.length).toBeLessThanOrEqual(4 + 20);
    for (const line of further) expect(line).toMatch(/^warn pulling T from broker-a still fails after \d+ s: /);
    expect(further.slice(0, 3).map((line) => Number(/after (\d+) s/.exec(line)![1]))).toEqual([2, 6, 14]);
    // The pulls go on at their pace meanwhile: a broker that is put right is used at once.
    const before = broker.pulls;
    await clock.advance(10_000);
    expect(broker.pulls - before).toBeGreaterThanOrEqual(9 * QUEUES);
    lines.length = 0;
    broker.pullRefusal = undefined;
    await clock.advance(5000);
    expect(ofPulls()).toEqual([expect.stringMatching(/^info pulling T from broker-a works again after 61\d s$/)]);
    if (kind === 'push') expect(received).toBe(QUEUES);
    await ended();
  });

  it('tells another reason as soon as it comes, and of the next time anew', async () => {
    broker.pullRefusal = OFF;
    await started();
    await clock.advance(MINUTE_MS);
    lines.length = 0;
    broker.pullRefusal = { code: RESPONSE_CODES.NO_PERMISSION, remark: 'the broker may not be read' };
    await clock.advance(2000);
    broker.pullRefusal = OFF;
    await clock.advance(2000);
    expect(ofPulls()).toEqual([expect.stringMatching(/^error pulling T from broker-a is refused.* answered 16 /)]);
    broker.pullRefusal = undefined;
    await clock.advance(5000);
    lines.length = 0;
    broker.pullRefusal = OFF;
    await clock.advance(3000);
    expect(ofPulls()[0]).toContain('error pulling T from broker-a is refused');
    await ended();
    expect(ofPulls().at(-1)).toMatch(/^info pulling T from broker-a is no longer tried after \d+ s$/);
  });

  it('is only warned of what passes by itself', async () => {
    broker.pullRefusal = { code: RESPONSE_CODES.FLOW_CONTROL, remark: 'busy' };
    await started();
    await clock.advance(MINUTE_MS);
    expect(ofPulls().length).toBeLessThan(8);
    expect(ofPulls().filter((line) => line.startsWith('error'))).toEqual([]);
    await ended();
  });
});
