import { ManualClock, silentLogger } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import type { ConsumerPort } from './consumer-port.js';
import type { MessageContext } from './listener.js';
import { RocketMQListenerContainer } from './listener-container.js';
import { withListenerDefaults } from './listener-options.js';
import { RocketMQListenerRegistry } from './listener-registry.js';
import type { Verdict } from './consume-interceptor.js';

function setUp(onMessage: (payload: unknown, context: MessageContext) => unknown = () => undefined) {
  const clock = new ManualClock();
  const events: string[] = [];
  const failing: { start?: Error } = {};
  const deliver: Array<(message: MessageExt) => Promise<Verdict>> = [];
  const warnings: string[] = [];
  const container = new RocketMQListenerContainer(
    {
      id: 'Billing',
      className: 'Billing',
      mode: 'MESSAGE',
      options: withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', awaitTerminationMillisWhenShutdown: 200 }),
      handlers: [
        { method: 'onMessage', messageType: undefined, invoke: async (payload, context) => onMessage(payload, context as MessageContext) },
      ],
    },
    {
      clock,
      converter: new DefaultMessageConverter(),
      sendReply: () => Promise.reject(new Error('unused')),
      logger: { ...silentLogger, warn: (line) => void warnings.push(line) },
      createConsumer: (_definition, handle): ConsumerPort => {
        deliver.push(async (message) => (await handle([message], { signal: new AbortController().signal }))[0]!);
        return {
          start: async () => {
            events.push('start');
            if (failing.start) throw failing.start;
          },
          shutdown: async (drainMs) => {
            events.push(`shutdown ${drainMs}`);
            await new Promise<void>((resolve) => void clock.setTimer(resolve, drainMs + 1));
          },
        };
      },
    },
  );
  return { clock, container, events, failing, deliver, warnings };
}

describe('RocketMQListenerContainer', () => {
  it('starts, stops with its own drain time and starts again with a new consumer', async () => {
    const { clock, container, events, deliver } = setUp();
    await container.start();
    await container.start();
    expect([container.isRunning, events]).toEqual([true, ['start']]);
    const stopped = container.stop();
    await clock.advance(201);
    await stopped;
    expect([container.isRunning, clock.pendingTimers]).toEqual([false, 0]);
    await container.stop();
    await container.start();
    expect(events).toEqual(['start', 'shutdown 200', 'start']);
    expect(deliver).toHaveLength(2);
  });

  it('is stopped after a failed start and can be started again', async () => {
    const { container, failing } = setUp();
    failing.start = new Error('no route');
    await expect(container.start()).rejects.toThrow('no route');
    expect(container.isRunning).toBe(false);
    failing.start = undefined;
    await container.start();
    expect(container.isRunning).toBe(true);
  });

  it('aborts the signal of handlers that outlive the drain and reports them', async () => {
    const reasons: string[] = [];
    const { clock, container, deliver, warnings } = setUp(
      (_payload, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => reasons.push((signal.reason as Error).message));
          clock.setTimer(() => resolve(undefined), 10_000);
        }),
    );
    await container.start();
    const handled = deliver[0]!(receivedMessage());
    await clock.advance(0);
    expect(container.inFlightMessages).toBe(1);
    const stopped = container.stop();
    await clock.advance(199);
    expect(reasons).toEqual([]);
    await clock.advance(2);
    await stopped;
    expect(reasons).toEqual(['not done within 200 ms of the stop']);
    expect(warnings[0]).toContain('1 messages were still in process after 200 ms');
    await clock.advance(10_000);
    expect([(await handled).kind, container.inFlightMessages]).toEqual(['CONSUMED', 0]);
  });
});

describe('RocketMQListenerRegistry', () => {
  it('finds by id and class, and names what it knows otherwise', async () => {
    class Billing {}
    const registry = new RocketMQListenerRegistry();
    const { container } = setUp();
    registry.add(Billing, container);
    expect([registry.get('Billing'), registry.get(Billing), registry.list()]).toEqual([container, container, [container]]);
    expect(registry.get('Other')).toBeUndefined();
    await registry.start('Billing');
    expect(container.isRunning).toBe(true);
    await expect(registry.stop('Other')).rejects.toThrow('no listener "Other"; known: Billing');
  });
});
