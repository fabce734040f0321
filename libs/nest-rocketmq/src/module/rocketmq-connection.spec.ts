import { type Logger, ManualClock, silentLogger } from 'rocketmq-core/common';
import { ConnectError } from 'rocketmq-core/errors';
import {
  type ConsumerPort,
  RocketMQListenerRegistry,
  type RocketMQMessageListenerOptions,
  withListenerDefaults,
} from '../listener/index.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { RocketMQConfigurationError, type RocketMQOptions, securitySettings } from '../options/index.js';
import { ListenerLifecycle } from './listener-lifecycle.js';
import { RocketMQConnection } from './rocketmq-connection.js';

function setUp(options: RocketMQOptions, listeners: Array<Partial<RocketMQMessageListenerOptions> & { className?: string }> = []) {
  const clock = new ManualClock();
  const events: string[] = [];
  const failing = new Map<string, Error>();
  const hanging = new Map<string, Promise<void>>();
  const lines: string[] = [];
  const note: Logger = { ...silentLogger, info: (line) => void lines.push(line), warn: (line) => void lines.push(line) };
  const registry = new RocketMQListenerRegistry();
  const step = async (name: string): Promise<void> => {
    events.push(name);
    await hanging.get(name);
    const error = failing.get(name);
    if (error) throw error;
  };
  const connection = new RocketMQConnection(options, {
    name: 'default',
    clock,
    logger: note,
    registry,
    explorer: {
      connectionNames: () => ['default'],
      describe: () => undefined,
      find: () =>
        listeners.map(({ className = 'Billing', ...given }, index) => ({
          type: { name: className, prototype: { onMessage() {} } },
          definition: {
            id: `${className}${index}`,
            className,
            mode: 'MESSAGE',
            options: withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', ...given }),
            handlers: [{ method: 'onMessage', messageType: undefined, invoke: async () => undefined }],
          },
        })),
    },
    transactions: { find: () => [] },
    createProducer: ({ producer }, nameServer) => ({
      start: () => step(`producer start ${nameServer}${securitySettings(producer).tls === undefined ? '' : ' by TLS'}`),
      reach: () => step('name server'),
      shutdown: () => step('producer shutdown'),
      send: () => Promise.reject(new Error('unused')),
      sendBatch: () => Promise.reject(new Error('unused')),
      request: () => Promise.reject(new Error('unused')),
      sendInTransaction: () => Promise.reject(new Error('unused')),
      sendOneWay: () => step('producer one way'),
      client: () => {
        throw new Error('unused');
      },
    }),
    createReceiver: () => undefined,
    containerServices: (_connection, nameServer) => ({
      clock,
      logger: note,
      converter: new DefaultMessageConverter(),
      sendReply: () => Promise.reject(new Error('unused')),
      createConsumer: ({ id }): ConsumerPort => ({
        start: () => step(`${id} start ${nameServer}`),
        shutdown: () => step(`${id} shutdown`),
        suspend: () => undefined,
        resume: () => undefined,
        setConcurrency: () => undefined,
        queues: () => [],
      }),
    }),
  });
  return { connection, lifecycle: new ListenerLifecycle(connection, registry), registry, clock, events, failing, hanging, lines };
}

const good: RocketMQOptions = { nameServer: 'a:1' };

