// A topic that comes into being under a running listener: found soon, not looked for without end.
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { FakeConsumers } from '../../../../test/support/fake-consumers.js';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { withListenerDefaults } from './listener-options.js';
import { RocketMQListenerRegistry } from './listener-registry.js';
import { DeadLetter } from './outcome.js';

const LETTERS = '%DLQ%billing';

async function setUp() {
  const clock = new ManualClock();
  const consumers = new FakeConsumers(clock);
  const registry = new RocketMQListenerRegistry();
  const looks: number[] = [];
  const gaveUp: string[] = [];
  const state = { exists: false };
  const startedAt = clock.now();
  const services = {
    clock,
    converter: new DefaultMessageConverter(),
    sendReply: () => Promise.reject(new Error('unused')),
    logger: silentLogger,
    gaveUp: (group: string): void => {
      gaveUp.push(group);
      for (const container of registry.list()) container.expectTopic(LETTERS);
    },
    createConsumer: (...given: Parameters<typeof consumers.create>) => ({
      ...consumers.create(...given),
      findTopic: async () => {
        looks.push(clock.now() - startedAt);
        return state.exists;
      },
    }),
  };
  const add = (id: string, topic: string, consumerGroup: string, outcome: () => unknown): void => {
    const options = withListenerDefaults({ topic, consumerGroup, awaitTerminationMillisWhenShutdown: 0 });
    const handlers = [{ method: 'onMessage', messageType: undefined, invoke: async () => outcome() }];
    const definition = { id, className: id, mode: 'MESSAGE' as const, options, handlers };
    registry.add({ type: class {}, groupKey: consumerGroup, definition, services });
  };
  add('Billing', 'orders', 'billing', () => DeadLetter('torn'));
  add('Letters', LETTERS, 'billing_dlq_handler', () => undefined);
  await registry.start();
  const [billing] = consumers.made;
  const fail = () => billing!.deliver(receivedMessage({ topic: 'orders' }));
  return { clock, registry, looks, gaveUp, state, fail };
}

describe('A listener of dead letters', () => {
  it('looks for their topic when a message of its group is given up, the first one of a run', async () => {
    const { clock, looks, gaveUp, state, fail } = await setUp();
    await fail();
    await fail();
    expect([gaveUp, looks]).toEqual([['billing'], []]);
    await clock.advance(700);
    expect(looks).toEqual([100, 300, 700]);
    state.exists = true;
    await clock.advance(60_000);
    expect(looks).toEqual([100, 300, 700, 1500]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves it to the ordinary rounds of the client after a while', async () => {
    const { clock, looks, fail } = await setUp();
    await fail();
    await clock.advance(600_000);
    expect(looks).toEqual([100, 300, 700, 1500, 3100, 6300, 11_300, 16_300, 21_300, 26_300]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('looks no more once it is stopped', async () => {
    const { clock, registry, looks, fail } = await setUp();
    await fail();
    await registry.stop();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(1000);
    expect(looks).toEqual([]);
  });
});
