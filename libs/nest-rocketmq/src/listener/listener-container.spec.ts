import { ManualClock, silentLogger } from 'rocketmq-core/common';
import type { AssignedQueueState } from 'rocketmq-core';
import { FakeConsumers } from '../../../../test/support/fake-consumers.js';
import { receivedMessage, type ReceivedMessageInit } from '../../../../test/support/received-message.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import type { BatchContext, MessageContext } from './listener.js';
import { type RocketMQMessageListenerOptions, withListenerDefaults } from './listener-options.js';
import { RocketMQListenerRegistry } from './listener-registry.js';
import { DeadLetter, Discard, ReconsumeLater } from './outcome.js';

type OnMessage = (payload: unknown, context: MessageContext) => unknown;

interface Given extends Partial<RocketMQMessageListenerOptions> {
  onMessage?: OnMessage;
}

function setUp(...given: Given[]) {
  const clock = new ManualClock();
  const consumers = new FakeConsumers(clock);
  const warnings: string[] = [];
  const registry = new RocketMQListenerRegistry();
  const logger = { ...silentLogger, warn: (line: string) => void warnings.push(line) };
  const entryOf = ({ onMessage, id = 'Billing', ...options }: Given) => ({
    type: class {},
    groupKey: options.consumerGroup ?? 'billing',
    definition: {
      id,
      className: id,
      mode: 'MESSAGE' as const,
      options: withListenerDefaults({
        topic: 'orders',
        consumerGroup: 'billing',
        awaitTerminationMillisWhenShutdown: 200,
        messageType: String,
        ...options,
      }),
      handlers: [
        {
          method: 'onMessage',
          messageType: String,
          invoke: async (payload: unknown, context: MessageContext | BatchContext) => onMessage?.(payload, context as MessageContext),
        },
      ],
    },
    services: {
      clock,
      converter: new DefaultMessageConverter(),
      sendReply: () => Promise.reject(new Error('unused')),
      logger,
      createConsumer: consumers.create,
    },
  });
  const add = (each: Given) => registry.add(entryOf(each));
  const containers = (given.length === 0 ? [{}] : given).map(add);
  return { clock, registry, consumers, containers, container: containers[0]!, warnings, add, entryOf };
}

const hangs = (clock: ManualClock, reasons: string[]): OnMessage => {
  return (_payload, { signal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as Error).message));
      clock.setTimer(() => resolve(undefined), 10_000);
    });
};

