// Listener containers over a real cluster: listeners of one group, topics, pauses, concurrency, registering at run time, numbers, stops; and what
// the guide "why is my listener not called" says an application tells.
import { readFileSync } from 'node:fs';
import { Injectable, type LoggerService, Module, type ModuleMetadata } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type MessageContext,
  MessageExt,
  type RocketMQListener,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQOptions,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

const open: INestApplicationContext[] = [];
/** Everything the applications of this file have logged, and the errors their boots failed with. */
const told: string[] = [];
const note = (line: unknown): void => void told.push(String(line));
const logger: LoggerService = { log: note, warn: note, error: note, debug: note };

let cluster: EmbeddedRocketMQ;
let options: RocketMQOptions;
let template: RocketMQTemplate;

async function boot(providers: ModuleMetadata['providers'], more: Partial<RocketMQOptions> = {}): Promise<INestApplicationContext> {
  @Module({ imports: [RocketMQModule.forRoot({ ...options, ...more })], providers: providers ?? [] })
  class AppModule {}
  try {
    const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
    open.push(app);
    return app;
  } catch (error) {
    note((error as Error).message);
    throw error;
  }
}

async function close(app: INestApplicationContext): Promise<void> {
  open.splice(open.indexOf(app), 1);
  await app.close();
}

const registryOf = (app: INestApplicationContext): RocketMQListenerRegistry => app.get(RocketMQListenerRegistry);
const FIRST = { consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' } as const;

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start({ brokerConfig: { enablePropertyFilter: true } });
  options = { nameServer: cluster.nameServer, producer: { group: 'containers' } };
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.stop());

async function openTopics(...topics: string[]): Promise<void> {
  await cluster.createTopics(topics);
  template = (await boot([])).get(RocketMQTemplate);
}

describe('listeners of one group', () => {
  it('lose nothing and share nothing, while members of other applications come and go', async () => {
    await openTopics('ctr-orders', 'ctr-refunds');
    const seen = new Map<string, Set<string>>();
    const takes = (listener: string, text: string): void => void seen.set(text, (seen.get(text) ?? new Set()).add(listener));

    /** The same classes for each application. */
    const listeners = () => {
      @RocketMQMessageListener({
        topic: 'ctr-orders',
        consumerGroup: 'ctr-billing',
        selectorExpression: 'paid',
        messageType: String,
        ...FIRST,
      })
      class Paid {
        onMessage(text: string): void {
          takes('Paid', text);
        }
      }

      @RocketMQMessageListener({
        topic: 'ctr-orders',
        consumerGroup: 'ctr-billing',
        selectorExpression: 'shipped || cancelled',
        ...FIRST,
      })
      class Shipped {
        onMessage(message: MessageExt): void {
          // Comes again once, through the retry topic of the group.
          if (message.tags === 'cancelled' && message.reconsumeTimes === 0 && message.text().endsWith('0')) throw new Error('once');
          takes('Shipped', message.text());
        }
      }

      @RocketMQMessageListener({
        topic: 'ctr-refunds',
        consumerGroup: 'ctr-billing',
        messageType: String,
        delayLevelWhenNextConsume: 1,
        ...FIRST,
      })
      class Refunds {
        onMessage(text: string, { reconsumeTimes }: MessageContext): void {
          if (reconsumeTimes === 0 && text.endsWith('0')) throw new Error('once');
          takes('Refunds', text);
        }
      }
      return [Paid, Shipped, Refunds];
    };

    const wanted = new Map<string, string>();
    let sending = true;
    const send = async (): Promise<void> => {
      for (let n = 0; sending; n++) {
        for (const [destination, listener] of [
          ['ctr-orders:paid', 'Paid'],
          ['ctr-orders:shipped', 'Shipped'],
          ['ctr-refunds', 'Refunds'],
        ] as const) {
          const text = `${destination} ${n}`;
          wanted.set(text, listener);
          await template.syncSend(destination, text);
        }
        await template.syncSend('ctr-orders:ignored', 'nobody wants this');
      }
    };
    const sent = send();
    const first = await boot(listeners());
    expect(registryOf(first).get('Paid')!.sharesConsumerWith).toEqual(['Shipped', 'Refunds']);
    expect(registryOf(first).get('Paid')!.consumer).toBe(registryOf(first).get('Refunds')!.consumer);
    await until(() => seen.size > 30);
    const second = await boot(listeners());
    const ordersOf = (app: INestApplicationContext): number =>
      registryOf(app)
        .stats('Paid')
        .assignedQueues.filter(({ topic }) => topic === 'ctr-orders').length;
    await until(() => ordersOf(first) === 2 && ordersOf(second) === 2);
    const before = seen.size;
    await until(() => seen.size > before + 60);
    await close(first);
    await until(() => ordersOf(second) === 4);
    const after = seen.size;
    await until(() => seen.size > after + 60);
    sending = false;
    await sent;
    await until(() => seen.size >= wanted.size);
    expect([...seen].filter(([text, by]) => by.size !== 1 || !by.has(wanted.get(text)!))).toEqual([]);
    expect(seen.size).toBe(wanted.size);
    expect(registryOf(second).stats('Refunds').retried).toBeGreaterThan(0);
  });

  it('are told apart by class and option when they cannot share a consumer', async () => {
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', selectorExpression: 'paid' })
    class BillingListener {
      onMessage(_message: MessageExt): void {}
    }

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', consumeThreadNumber: 5 })
    class AuditListener {
      onMessage(_message: MessageExt): void {}
    }
    await expect(boot([BillingListener, AuditListener])).rejects.toThrow('2 options are wrong');
    await expect(boot([BillingListener, AuditListener], { consumer: { allowSameGroup: 'error' } })).rejects.toThrow(
      'AuditListener: consumerGroup: group "billing" belongs to BillingListener',
    );
  });
});

