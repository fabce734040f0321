// Listeners that come and go at the same moment: a group has one consumer at any time, and what is refused leaves nothing behind.
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { FakeConsumers } from '../../../../test/support/fake-consumers.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { withListenerDefaults } from './listener-options.js';
import { RocketMQListenerRegistry } from './listener-registry.js';
import { RocketMQMessageListener } from './rocketmq-message-listener.decorator.js';

const NO_ROUTE = new Error('no route');

function setUp() {
  const clock = new ManualClock();
  const consumers = new FakeConsumers(clock);
  const registry = new RocketMQListenerRegistry();
  const services = {
    clock,
    converter: new DefaultMessageConverter(),
    sendReply: () => Promise.reject(new Error('unused')),
    logger: silentLogger,
    createConsumer: consumers.create,
  };
  registry.open({
    define: ({ id, ...options }) => {
      if (registry.get(id!) !== undefined) throw new Error(`"${id}" is the id of another listener`);
      const resolved = withListenerDefaults({ awaitTerminationMillisWhenShutdown: 200, ...options });
      const handlers = [{ method: 'onMessage', messageType: undefined, invoke: () => Promise.resolve() }];
      const definition = { id: id!, className: id!, mode: 'MESSAGE' as const, options: resolved, handlers };
      return { type: class {}, groupKey: options.consumerGroup, definition, services };
    },
    started: (container) => container.start(),
  });
  const register = (id: string, tag = id.toLowerCase()) =>
    registry.register({ id, topic: 'orders', consumerGroup: 'billing', selectorExpression: tag }, () => undefined);
  /** Consumers that run at each event. */
  const running = (): number[] => {
    let count = 0;
    return consumers.events.map((event) => (event.endsWith(' start') ? ++count : --count));
  };
  const listed = (): unknown[] => registry.list().map(({ id, state, sharesConsumerWith }) => [id, state, ...sharesConsumerWith]);
  return { clock, registry, consumers, register, running, listed };
}