describe('RocketMQConnection', () => {
  it('closes the producer after a listener that could not stop cleanly, and tells of it', async () => {
    const { connection, lifecycle, events, failing, lines } = setUp(good, [{}]);
    await connection.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    failing.set('Billing0 shutdown', new Error('offsets not saved'));
    await lifecycle.onModuleDestroy();
    await connection.onApplicationShutdown();
    expect(events.slice(-2)).toEqual(['Billing0 shutdown', 'producer shutdown']);
    expect(lines.filter((line) => line.includes('offsets not saved'))).toHaveLength(1);
  });

  it('starts producer, then listeners; stops listeners, then producer', async () => {
    const { connection, lifecycle, events, lines } = setUp(good, [{ selectorExpression: 'paid || shipped' }, { nameServer: 'b:2' }]);
    await connection.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    await lifecycle.onModuleDestroy();
    await connection.onApplicationShutdown();
    await connection.onApplicationShutdown();
    expect(events).toEqual([
      'producer start a:1',
      'name server',
      'Billing0 start a:1',
      'Billing1 start b:2',
      'Billing0 shutdown',
      'Billing1 shutdown',
      'producer shutdown',
    ]);
    expect(lines[0]).toBe(
      'Billing.onMessage -> topic=orders selector=TAG "paid || shipped" group=billing mode=CONCURRENTLY/CLUSTERING concurrency=20',
    );
  });

  it('tells all wrong options of module and listeners before anything connects', async () => {
    const { connection, events } = setUp({ producer: { group: '' } }, [
      { topic: '' },
      { consumerGroup: 'audit', connection: 'other' },
      { consumerGroup: 'audit', connection: 'other', selectorExpression: 'paid', className: 'Second' },
    ]);
    const error = await connection.onModuleInit().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect((error as RocketMQConfigurationError).details.map(({ where, option }) => `${where} ${option}`)).toEqual([
      'RocketMQModule "default" nameServer',
      'RocketMQModule "default" producer.group',
      'Billing topic',
      'Billing connection',
      'Second connection',
      'Second consumerGroup',
    ]);
    expect(events).toEqual([]);
  });

  it('leaves nothing open when the boot fails', async () => {
    const first = setUp(good);
    first.failing.set('producer start a:1', new Error('down'));
    await expect(first.connection.onModuleInit()).rejects.toThrow('down');
    expect(first.events).toEqual(['producer start a:1', 'producer shutdown']);

    const unreachable = setUp(good);
    unreachable.failing.set('name server', new ConnectError('a:1', 'refused'));
    await expect(unreachable.connection.onModuleInit()).rejects.toThrow(
      'no name server of a:1 can be reached: cannot connect to a:1: refused',
    );
    expect(unreachable.events.at(-1)).toBe('producer shutdown');

    const second = setUp(good, [{}, { consumerGroup: 'other' }]);
    second.failing.set('Billing1 start a:1', new Error('down'));
    await second.connection.onModuleInit();
    await expect(second.lifecycle.onApplicationBootstrap()).rejects.toThrow('down');
    expect(second.events.slice(-2)).toEqual(['Billing0 shutdown', 'producer shutdown']);
  });

  it('starts in the background when asked to, with growing pauses, and stops trying at the end', async () => {
    const { connection, lifecycle, events, failing, clock } = setUp({ ...good, startup: 'background' }, [{}]);
    failing.set('producer start a:1', new ConnectError('a:1', 'down'));
    failing.set('Billing0 start a:1', new Error('down'));
    await connection.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    await clock.advance(1000);
    await clock.advance(2000);
    const attempts = (): number => events.filter((event) => event === 'Billing0 start a:1').length;
    expect(attempts()).toBe(3);
    expect(events.filter((event) => event === 'producer start a:1').length).toBeGreaterThan(2);
    failing.delete('producer start a:1');
    failing.delete('Billing0 start a:1');
    await clock.advance(4000);
    await clock.advance(60_000);
    expect(attempts()).toBe(4);
    await lifecycle.onModuleDestroy();
    await connection.onApplicationShutdown();
    expect([events.slice(-2), clock.pendingTimers]).toEqual([['Billing0 shutdown', 'producer shutdown'], 0]);
  });

  it('asks, when a name server of a listener does not answer, those of others that would start behind it, as they would', async () => {
    const consumer = { tlsEnable: 'true' };
    const own = (className: string, nameServer: string) => ({ className, nameServer, consumerGroup: className });
    const { connection, lifecycle, registry, failing, events } = setUp({ ...good, autoStart: false, consumer }, [
      own('Waiting', 'b:2'),
      { ...own('First', 'c:3'), autoStart: true },
      { ...own('Second', 'd:4'), autoStart: true },
      { ...own('Plain', 'e:5'), autoStart: true, tlsEnable: false },
    ]);
    for (const at of ['b:2 by TLS', 'd:4 by TLS', 'e:5']) failing.set(`producer start ${at}`, new ConnectError(at, 'down'));
    failing.set('First1 start c:3', new ConnectError('c:3', 'down'));
    await connection.onModuleInit();
    const error = await lifecycle.onApplicationBootstrap().catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message.split('\n').map((line) => line.split(' can be')[0])).toEqual([
      'First: no name server of c:3',
      'Second: no name server of d:4',
      'Plain: no name server of e:5',
    ]);
    expect(events.some((event) => event.includes('b:2'))).toBe(false);
    expect(registry.list().some(({ isRunning }) => isRunning)).toBe(false);
  });

  it('connects nothing when disabled, and says so to a sender', async () => {
    const { connection, lifecycle, events } = setUp({ enabled: false }, [{}]);
    await connection.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    expect(events).toEqual([]);
    await expect(connection.producerPort.sendOneWay(undefined as never)).rejects.toThrow('RocketMQTemplate "default" is disabled');
  });

  it('leaves listeners alone that are switched off, and all of them without autoStart', async () => {
    const off = setUp({ ...good, consumer: { listeners: { billing: { orders: false } } } }, [{}, { topic: 'x', consumerGroup: 'other' }]);
    await off.connection.onModuleInit();
    expect(off.registry.list().map(({ id }) => id)).toEqual(['Billing1']);
    expect(off.lines).toContain('Billing is switched off (group=billing, topic=orders)');

    const manual = setUp({ ...good, autoStart: false }, [{}]);
    await manual.connection.onModuleInit();
    await manual.lifecycle.onApplicationBootstrap();
    expect(manual.events).toEqual(['producer start a:1', 'name server']);
    await manual.registry.start();
    expect(manual.events.at(-1)).toBe('Billing0 start a:1');
  });

  it('starts each listener as its own options say', async () => {
    const { connection, lifecycle, events, failing, clock, lines, registry } = setUp(good, [
      { consumerGroup: 'late', phase: 9 },
      { consumerGroup: 'manual', autoStart: false },
      { consumerGroup: 'slow', startup: 'background' },
      { consumerGroup: 'early', phase: -1 },
    ]);
    failing.set('Billing2 start a:1', new Error('down'));
    await connection.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    expect(events.filter((event) => event.startsWith('Billing'))).toEqual([
      'Billing3 start a:1',
      'Billing2 start a:1',
      'Billing2 shutdown',
      'Billing0 start a:1',
    ]);
    expect(lines).toContain('listener Billing1 waits for RocketMQListenerRegistry.start() (autoStart: false)');
    expect(lines).toContain('listener Billing2 cannot start yet, trying again in the background: down');
    // A stop ends the attempts, too.
    await registry.stop('Billing2');
    failing.clear();
    await clock.advance(60_000);
    expect([registry.get('Billing2')!.state, lines.includes('listener Billing2 has started')]).toEqual(['STOPPED', false]);
    await lifecycle.onModuleDestroy();
    expect(events.slice(-2)).toEqual(['Billing0 shutdown', 'Billing3 shutdown']);
    await connection.onApplicationShutdown();
  });

  it('closes while a listener starts, and starts no other', async () => {
    const { connection, lifecycle, events, hanging } = setUp(good, [{ consumerGroup: 'one' }, { consumerGroup: 'two' }]);
    hanging.set('Billing0 start a:1', new Promise(() => {}));
    await connection.onModuleInit();
    const started = expect(lifecycle.onApplicationBootstrap()).rejects.toThrow('listener Billing0 is stopped while it was starting');
    while (!events.includes('Billing0 start a:1')) await Promise.resolve();
    await lifecycle.onModuleDestroy();
    await connection.onApplicationShutdown();
    await started;
    expect(events.filter((event) => event.startsWith('Billing'))).toEqual(['Billing0 start a:1', 'Billing0 shutdown']);
  });
});