describe('a listener of several topics', () => {
  it('gets each with its own selector, but for those switched off', async () => {
    await openTopics('ctr-a', 'ctr-b', 'ctr-c');
    const seen: string[] = [];

    @RocketMQMessageListener({
      subscriptions: [
        { topic: 'ctr-a', selectorExpression: 'x || y' },
        { topic: 'ctr-b', selectorType: 'SQL92', selectorExpression: 'amount > 10' },
        { topic: 'ctr-c' },
      ],
      consumerGroup: 'ctr-several',
      messageType: String,
      ...FIRST,
    })
    class Several {
      onMessage(text: string, { topic }: MessageContext): void {
        seen.push(`${topic} ${text}`);
      }
    }

    @RocketMQMessageListener({ topic: ['ctr-a', 'ctr-c'], consumerGroup: 'ctr-two', messageType: String, ...FIRST })
    class Two {
      onMessage(text: string, { topic }: MessageContext): void {
        seen.push(`two: ${topic} ${text}`);
      }
    }

    for (const tag of ['x', 'y', 'z']) await template.syncSend(`ctr-a:${tag}`, tag);
    for (const amount of [5, 50]) await template.syncSend('ctr-b', `amount ${amount}`, { headers: { amount } });
    await template.syncSend('ctr-c', 'c');
    await boot([Several, Two], { consumer: { listeners: { 'ctr-several': { 'ctr-c': false } } } });
    await until(() => seen.length >= 7);
    expect(seen.toSorted()).toEqual([
      'ctr-a x',
      'ctr-a y',
      'ctr-b amount 50',
      'two: ctr-a x',
      'two: ctr-a y',
      'two: ctr-a z',
      'two: ctr-c c',
    ]);
    expect(told).toContain('Several is switched off (group=ctr-several, topic=ctr-c)');
    expect(told.find((line) => line.startsWith('Several.onMessage'))).toBe(
      'Several.onMessage -> topic=ctr-a selector=TAG "x || y", topic=ctr-b selector=SQL92 "amount > 10" group=ctr-several ' +
        'mode=CONCURRENTLY/CLUSTERING concurrency=20',
    );
  });
});

