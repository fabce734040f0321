// Messages with a moment of their own: taken in, delivered to the millisecond, rolled, refused, kept over restarts. Virtual time.
import { type BrokerConfigInput, TimerService } from '@nest-rocketmq/broker';
import { ManualClock } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';

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