describe('Registering the first listeners of a group at once', () => {
  it('makes one consumer that serves both', async () => {
    const { consumers, register, running, listed } = setUp();
    const containers = await Promise.all([register('Paid'), register('Shipped')]);
    expect(containers.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
    expect(listed()).toEqual([
      ['Paid', 'RUNNING', 'Shipped'],
      ['Shipped', 'RUNNING', 'Paid'],
    ]);
    expect(consumers.last.spec.subscriptions).toMatchObject([{ selectorExpression: 'paid || shipped' }]);
    expect(Math.max(...running())).toBe(1);
  });

  it('goes on with the second when the first cannot start', async () => {
    const { consumers, register, running, listed } = setUp();
    consumers.failing.set('Paid', new Error('the broker refuses the filter'));
    const [first, second, third] = await Promise.allSettled([register('Paid'), register('Shipped'), register('Gone')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the broker refuses the filter' } });
    expect([second.status, third.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(listed()).toEqual([
      ['Shipped', 'RUNNING', 'Gone'],
      ['Gone', 'RUNNING', 'Shipped'],
    ]);
    expect(consumers.last.spec.subscriptions).toMatchObject([{ selectorExpression: 'gone || shipped' }]);
    expect(Math.max(...running())).toBe(1);
  });

  it('refuses a second one of the same id, by name', async () => {
    const { register, listed } = setUp();
    const [first, second] = await Promise.allSettled([register('Paid'), register('Paid')]);
    expect([first.status, second]).toMatchObject(['fulfilled', { reason: { message: '"Paid" is the id of another listener' } }]);
    expect(listed()).toEqual([['Paid', 'RUNNING']]);
  });

  it('keeps a stop that follows at once: it is not started behind it', async () => {
    const { registry, register, listed } = setUp();
    await Promise.all([register('Paid'), registry.stop()]);
    expect(listed()).toEqual([['Paid', 'STOPPED']]);
  });
});

describe('A group whose last listener is leaving', () => {
  it('has let go of its consumer before the next one starts', async () => {
    const { registry, register, listed, consumers, clock } = setUp();
    await register('Paid');
    await registry.setConcurrency('Paid', 3);
    consumers.underWay = 1;
    const left = registry.unregister('Paid');
    const joining = register('Shipped');
    const gone = register('Gone');
    await clock.advance(199);
    expect(consumers.events.slice(2)).toEqual(['Paid shutdown 200']);
    consumers.underWay = 0;
    await clock.advance(1);
    await Promise.all([left, joining, gone]);
    expect(listed()).toEqual([
      ['Shipped', 'RUNNING', 'Gone'],
      ['Gone', 'RUNNING', 'Shipped'],
    ]);
    expect(consumers.events.slice(3)).toEqual(['Shipped start', 'Shipped shutdown 200', 'Shipped start']);
    expect((await joining).stats().concurrency).toBe(20);
  });

  it('has done so, too, when the last two leave one after the other', async () => {
    const { registry, register, listed, consumers, clock } = setUp();
    await Promise.all([register('Paid'), register('Shipped')]);
    let goOn = (): void => undefined;
    consumers.hanging.set('Shipped', new Promise((resolve) => (goOn = resolve)));
    const first = registry.unregister('Paid');
    const last = registry.unregister('Shipped');
    await clock.advance(0);
    expect(consumers.events.at(-1)).toBe('Shipped start');
    consumers.underWay = 1;
    goOn();
    await first;
    const joining = register('Gone');
    await clock.advance(199);
    expect(consumers.events.at(-1)).toMatch(/ shutdown 200$/);
    consumers.underWay = 0;
    await clock.advance(1);
    await Promise.all([last, joining]);
    expect(listed()).toEqual([['Gone', 'RUNNING']]);
    expect(consumers.events.at(-1)).toBe('Gone start');
  });
});

describe('A listener that has left', () => {
  it('is not started by an attempt that was made for it before', async () => {
    const { registry, register, consumers } = setUp();
    const attempt = (await register('Paid')).attempt();
    await registry.unregister('Paid');
    expect([await attempt(), consumers.made.length]).toEqual([false, 1]);
  });
});

describe('A group that lost its consumer, as neither the changed one nor the one before could start', () => {
  async function setUpLost() {
    const set = setUp();
    await set.register('Paid');
    set.consumers.failing.set('Paid', NO_ROUTE);
    await expect(set.register('Shipped')).rejects.toThrow('no route');
    return set;
  }

  it('tells why in its numbers, and starts again by itself with growing pauses up to 30 s', async () => {
    const { clock, consumers, registry, listed } = await setUpLost();
    expect(registry.stats('Paid')).toMatchObject({ state: 'STOPPED', startFailure: { message: 'no route', at: clock.now() } });
    expect(listed()).toEqual([['Paid', 'STOPPED']]);
    for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const starts = consumers.made.length;
      await clock.advance(pauseMs - 1);
      expect(consumers.made.length).toBe(starts);
      await clock.advance(1);
      expect(consumers.made.length).toBe(starts + 1);
    }
    expect(registry.stats('Paid').startFailure).toEqual({ message: 'no route', at: clock.now() });
    consumers.failing.clear();
    await clock.advance(30_000);
    expect(registry.stats('Paid')).toMatchObject({ state: 'RUNNING', startFailure: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is left alone once it has been stopped', async () => {
    const { clock, consumers, registry, running } = await setUpLost();
    consumers.failing.clear();
    await registry.stop();
    expect([clock.pendingTimers, registry.stats('Paid').startFailure]).toEqual([0, undefined]);
    await registry.start();
    expect(running().at(-1)).toBe(1);
  });

  it('is not tried again beside a start that was asked for', async () => {
    const { clock, consumers, registry } = await setUpLost();
    await expect(registry.start()).rejects.toThrow('no route');
    consumers.failing.clear();
    await registry.start();
    expect([clock.pendingTimers, registry.stats('Paid').state]).toEqual([0, 'RUNNING']);
  });

  it('is paused again where it was paused', async () => {
    const { clock, consumers, registry, register } = setUp();
    await register('Paid');
    await registry.pause();
    consumers.failing.set('Paid', NO_ROUTE);
    await expect(register('Shipped')).rejects.toThrow('no route');
    consumers.failing.clear();
    await clock.advance(1000);
    expect([registry.stats('Paid').state, ...consumers.events.slice(-2)]).toEqual(['PAUSED', 'Paid start', 'Paid suspend']);
  });

  it('starts with the next newcomer, which is not registered when it cannot', async () => {
    const { clock, consumers, register, listed } = await setUpLost();
    await expect(register('Shipped')).rejects.toThrow('no route');
    expect(listed()).toEqual([['Paid', 'STOPPED']]);
    consumers.failing.clear();
    await register('Shipped');
    expect(listed()).toEqual([
      ['Paid', 'RUNNING', 'Shipped'],
      ['Shipped', 'RUNNING', 'Paid'],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a listener go, and the others be started later; the last one ends it', async () => {
    const { clock, consumers, registry, register, listed } = setUp();
    await register('Paid');
    await register('Shipped');
    consumers.failing.set('Paid', NO_ROUTE);
    await expect(registry.unregister('Shipped')).rejects.toThrow('no route');
    expect(listed()).toEqual([
      ['Paid', 'STOPPED', 'Shipped'],
      ['Shipped', 'STOPPED', 'Paid'],
    ]);
    await registry.unregister('Shipped');
    expect([...listed(), clock.pendingTimers]).toEqual([['Paid', 'STOPPED'], 1]);
    await registry.unregister('Paid');
    expect([...listed(), clock.pendingTimers]).toEqual([0]);
  });

  it('says of a decorated class that it does not know where to look', async () => {
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing' })
    class Forgotten {
      onMessage(): void {}
    }
    const { registry } = setUp();
    await expect(registry.start(Forgotten)).rejects.toThrow(
      'no listener "Forgotten"; known: none. Forgotten is decorated: is it among the providers of a module that is imported, and switched on?',
    );
  });
});
