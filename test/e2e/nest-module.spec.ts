// The Nest module over a real cluster in the process: the ways to configure it, what listeners get, what becomes of failures, and the end.
import { Global, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DeadLetter,
  InjectRocketMQTemplate,
  type MessageContext,
  MessageExt,
  ReconsumeLater,
  RocketMQConfigurationError,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQOptions,
  type RocketMQOptionsFactory,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { ReplyTimeoutError } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

const open: INestApplicationContext[] = [];

async function boot(metadata: ModuleMetadata): Promise<INestApplicationContext> {
  @Module(metadata)
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: process.env['E2E_LOG'] ? undefined : false,
    abortOnError: false,
  });
  open.push(app);
  return app;
}

async function closeApps(): Promise<void> {
  for (const app of open.splice(0).toReversed()) await app.close();
}

describe('RocketMQModule over a cluster', () => {
  let cluster: EmbeddedRocketMQ;
  let options: RocketMQOptions;

  beforeAll(async () => {
    cluster = await EmbeddedRocketMQ.start();
    options = { nameServer: cluster.nameServer, producer: { group: 'shop' } };
  });
  afterEach(closeApps);
  afterAll(async () => cluster?.stop());

  /** Makes a topic by sending to it, so that a listener started next finds its route at once. */
  async function openTopic(topic: string): Promise<RocketMQTemplate> {
    const app = await boot({ imports: [RocketMQModule.forRoot(options)] });
    const template = app.get(RocketMQTemplate);
    await template.syncSend(`${topic}:opening`, 'opening');
    return template;
  }

  it('gives a decorated class what matches its selector, as the declared type, with the context', async () => {
    class Order {
      id!: string;
      amount!: number;
    }
    const received: Array<[Order, MessageContext]> = [];

    @RocketMQMessageListener({
      topic: 'e2e-orders',
      consumerGroup: 'e2e-billing',
      selectorExpression: 'paid || shipped',
      messageType: Order,
    })
    class BillingListener {
      onMessage(order: Order, context: MessageContext): void {
        received.push([order, context]);
      }
    }

    const template = await openTopic('e2e-orders');
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [BillingListener] });
    for (const state of ['created', 'paid', 'shipped', 'closed']) {
      await template.syncSend(`e2e-orders:${state}`, { id: state, amount: 7 }, { keys: ['k1', 'k2'], headers: { source: 'web' } });
    }
    await until(() => received.length >= 2);
    expect(received.map(([order]) => order.id).toSorted()).toEqual(['paid', 'shipped']);
    const [order, context] = received.find(([{ id }]) => id === 'paid')!;
    expect(order).toBeInstanceOf(Order);
    expect(context).toMatchObject({
      topic: 'e2e-orders',
      tags: 'paid',
      keys: ['k1', 'k2'],
      reconsumeTimes: 0,
      consumerGroup: 'e2e-billing',
    });
    expect(context.properties.get('source')).toBe('web');
    expect(context.properties.get('contentType')).toBe('application/json');
    expect(context.message).toBeInstanceOf(MessageExt);
  });

  it('delivers batches and ordered sends, each with its result', async () => {
    const received: string[] = [];

    @RocketMQMessageListener({ topic: 'e2e-batch', consumerGroup: 'e2e-batch-group', selectorExpression: 'b', messageType: String })
    class Listener {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    const template = await openTopic('e2e-batch');
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Listener] });
    const result = await template.sendBatch('e2e-batch:b', ['one', 'two', 'three']);
    expect(result.sendStatus).toBe('SEND_OK');
    expect(result.msgId.split(',')).toHaveLength(3);
    const queues = await Promise.all(
      ['x', 'x', 'x'].map(async (key) => (await template.syncSendOrderly('e2e-batch:b', 'ordered', key)).messageQueue.queueId),
    );
    expect(new Set(queues).size).toBe(1);
    await template.sendOneWay('e2e-batch:b', 'one way');
    await template.asyncSend('e2e-batch:b', 'async');
    await until(() => received.length >= 8);
    expect(received.toSorted()).toEqual(['async', 'one', 'one way', 'ordered', 'ordered', 'ordered', 'three', 'two']);
  });

  it('delivers again what failed, at the level asked for, and moves dead letters', async () => {
    const attempts: number[] = [];
    const dead: string[] = [];

    @RocketMQMessageListener({ topic: 'e2e-retry', consumerGroup: 'e2e-retry-group', selectorExpression: 'again', messageType: String })
    class Flaky {
      onMessage(_text: string, { reconsumeTimes, topic }: MessageContext): void {
        expect(topic).toBe('e2e-retry');
        attempts.push(reconsumeTimes);
        if (reconsumeTimes === 0) throw new ReconsumeLater(1);
        throw new DeadLetter('twice is enough');
      }
    }

    @RocketMQMessageListener({ topic: '%DLQ%e2e-retry-group', consumerGroup: 'e2e-retry-dead', messageType: String })
    class Dead {
      onMessage(text: string): void {
        dead.push(text);
      }
    }

    const template = await openTopic('e2e-retry');
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Flaky] });
    await template.syncSend('e2e-retry:again', 'poison');
    await until(() => attempts.length >= 2, 45_000);
    expect(attempts).toEqual([0, 1]);
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Dead] });
    await until(() => dead.length > 0, 45_000);
    expect(dead).toEqual(['poison']);
  }, 100_000);

  it('answers requests with what onRequest returns, and tells a request nobody answered', async () => {
    class Item {
      name!: string;
    }
    class Price {
      item!: string;
      cents!: number;
    }
    const asked: string[] = [];

    @RocketMQMessageListener({ topic: 'e2e-prices', consumerGroup: 'e2e-pricer', selectorExpression: 'ask', messageType: Item })
    class Pricer implements RocketMQReplyListener<Item, Price> {
      async onRequest(item: Item, context: MessageContext): Promise<Price> {
        asked.push(`${item.name} ${context.reconsumeTimes}`);
        if (item.name === 'milk' && context.reconsumeTimes === 0) throw new ReconsumeLater(1);
        return { item: item.name, cents: item.name.length * 100 };
      }
    }

    const template = await openTopic('e2e-prices');
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Pricer] });
    const ask = (name: string, timeout = 20_000) => template.sendAndReceive('e2e-prices:ask', { name }, { timeout, replyType: Price });
    const price = await ask('tea');
    expect(price).toBeInstanceOf(Price);
    expect(price).toEqual({ item: 'tea', cents: 300 });
    // Out of a retry topic the request still knows where its answer belongs.
    expect(await ask('milk')).toEqual({ item: 'milk', cents: 400 });
    expect(asked).toEqual(['tea 0', 'milk 0', 'milk 1']);
    await template.syncSend('e2e-prices:ask', { name: 'no request' });
    await until(() => asked.length === 4);
    await expect(template.sendAndReceive('e2e-prices:other', { name: 'x' }, { timeout: 200 })).rejects.toThrow(ReplyTimeoutError);
  });

  it('takes its options from a factory, a class and an existing provider', async () => {
    @Injectable()
    class Settings {
      readonly nameServer = cluster.nameServer;
    }

    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}

    @Injectable()
    class FromClass implements RocketMQOptionsFactory {
      async createRocketMQOptions(): Promise<RocketMQOptions> {
        return options;
      }
    }

    @Global()
    @Module({ providers: [FromClass], exports: [FromClass] })
    class ExistingModule {}

    @Injectable()
    class Sender {
      constructor(
        readonly first: RocketMQTemplate,
        @InjectRocketMQTemplate('second') readonly second: RocketMQTemplate,
        @InjectRocketMQTemplate('third') readonly third: RocketMQTemplate,
      ) {}
    }

    const app = await boot({
      imports: [
        RocketMQModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: async ({ nameServer }: Settings) => ({ nameServer, producer: { group: 'by-factory' } }),
        }),
        RocketMQModule.forRootAsync({ name: 'second', useClass: FromClass }),
        ExistingModule,
        RocketMQModule.forRootAsync({ name: 'third', useExisting: FromClass }),
      ],
      providers: [Sender],
    });
    const { first, second, third } = app.get(Sender);
    const results = await Promise.all([first, second, third].map((template) => template.syncSend('e2e-forms', 'x')));
    expect(results.map(({ sendStatus }) => sendStatus)).toEqual(['SEND_OK', 'SEND_OK', 'SEND_OK']);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('tells every wrong option at boot, of the module and its listeners, and leaves nothing open', async () => {
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', selectorExpression: 'paid' })
    class First {
      onMessage(_message: MessageExt): void {}
    }

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', consumeThreadNumber: 0 })
    class Second {
      onMessage(_message: MessageExt): void {}
    }

    const failure = boot({
      imports: [RocketMQModule.forRoot({ nameServer: 'nowhere', producer: { group: '' } })],
      providers: [First, Second],
    }).catch((error: unknown) => error);
    const error = (await failure) as RocketMQConfigurationError;
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect(error.details.map(({ where, option }) => `${where} ${option}`)).toEqual([
      'RocketMQModule "default" nameServer',
      'RocketMQModule "default" producer.group',
      'Second consumeThreadNumber',
      'Second consumerGroup',
    ]);
  });

  it('receives by hand what the option pullConsumer names, and goes on there after a restart', async () => {
    class Order {
      id!: string;
    }
    const sender = await openTopic('e2e-pulled');
    const pullConsumer = { group: 'e2e-puller', topic: 'e2e-pulled', selectorExpression: 'paid' };
    const receive = async (count: number): Promise<Order[]> => {
      const app = await boot({ imports: [RocketMQModule.forRoot({ ...options, pullConsumer })] });
      const template = app.get(RocketMQTemplate);
      const orders: Order[] = [];
      await until(async () => {
        orders.push(...(await template.receive(Order, 500)));
        return orders.length >= count;
      });
      await template.getConsumer().commit();
      await app.close();
      open.splice(open.indexOf(app), 1);
      return orders;
    };
    for (const n of [1, 2, 3]) await sender.syncSend('e2e-pulled:paid', { id: `order-${n}` });
    await sender.syncSend('e2e-pulled:other', { id: 'not this one' });
    const first = await receive(3);
    expect(first.map(({ id }) => id).toSorted()).toEqual(['order-1', 'order-2', 'order-3']);
    expect(first[0]).toBeInstanceOf(Order);
    await sender.syncSend('e2e-pulled:paid', { id: 'order-4' });
    expect((await receive(1)).map(({ id }) => id)).toEqual(['order-4']);

    await sender.syncSend('e2e-pulled:paid', 'no order');
    const app = await boot({ imports: [RocketMQModule.forRoot({ ...options, pullConsumer })] });
    const template = app.get(RocketMQTemplate);
    const received = async (onInvalid: (message: MessageExt) => Promise<void>): Promise<string> => {
      let text = '';
      await until(async () => {
        await template.receive(Order, 500, { onInvalid: (message) => onInvalid(message).then(() => void (text = message.text())) });
        return text !== '';
      });
      return text;
    };
    const failed = received(async (message) => {
      await template.getConsumer().seek(message, message.queueOffset);
      throw new Error('no disk');
    });
    await expect(failed).rejects.toThrow('no disk');
    expect(await received(() => Promise.resolve())).toBe('no order');
    await expect(sender.receive(Order)).rejects.toThrow('give RocketMQModule.forRoot the option pullConsumer { group, topic }');
  });

  it('tells in a sentence what a module without options, or with a factory that is none, lacks', async () => {
    await expect(boot({ imports: [RocketMQModule.forRoot()] })).rejects.toThrow('nameServer: is missing');
    await expect(boot({ imports: [RocketMQModule] })).rejects.toThrow('RocketMQModule is imported without options');
    @Injectable()
    class NoFactory {}
    const useClass = NoFactory as unknown as new () => RocketMQOptionsFactory;
    await expect(boot({ imports: [RocketMQModule.forRootAsync({ useClass })] })).rejects.toThrow(
      'NoFactory has no method createRocketMQOptions()',
    );
  });

  it('starts and stops listeners by registry, with autoStart off', async () => {
    const received: string[] = [];

    @RocketMQMessageListener({ topic: 'e2e-manual', consumerGroup: 'e2e-manual-group', selectorExpression: 'm', messageType: String })
    class Manual {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    const template = await openTopic('e2e-manual');
    const app = await boot({ imports: [RocketMQModule.forRoot({ ...options, autoStart: false })], providers: [Manual] });
    const registry = app.get(RocketMQListenerRegistry);
    await template.syncSend('e2e-manual:m', 'first');
    expect(registry.get(Manual)!.isRunning).toBe(false);
    await registry.start();
    await until(() => received.length >= 1);
    await registry.stop(Manual);
    await template.syncSend('e2e-manual:m', 'second');
    expect(received).toEqual(['first']);
    await registry.start('Manual');
    await until(() => received.length >= 2);
    expect(received).toEqual(['first', 'second']);
  });

  it('lets handlers finish, and send, while the application closes', async () => {
    const events: string[] = [];
    const senders: RocketMQTemplate[] = [];

    @RocketMQMessageListener({ topic: 'e2e-drain', consumerGroup: 'e2e-drain-group', selectorExpression: 'd', messageType: String })
    class Slow {
      async onMessage(): Promise<void> {
        events.push('started');
        await until(() => events.includes('closing'));
        events.push((await senders[0]!.syncSend('e2e-drain:result', 'done')).sendStatus);
      }
    }

    const template = await openTopic('e2e-drain');
    const app = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Slow] });
    senders.push(app.get(RocketMQTemplate));
    await template.syncSend('e2e-drain:d', 'x');
    await until(() => events.includes('started'));
    open.splice(open.indexOf(app), 1);
    const closed = app.close();
    events.push('closing');
    await closed;
    expect(events).toEqual(['started', 'closing', 'SEND_OK']);
    await expect(senders[0]!.syncSend('e2e-drain:d', 'late')).rejects.toThrow('closed already');
  });
});

describe('embedded: true', () => {
  afterEach(closeApps);

  it('runs two applications in one process, each with its own cluster, and leaves nothing behind', async () => {
    const resources = (): string =>
      JSON.stringify(
        process
          .getActiveResourcesInfo()
          .filter((kind) => /TCP|Timeout|FSReq/.test(kind))
          .toSorted(),
      );
    const before = resources();
    const received: string[] = [];

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', messageType: String })
    class Billing {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    const apps = await Promise.all([1, 2].map(() => boot({ imports: [RocketMQModule.forRoot({ embedded: true })], providers: [Billing] })));
    await Promise.all(apps.map((app, index) => app.get(RocketMQTemplate).syncSend('orders', `app ${index}`)));
    await until(() => received.length >= 2);
    expect(received.toSorted()).toEqual(['app 0', 'app 1']);
    await closeApps();
    await until(() => resources() === before, 5000);
    expect(resources()).toBe(before);
  });
});