describe('RocketMQListenerRegistry', () => {
  it('pauses a listener without giving its queues away, and goes on where it was', async () => {
    await openTopics('ctr-pause');
    const seen: string[] = [];
    const witnessed: string[] = [];

    @RocketMQMessageListener({ topic: 'ctr-pause', consumerGroup: 'ctr-pause-group', messageType: String, ...FIRST })
    class Pausing {
      onMessage(text: string): void {
        seen.push(text);
      }
    }
    const app = await boot([Pausing]);
    const registry = registryOf(app);
    await registry.register({ topic: 'ctr-pause', consumerGroup: 'ctr-witness', messageType: String, ...FIRST }, (text) => {
      witnessed.push(text);
    });
    await template.syncSend('ctr-pause', 'before');
    await until(() => seen.length === 1 && witnessed.length === 1);
    const waiting = (group: string): number =>
      [0, 1, 2, 3].reduce((sum, queueId) => sum + cluster.brokers[0]!.waitingPulls('ctr-pause', queueId, group), 0);
    // Pulls wait at the broker: what they bring after the pause must not get through.
    await until(() => waiting('ctr-pause-group') === 4);
    await registry.pause(Pausing);
    expect(registry.stats(Pausing)).toMatchObject({ state: 'PAUSED', consumed: 1, cachedMessages: 0 });
    for (let n = 0; n < 20; n++) await template.syncSend('ctr-pause', `m${n}`);
    await until(() => witnessed.length === 21 && waiting('ctr-pause-group') === 0);
    expect(seen).toEqual(['before']);
    expect(registry.stats(Pausing).assignedQueues.filter(({ topic }) => topic === 'ctr-pause')).toHaveLength(4);
    await registry.resume(Pausing);
    await until(() => seen.length >= 21);
    expect(seen.toSorted()).toEqual(witnessed.toSorted());
    expect(registry.stats(Pausing)).toMatchObject({ state: 'RUNNING', consumed: 21, failed: 0, lag: 0 });
  });

  it.each(['CONCURRENTLY', 'ORDERLY'] as const)('changes how many %s handlers run at once', async (consumeMode) => {
    const topic = `ctr-${consumeMode}`;
    await cluster.createTopics([topic], 8);
    await openTopics(topic);
    let active = 0;
    let most = 0;
    let waiting: Array<() => void> = [];
    /** Ends the calls under way. */
    const next = (): void => {
      const ended = waiting;
      waiting = [];
      for (const end of ended) end();
    };
    const app = await boot([]);
    const registry = registryOf(app);
    const given = { topic, consumerGroup: `${topic}-group`, consumeMode, consumeThreadNumber: 2, consumeThreadMax: 6, ...FIRST };
    for (let n = 0; n < 64; n++) await template.syncSend(topic, `m${n}`);
    const container = await registry.register({ id: 'Gated', ...given }, async () => {
      most = Math.max(most, ++active);
      await new Promise<void>((resolve) => waiting.push(resolve));
      active--;
    });
    await until(() => active === 2);
    await container.setConcurrency(6);
    await until(() => active === 6);
    expect([most, container.inFlightMessages, container.stats().inFlight, container.stats().concurrency]).toEqual([6, 6, 6, 6]);
    await container.setConcurrency(1);
    next();
    await until(() => active === 1);
    most = 0;
    for (let n = 0; n < 3; n++) {
      const before = container.stats().consumed;
      next();
      await until(() => container.stats().consumed > before && active === 1);
    }
    expect(most).toBe(1);
    await expect(registry.setConcurrency('Gated', 7)).rejects.toThrow('7 is no integer within 1..6 (consumeThreadMax)');
    await container.setConcurrency(6);
    await until(() => {
      next();
      return container.stats().consumed === 64;
    });
  });

  it('registers functions, instances and providers at run time, as good as decorated ones, and lets them go', async () => {
    await openTopics('ctr-late', 'ctr-late-2');
    const seen: string[] = [];
    class Order {
      id!: string;
    }

    @Injectable()
    class Prices implements RocketMQReplyListener<string, string> {
      onRequest(item: string): string {
        return `${item} costs 7`;
      }
    }
    class Instance implements RocketMQListener<string> {
      constructor(private readonly name: string) {}

      onMessage(text: string): void {
        seen.push(`${this.name} ${text}`);
      }
    }
    class Stranger extends Instance {}

    @RocketMQMessageListener({
      topic: 'ctr-late',
      consumerGroup: 'ctr-late-group',
      selectorExpression: 'boot',
      messageType: String,
      ...FIRST,
    })
    class Decorated extends Instance {
      constructor() {
        super('decorated');
      }
    }

    const app = await boot([Prices, Decorated]);
    const registry = registryOf(app);
    const first = registry.get(Decorated)!.consumer;
    const ofGroup = { topic: 'ctr-late', consumerGroup: 'ctr-late-group', selectorExpression: 'late', ...FIRST };
    await registry.register({ ...ofGroup, messageType: Order }, function takeOrder(order, { tags }) {
      seen.push(`${order.constructor.name} ${order.id} ${tags}`);
    });
    await registry.register({ ...ofGroup, topic: 'ctr-late-2', selectorExpression: '*', messageType: String }, new Instance('instance'));
    await registry.register({ topic: 'ctr-late-2', consumerGroup: 'ctr-prices', messageType: String }, Prices);
    expect(registry.list().map(({ id, state }) => `${id} ${state}`)).toEqual([
      'Decorated RUNNING',
      'takeOrder RUNNING',
      'Instance RUNNING',
      'Prices RUNNING',
    ]);
    expect(registry.get(Decorated)!.consumer).not.toBe(first);
    expect(registry.get('takeOrder')!.sharesConsumerWith).toEqual(['Decorated', 'Instance']);
    await template.syncSend('ctr-late:late', { id: 'o1' });
    await template.syncSend('ctr-late:boot', 'b1');
    await until(async () => (await template.sendAndReceive<string>('ctr-late-2', 'apple', { replyType: String })) === 'apple costs 7');
    await until(() => seen.length >= 3);
    expect(new Set(seen)).toEqual(new Set(['Order o1 late', 'decorated b1', 'instance apple']));

    await registry.unregister('takeOrder');
    await registry.unregister(Instance);
    seen.splice(0);
    await template.syncSend('ctr-late:late', { id: 'o2' });
    await template.syncSend('ctr-late:boot', 'b2');
    await until(() => seen.length >= 1);
    expect(seen).toEqual(['decorated b2']);
    expect(registry.get('takeOrder')).toBeUndefined();

    const refusals: Array<[Promise<unknown>, string]> = [
      [registry.register(undefined as never, () => undefined), 'consumerGroup: is missing'],
      [registry.register({ topic: '../x', consumerGroup: 'g' }, () => undefined), 'topic'],
      [registry.register({ ...ofGroup, selectorExpression: 'boot || late' }, () => undefined), 'would give tag boot of topic ctr-late'],
      [registry.register({ ...ofGroup, consumeThreadNumber: 3 }, () => undefined), 'consumeThreadNumber: is 3 here and 20 in Decorated'],
      [registry.register({ topic: 'x', consumerGroup: 'g', id: 'Prices' }, () => undefined), '"Prices" is the id of another listener'],
      [
        registry.register({ topic: 'x', consumerGroup: 'g', messageType: String }, Stranger),
        'is a class that no module of the application',
      ],
      [registry.register({ topic: 'x', consumerGroup: 'g' }, {} as RocketMQListener), 'onMessage: is missing'],
    ];
    for (const [refused, reason] of refusals) await expect(refused).rejects.toThrow(reason);
    expect(registry.list().map(({ id }) => id)).toEqual(['Decorated', 'Prices']);

    // A group nobody has here yet, by three at one moment: one consumer, and who does not agree with the first is refused.
    const atOnce = { topic: 'ctr-late', consumerGroup: 'ctr-at-once', ...FIRST };
    const [one, two, three] = await Promise.allSettled([
      registry.register({ ...atOnce, id: 'One', selectorExpression: 'one' }, () => undefined),
      registry.register({ ...atOnce, id: 'Two', selectorExpression: 'two' }, () => undefined),
      registry.register({ ...atOnce, id: 'Three', selectorExpression: 'three', consumeThreadNumber: 3 }, () => undefined),
    ]);
    expect([one.status, two.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(three).toMatchObject({ reason: { name: 'RocketMQConfigurationError' } });
    const { state, sharesConsumerWith, consumer } = registry.get('One')!;
    expect([state, sharesConsumerWith, consumer === registry.get('Two')!.consumer]).toEqual(['RUNNING', ['Two'], true]);
    expect(registry.get('Three')).toBeUndefined();
  });

  it('says what a stop leaves undone, and has it delivered again', async () => {
    await openTopics('ctr-stop');
    const attempts: string[] = [];
    const aborted: string[] = [];
    let isStuck = true;

    @RocketMQMessageListener({ topic: 'ctr-stop', consumerGroup: 'ctr-stop-group', messageType: String, ...FIRST })
    class Stuck {
      async onMessage(text: string, { signal }: MessageContext): Promise<void> {
        attempts.push(text);
        if (!isStuck) return;
        signal.addEventListener('abort', () => aborted.push((signal.reason as Error).message));
        await until(() => !isStuck);
      }
    }
    const app = await boot([Stuck]);
    const registry = registryOf(app);
    const { msgId } = await template.syncSend('ctr-stop', 'one');
    await until(() => attempts.length === 1);
    const hurry = new AbortController();
    const stopped = registry.stop(Stuck, { signal: hurry.signal });
    hurry.abort();
    expect(await stopped).toEqual([{ listeners: ['Stuck'], abandoned: 1, abandonedMsgIds: [msgId] }]);
    expect(aborted).toEqual(['the stop was told to wait no longer']);
    isStuck = false;
    await registry.start(Stuck);
    await until(() => attempts.length >= 2);
    expect(attempts).toEqual(['one', 'one']);
    await until(() => registry.stats(Stuck).lag === 0);
  });
});

describe('docs/guides/not-called.md', () => {
  it('quotes what an application really tells', async () => {
    await openTopics('ctr-told');

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing' })
    class ForgottenListener {
      onMessage(_message: MessageExt): void {}
    }
    void ForgottenListener;

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', connection: 'audit' })
    class WrongListener {
      onMessage(_message: MessageExt): void {}
    }
    await expect(boot([WrongListener])).rejects.toThrow();

    @RocketMQMessageListener({ topic: 'orders-2', consumerGroup: 'shop-billing', selectorExpression: 'paid || shipped' })
    class BillingListener {
      onMessage(_message: MessageExt): void {}
    }
    await close(await boot([BillingListener], { consumer: { listeners: { 'shop-billing': { 'orders-2': false } } } }));
    await close(await boot([BillingListener], { autoStart: false }));
    const app = await boot([BillingListener]);
    const registry = registryOf(app);
    await until(() => told.some((line) => line.includes('topic orders-2 does not exist yet')));

    await template.syncSend('ctr-told', 'sent before the group was there');
    const failed: string[] = [];
    await registry.register(
      { id: 'Failing', topic: 'ctr-told', consumerGroup: 'ctr-failing', messageType: String },
      function failing(text) {
        failed.push(text);
        throw new Error('the database is gone');
      },
    );
    await template.syncSend('ctr-told', 'new');
    // CONSUME_FROM_LAST_OFFSET, and yet a young topic is read from its beginning.
    await until(() => new Set(failed).size === 2 && registry.stats('Failing').retried >= 2);
    expect(new Set(failed)).toEqual(new Set(['sent before the group was there', 'new']));

    const plain = await EmbeddedRocketMQ.start();
    try {
      await plain.createTopics(['orders']);
      const refused = registry.register(
        { topic: 'orders', consumerGroup: 'sql', selectorType: 'SQL92', selectorExpression: 'amount > 100', nameServer: plain.nameServer },
        () => undefined,
      );
      note(await refused.catch((error: Error) => error.message));
    } finally {
      await plain.stop();
    }

    const all = told.join('\n').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:10911');
    const guide = readFileSync(new URL('../../docs/guides/not-called.md', import.meta.url), 'utf8');
    const quoted = [...guide.matchAll(/```text\n(.*?)```/gs)].flatMap(([, block]) => block!.trim().split('\n'));
    expect(quoted.length).toBeGreaterThan(8);
    expect(quoted.filter((line) => !all.includes(line.trim()))).toEqual([]);
  });
});
