// What keeps applications right when messages come twice or not at all: idempotent listeners, over a cluster in the process.
import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Idempotent,
  IDEMPOTENCY_STORE,
  MemoryIdempotencyStore,
  type MessageContext,
  ReconsumeLater,
  RocketMQConfigurationError,
  RocketMQIdempotency,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQOptions,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { Message } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

const open: INestApplicationContext[] = [];
let cluster: EmbeddedRocketMQ;
let options: RocketMQOptions;

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

/** A producer, and a topic that is there. */
async function openTopic(topic: string): Promise<RocketMQTemplate> {
  const app = await boot({ imports: [RocketMQModule.forRoot(options)] });
  const template = app.get(RocketMQTemplate);
  await template.syncSend(`${topic}:opening`, 'opening');
  return template;
}

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start();
  options = { nameServer: cluster.nameServer, producer: { group: 'shop' } };
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.stop());

describe('@Idempotent', () => {
  it('processes a message once however often it is sent, after failures too, and orders by their own key', async () => {
    const calls: string[] = [];

    @RocketMQMessageListener({ topic: 'once', consumerGroup: 'once-billing', selectorExpression: 'paid', messageType: Object })
    @Idempotent({ key: 'id', ttl: '7d' })
    class Billing {
      onMessage(order: unknown, context: MessageContext): void {
        const { id } = order as { id: string };
        calls.push(`${id} ${context.reconsumeTimes}`);
        if (id === 'o2' && context.reconsumeTimes === 0) throw ReconsumeLater(1);
      }
    }

    @RocketMQMessageListener({ topic: 'once', consumerGroup: 'once-audit', selectorExpression: 'paid', consumeMode: 'ORDERLY' })
    class Audit {
      readonly ids: string[] = [];
      @Idempotent()
      onMessage(): void {
        this.ids.push('x');
      }
    }

    const batched: string[] = [];
    @RocketMQMessageListener({
      topic: 'once',
      consumerGroup: 'once-batch',
      selectorExpression: 'paid',
      messageType: String,
      consumeMessageBatchMaxSize: 8,
      consumeThreadNumber: 1,
    })
    @Idempotent({ lease: '5s' })
    class Bulk {
      onMessages(texts: string[]): void {
        batched.push(...texts);
      }
    }

    const template = await openTopic('once');
    const store = new MemoryIdempotencyStore();
    const app = await boot({
      imports: [RocketMQModule.forRoot(options)],
      providers: [Billing, Audit, Bulk, { provide: IDEMPOTENCY_STORE, useValue: store }],
    });
    // Three sends of one order are three messages; the last two are one message stored twice, as a producer's retry leaves it.
    for (let i = 0; i < 3; i++) await template.syncSend('once:paid', { id: 'o1' });
    await template.syncSend('once:paid', { id: 'o2' });
    const same = new Message({ topic: 'once', tags: 'paid', body: '{"id":"o3"}' });
    for (let i = 0; i < 2; i++) await template.getProducer().send(same);
    const stats = () => app.get(RocketMQIdempotency).stats();
    await until(() => (stats()['Audit.onMessage']?.claimed ?? 0) + (stats()['Audit.onMessage']?.duplicates ?? 0) === 6);
    await until(() => calls.includes('o2 1') && stats()['Billing.onMessage']!.duplicates + stats()['Billing.onMessage']!.busy >= 3);
    expect(calls.toSorted()).toEqual(['o1 0', 'o2 0', 'o2 1', 'o3 0']);
    expect(stats()['Audit.onMessage']).toMatchObject({ claimed: 5, duplicates: 1 });
    expect(app.get(Audit).ids).toHaveLength(5);
    await until(() => stats()['Bulk.onMessages']?.duplicates === 1);
    expect(batched).toHaveLength(5);
    expect(store.size).toBe(3 + 5 + 5);
  });

  it('refuses the boot with all that is wrong', async () => {
    @RocketMQMessageListener({ topic: 'once', consumerGroup: 'wrong', messageModel: 'BROADCASTING' })
    @Idempotent({ ttl: 'a week', store: 'no such provider' })
    class Wrong {
      onMessage(): void {}
    }

    const error = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Wrong] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect((error as RocketMQConfigurationError).details.map(({ where, option }) => `${where} ${option}`)).toEqual([
      'Wrong @Idempotent ttl',
      'Wrong @Idempotent',
      'Wrong @Idempotent store',
    ]);
  });
});