describe('RocketMQListenerContainer', () => {
  it('starts, stops with its own drain time and starts again with a new consumer', async () => {
    const { container, consumers } = setUp();
    await container.start();
    await container.start();
    expect([container.isRunning, container.state, consumers.events]).toEqual([true, 'RUNNING', ['Billing start']]);
    expect(await container.stop()).toEqual({ listeners: ['Billing'], abandoned: 0, abandonedMsgIds: [] });
    expect(container.isRunning).toBe(false);
    await container.stop();
    await container.start();
    expect(consumers.events).toEqual(['Billing start', 'Billing shutdown 200', 'Billing start']);
    expect(consumers.made).toHaveLength(2);
  });

  it('is stopped after a failed start and can be started again', async () => {
    const { container, consumers } = setUp();
    consumers.failing.set('Billing', new Error('no route'));
    await expect(container.start()).rejects.toThrow('no route');
    expect(container.state).toBe('STOPPED');
    consumers.failing.clear();
    await container.start();
    expect(container.state).toBe('RUNNING');
  });

  it('ends a start under way when it is stopped, and attempts made for it before', async () => {
    const { container, consumers } = setUp();
    const attempt = container.attempt();
    consumers.hanging.set('Billing', new Promise(() => {}));
    const started = container.start();
    const refused = expect(started).rejects.toThrow('listener Billing is stopped while it was starting');
    while (consumers.events.length === 0) await Promise.resolve();
    expect(container.state).toBe('STARTING');
    await container.stop();
    await refused;
    expect([container.state, consumers.events]).toEqual(['STOPPED', ['Billing start', 'Billing shutdown 0']]);
    consumers.hanging.clear();
    expect([await attempt(), container.state]).toEqual([false, 'STOPPED']);
    expect([await container.attempt()(), container.state]).toEqual([true, 'RUNNING']);
  });

  it('aborts the signal of handlers that outlive the drain and reports them', async () => {
    const reasons: string[] = [];
    const {
      clock,
      consumers,
      warnings,
      container: slow,
    } = setUp({ onMessage: (payload, context) => hangs(clock, reasons)(payload, context) });
    await slow.start();
    const handled = consumers.last.deliver(receivedMessage());
    await clock.advance(0);
    expect(slow.inFlightMessages).toBe(1);
    const stopped = slow.stop();
    await clock.advance(199);
    expect(reasons).toEqual([]);
    await clock.advance(1);
    const report = await stopped;
    expect(reasons).toEqual(['not done within 200 ms of the stop']);
    expect(report).toMatchObject({ abandoned: 1, abandonedMsgIds: [receivedMessage().msgId] });
    expect(warnings[0]).toContain('1 messages were still in process 200 ms after the stop');
    await clock.advance(10_000);
    expect([(await handled).kind, slow.inFlightMessages, clock.pendingTimers]).toEqual(['CONSUMED', 0, 0]);
  });

  it('lets the signal of a handler go when the handler has come back', async () => {
    const signals: AbortSignal[] = [];
    const { container, consumers } = setUp({ onMessage: (_payload, { signal }) => void signals.push(signal) });
    await container.start();
    await consumers.last.deliver(receivedMessage());
    await container.stop();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('waits for no handler longer than the signal of the stop allows', async () => {
    const reasons: string[] = [];
    const { clock, consumers, registry } = setUp({ id: 'Slow', onMessage: (payload, context) => hangs(clock, reasons)(payload, context) });
    await registry.start();
    void consumers.last.deliver(receivedMessage());
    await clock.advance(0);
    const hurry = new AbortController();
    const stopped = registry.stop('Slow', { signal: hurry.signal });
    await clock.advance(10);
    hurry.abort();
    expect((await stopped)[0]).toMatchObject({ listeners: ['Slow'], abandoned: 1 });
    expect(reasons).toEqual(['the stop was told to wait no longer']);
    await clock.advance(10_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('pauses and goes on; a stopped one can do neither', async () => {
    const { container, consumers, registry } = setUp();
    await expect(container.pause()).rejects.toThrow('listener Billing is STOPPED: only a running one can be paused');
    await expect(registry.resume('Billing')).rejects.toThrow('only a running one can be resumed');
    await registry.pause();
    await container.start();
    await registry.pause();
    expect([container.state, container.isRunning]).toEqual(['PAUSED', true]);
    await container.start();
    await container.resume();
    await container.resume();
    expect(container.state).toBe('RUNNING');
    expect(consumers.events).toEqual(['Billing start', 'Billing suspend', 'Billing resume']);
  });

  it('takes another concurrency, also for the starts to come', async () => {
    const { container, consumers, registry } = setUp({ consumeThreadMax: 30 });
    await registry.setConcurrency('Billing', 5);
    await container.start();
    await container.setConcurrency(30);
    expect([consumers.last.spec.concurrency, consumers.events.at(-1), container.stats().concurrency]).toEqual([
      5,
      'Billing concurrency 30',
      30,
    ]);
    for (const wrong of [0, 31, 1.5]) {
      await expect(container.setConcurrency(wrong)).rejects.toThrow(`${wrong} is no integer within 1..30 (consumeThreadMax)`);
    }
    await expect(container.setConcurrency('5' as never)).rejects.toThrow('"5" is no integer within 1..30');
    await container.stop();
    await container.start();
    expect(consumers.last.spec.concurrency).toBe(30);
  });

  it('counts what became of each message, and tells of its queues', async () => {
    const says: Record<string, () => unknown> = {
      good: () => undefined,
      discard: () => Discard('old'),
      later: () => ReconsumeLater(2),
      dead: () => DeadLetter('broken'),
      bad: () => {
        throw new Error('no invoice');
      },
    };
    const { clock, container, consumers } = setUp({ onMessage: (text) => says[text as string]!() });
    await container.start();
    expect(container.stats()).toMatchObject({ consumed: 0, lastMessageAt: undefined, consumeTimes: undefined, lag: undefined });
    await clock.advance(1000);
    for (const body of ['good', 'good', 'discard', 'later', 'dead', 'bad']) await consumers.last.deliver(receivedMessage({ body }));
    await consumers.last.deliver(receivedMessage({ body: 'bad', reconsumeTimes: 16 }));
    consumers.queues = [queueState(0, { consumerOffset: 5, brokerOffset: 12, cachedMessages: 3 }), queueState(1, {})];
    expect(container.stats()).toEqual({
      id: 'Billing',
      consumerGroup: 'billing',
      state: 'RUNNING',
      inFlight: 0,
      concurrency: 20,
      consumed: 2,
      discarded: 1,
      failed: 2,
      retried: 2,
      deadLettered: 2,
      lastMessageAt: clock.now(),
      lastError: { message: 'no invoice', msgId: receivedMessage().msgId, at: clock.now() },
      consumeTimes: { mean: 0, p99: 0 },
      assignedQueues: [
        { topic: 'orders', brokerName: 'a', queueId: 0, consumerOffset: 5, lag: 7, cachedMessages: 3, lastPullTimestamp: 0 },
        {
          topic: 'orders',
          brokerName: 'a',
          queueId: 1,
          consumerOffset: undefined,
          lag: undefined,
          cachedMessages: 0,
          lastPullTimestamp: 0,
        },
      ],
      cachedMessages: 3,
      lag: 7,
    });
  });

  it('takes mean and p99 of the last times', async () => {
    const { clock, container, consumers } = setUp({
      onMessage: (text) => new Promise<void>((resolve) => void clock.setTimer(() => resolve(), Number(text))),
    });
    await container.start();
    const all = Array.from({ length: 100 }, (_, at) => consumers.last.deliver(receivedMessage({ body: String(at + 1) })));
    await clock.advance(100);
    await Promise.all(all);
    expect(container.stats().consumeTimes).toEqual({ mean: 50.5, p99: 99 });
  });
});

const tagged = (tags: string, init: ReceivedMessageInit = {}) => receivedMessage({ body: tags, properties: { TAGS: tags }, ...init });

function queueState(queueId: number, given: Partial<AssignedQueueState>): AssignedQueueState {
  return {
    queue: { topic: 'orders', brokerName: 'a', queueId },
    isRetry: false,
    consumerOffset: undefined,
    brokerOffset: undefined,
    cachedMessages: 0,
    cachedBytes: 0,
    lastPullTimestamp: 0,
    lastConsumeTimestamp: 0,
    ...given,
  };
}

describe('listeners of one group', () => {
  const seen: string[] = [];
  const notes =
    (name: string): OnMessage =>
    (payload) =>
      void seen.push(`${name} ${String(payload)}`);
  const paid: Given = { id: 'Paid', selectorExpression: 'paid', onMessage: notes('Paid') };
  const shipped: Given = { id: 'Shipped', selectorExpression: 'shipped || paid-later', onMessage: notes('Shipped') };
  const refunds: Given = { id: 'Refunds', topic: ['refunds', 'returns'], onMessage: notes('Refunds') };

  beforeEach(() => void seen.splice(0));

  it('share one consumer with the union of what they want, and get each their own', async () => {
    const { registry, consumers, warnings } = setUp(paid, shipped, refunds);
    await registry.start();
    expect(consumers.events).toEqual(['Paid start']);
    expect(consumers.last.spec.subscriptions).toEqual([
      { topic: 'orders', selectorType: 'TAG', selectorExpression: 'paid || paid-later || shipped' },
      { topic: 'refunds', selectorType: 'TAG', selectorExpression: '*' },
      { topic: 'returns', selectorType: 'TAG', selectorExpression: '*' },
    ]);
    const { deliver } = consumers.last;
    for (const tags of ['paid', 'shipped', 'paid-later']) await deliver(tagged(tags));
    await deliver(tagged('paid', { topic: 'returns', body: 'back' }));
    expect(seen).toEqual(['Paid paid', 'Shipped shipped', 'Shipped paid-later', 'Refunds back']);
    expect(await deliver(tagged('lost'))).toEqual({ kind: 'AGAIN', delayLevel: 0 });
    expect(warnings[0]).toMatch(/^group billing: no listener here wants message .*; it will be delivered again$/);
    expect(registry.stats().map(({ id, consumed }) => `${id} ${consumed}`)).toEqual(['Paid 1', 'Shipped 2', 'Refunds 1']);
  });

  it('start, pause and stop together, and drain each in its own time', async () => {
    const reasons: string[] = [];
    const { clock, registry, consumers } = setUp(
      { ...paid, onMessage: (payload, context) => hangs(clock, reasons)(payload, context) },
      {
        ...shipped,
        awaitTerminationMillisWhenShutdown: 500,
        onMessage: (payload, context) => hangs(clock, reasons)(payload, context),
      },
    );
    await registry.start('Shipped');
    await registry.pause('Shipped');
    expect(registry.list().map(({ state, sharesConsumerWith }) => [state, sharesConsumerWith])).toEqual([
      ['PAUSED', ['Shipped']],
      ['PAUSED', ['Paid']],
    ]);
    void consumers.last.deliver(tagged('paid'));
    void consumers.last.deliver(tagged('shipped'));
    await clock.advance(0);
    const stopped = registry.stop('Paid');
    await clock.advance(200);
    expect(reasons).toEqual(['not done within 200 ms of the stop']);
    await clock.advance(300);
    expect((await stopped)[0]).toMatchObject({ listeners: ['Paid', 'Shipped'], abandoned: 2 });
    expect(reasons[1]).toBe('not done within 500 ms of the stop');
    await clock.advance(10_000);
  });

  it('each get what they want of a broadcast, whatever the others do with it', async () => {
    const broadcast = { messageModel: 'BROADCASTING' } as const;
    const { registry, consumers } = setUp(
      { ...paid, ...broadcast },
      { ...paid, ...broadcast, id: 'Second', onMessage: () => Promise.reject(new Error('no')) },
      { ...shipped, ...broadcast },
    );
    await registry.start();
    expect(await consumers.last.deliver(tagged('paid'))).toMatchObject({ kind: 'AGAIN' });
    expect(seen).toEqual(['Paid paid']);
    expect(registry.stats().map(({ consumed, failed, discarded }) => [consumed, failed, discarded])).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
  });

  it('are joined and left at run time with a new consumer; the others go on', async () => {
    const { registry, consumers, entryOf } = setUp(paid, { ...refunds, consumerGroup: 'other' });
    registry.open({ define: (options) => entryOf({ ...shipped, ...options }), started: () => Promise.reject(new Error('unused')) });
    await registry.start();
    await registry.pause('Paid');
    const options = { topic: 'orders', consumerGroup: 'billing' };
    const container = await registry.register(options, () => undefined);
    expect([container.state, consumers.last.spec.subscriptions[0]!.selectorExpression]).toEqual([
      'PAUSED',
      'paid || paid-later || shipped',
    ]);
    await registry.unregister(container);
    expect(consumers.last.spec.subscriptions[0]!.selectorExpression).toBe('paid');
    expect([registry.get('Paid')!.state, registry.get('Shipped'), container.sharesConsumerWith]).toEqual(['PAUSED', undefined, ['Paid']]);
    await registry.unregister('Paid');
    expect(consumers.events.filter((event) => !event.startsWith('Refunds'))).toEqual([
      'Paid start',
      'Paid suspend',
      'Paid shutdown 200',
      'Paid start',
      'Paid suspend',
      'Paid shutdown 200',
      'Paid start',
      'Paid suspend',
      'Paid shutdown 200',
    ]);
  });

  it('are as before when a newcomer cannot start', async () => {
    const { registry, consumers, entryOf } = setUp(paid);
    registry.open({ define: () => entryOf(shipped), started: () => Promise.reject(new Error('unused')) });
    await registry.start();
    consumers.failingOnce = new Error('the broker refuses the filter');
    await expect(registry.register({ topic: 'x', consumerGroup: 'billing' }, () => undefined)).rejects.toThrow('refuses the filter');
    expect(registry.list().map(({ id, state, sharesConsumerWith }) => [id, state, sharesConsumerWith])).toEqual([['Paid', 'RUNNING', []]]);
    expect(consumers.last.spec.subscriptions[0]!.selectorExpression).toBe('paid');
  });

  it('may change hands in one moment: who joins works on, who left cannot be started', async () => {
    const { registry, consumers, container, entryOf } = setUp(paid);
    registry.open({ define: () => entryOf(shipped), started: () => Promise.reject(new Error('unused')) });
    await registry.start();
    const joining = registry.register({ topic: 'orders', consumerGroup: 'billing' }, () => undefined);
    await Promise.all([joining, registry.unregister('Paid')]);
    expect(registry.list().map(({ id, state, sharesConsumerWith }) => [id, state, sharesConsumerWith])).toEqual([
      ['Shipped', 'RUNNING', []],
    ]);
    expect(consumers.last.spec.subscriptions[0]!.selectorExpression).toBe('shipped || paid-later');
    await registry.unregister('Shipped');
    expect((await joining).stats()).toMatchObject({ state: 'STOPPED', inFlight: 0 });
    for (const gone of [container, await joining]) {
      await expect(gone.start()).rejects.toThrow('unregistered');
      await expect(gone.setConcurrency(2)).rejects.toThrow('unregistered');
    }
    expect(consumers.events.at(-1)).toBe('Shipped shutdown 200');
  });

  it('go on with a new consumer when the one before did not stop cleanly', async () => {
    const { registry, consumers, warnings, entryOf } = setUp();
    const entry = entryOf({ ...paid, consumerGroup: 'torn' });
    const createConsumer: typeof consumers.create = (spec, handle) => ({
      ...consumers.create(spec, handle),
      shutdown: () => Promise.reject(new Error('offsets not saved')),
    });
    registry.add({ ...entry, services: { ...entry.services, createConsumer } });
    registry.open({ define: () => entryOf({ ...shipped, consumerGroup: 'torn' }), started: () => Promise.reject(new Error('unused')) });
    await registry.start('Paid');
    await registry.register({ topic: 'orders', consumerGroup: 'torn' }, () => undefined);
    expect([registry.get('Paid')!.state, registry.get('Shipped')!.state]).toEqual(['RUNNING', 'RUNNING']);
    expect(warnings).toEqual(['listener Paid did not stop cleanly, a new consumer takes over: offsets not saved']);
  });

  it('stay known when the others cannot go on without the one that leaves', async () => {
    const { registry, consumers } = setUp(paid, shipped);
    await registry.start();
    consumers.failingOnce = new Error('no route');
    await expect(registry.unregister('Shipped')).rejects.toThrow('no route');
    expect(registry.list().map(({ id, state }) => [id, state])).toEqual([
      ['Paid', 'RUNNING'],
      ['Shipped', 'RUNNING'],
    ]);
    await registry.unregister('Shipped');
    expect(registry.list().map(({ id }) => id)).toEqual(['Paid']);
  });
});

describe('RocketMQListenerRegistry', () => {
  it('finds by id, class and container, and names what it knows otherwise', async () => {
    const { registry, container, entryOf } = setUp();
    class Audit {}
    const audit = registry.add({ ...entryOf({ id: 'Audit', consumerGroup: 'audit' }), type: Audit });
    expect([registry.get('Billing'), registry.get(Audit), registry.get(audit), registry.list()]).toEqual([
      container,
      audit,
      audit,
      [container, audit],
    ]);
    expect(registry.get('Other')).toBeUndefined();
    await registry.start('Billing');
    expect([container.isRunning, audit.isRunning]).toEqual([true, false]);
    await expect(registry.stop('Other')).rejects.toThrow('no listener "Other"; known: Billing, Audit');
    expect(() => registry.stats('Other')).toThrow('no listener "Other"');
  });

  it('starts lower phases first and stops them last, one phase at once', async () => {
    const { registry, consumers } = setUp(
      { id: 'Late', phase: 5, consumerGroup: 'late' },
      { id: 'Early', phase: -1, consumerGroup: 'early' },
      { id: 'Middle', consumerGroup: 'middle' },
    );
    await registry.start();
    await registry.stop();
    expect(consumers.events.map((event) => event.replace(' 200', ''))).toEqual([
      'Early start',
      'Middle start',
      'Late start',
      'Late shutdown',
      'Middle shutdown',
      'Early shutdown',
    ]);
  });

  it('registers nothing before the module is there, and nothing that cannot start', async () => {
    const { registry, entryOf } = setUp();
    const options = { topic: 'refunds', consumerGroup: 'refunds' };
    await expect(registry.register(options, () => undefined)).rejects.toThrow('the module is not initialised');
    registry.open({
      define: (given) => entryOf({ id: 'Refunds', ...given }),
      started: () => Promise.reject(new Error('no route')),
    });
    await expect(registry.register(options, () => undefined)).rejects.toThrow('no route');
    expect(registry.list().map(({ id }) => id)).toEqual(['Billing']);
  });
});
