// What keeps applications right when messages come twice or not at all: idempotent listeners, dead letters, over a cluster in the process.
import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DeadLetter,
  type DeadLetterMessage,
  Idempotent,
  IDEMPOTENCY_STORE,
  MemoryIdempotencyStore,
  type MessageContext,
  OnDeadLetter,
  OnMessage,
  Payload,
  ReconsumeLater,
  RocketMQConfigurationError,
  RocketMQDeadLetters,
  RocketMQIdempotency,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQOptions,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { Message } from 'rocketmq-core';
import { SystemClock, VirtualClock } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { TopicConfigTable } from '@nest-rocketmq/broker';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const open: INestApplicationContext[] = [];
let cluster: TestCluster;
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
  cluster = await startCluster();
  options = { nameServer: cluster.nameServer, producer: { group: 'shop' } };
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.close());

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

  it('tells the methods of one listener apart', async () => {
    const calls: string[] = [];

    @RocketMQMessageListener({
      topic: 'once-methods',
      consumerGroup: 'once-methods',
      selectorExpression: 'paid || cancelled',
      messageType: Object,
      consumeThreadNumber: 1,
    })
    class Orders {
      @OnMessage('paid')
      @Idempotent({ key: 'id' })
      onPaid(@Payload() { id }: { id: string }): void {
        calls.push(`paid ${id}`);
      }

      @OnMessage('cancelled')
      @Idempotent({ key: 'id' })
      onCancelled(@Payload() { id }: { id: string }): void {
        calls.push(`cancelled ${id}`);
      }
    }

    const template = await openTopic('once-methods');
    const app = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Orders] });
    for (const tag of ['paid', 'cancelled', 'paid', 'cancelled']) await template.syncSend(`once-methods:${tag}`, { id: 'o1' });
    const stats = () => app.get(RocketMQIdempotency).stats();
    const duplicates = (method: string): number =>
      (stats()[`Orders.${method}`]?.duplicates ?? 0) + (stats()[`Orders.${method}`]?.busy ?? 0);
    await until(() => calls.length === 2 && duplicates('onPaid') === 1 && duplicates('onCancelled') === 1);
    expect(calls.toSorted()).toEqual(['cancelled o1', 'paid o1']);
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

describe('dead letters', () => {
  /** A listener that gives up what is not mended yet. */
  function givingUp(topic: string, consumerGroup: string) {
    const state = { isMended: false, seen: [] as Array<{ id: string; context: MessageContext }> };
    @RocketMQMessageListener({ topic, consumerGroup, selectorExpression: 'paid', messageType: Object })
    class Listener {
      onMessage(order: unknown, context: MessageContext): void {
        const { id } = order as { id: string };
        if (!state.isMended) throw DeadLetter(`${id} is not understood`);
        state.seen.push({ id, context });
      }
    }
    return { state, Listener };
  }

  async function giveUp(topic: string, group: string, count: number) {
    const { state, Listener } = givingUp(topic, group);
    const template = await openTopic(topic);
    const app = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Listener] });
    for (let i = 0; i < count; i++) {
      await template.syncSend(`${topic}:paid`, { id: `o${i}` }, { keys: [`k${i}`, 'all'], headers: { source: 'web' } });
    }
    const letters = app.get(RocketMQDeadLetters);
    await until(async () => (await letters.list(group, { limit: 1000 })).letters.length === count);
    return { state, template, app, letters };
  }

  it('are heard at once where the group that gives up runs in the same application, the first one too', async () => {
    const heard: string[] = [];
    class Alarm {
      @OnDeadLetter('fresh-billing')
      raise(letter: DeadLetterMessage): void {
        heard.push(letter.json<{ id: string }>().id);
      }
    }
    const clock = new VirtualClock(new SystemClock());
    const own = await EmbeddedRocketMQ.start({ clock });
    await own.createTopics(['fresh']);
    const app = await boot({
      imports: [RocketMQModule.forRoot({ nameServer: own.nameServer, producer: { group: 'shop' }, clock })],
      providers: [givingUp('fresh', 'fresh-billing').Listener, Alarm],
    });
    // The topic of the letters has been looked for every second until now, and is looked for each 20 s: the next time in about 10 s.
    await clock.advance(61_000);
    await app.get(RocketMQTemplate).syncSend('fresh:paid', { id: 'o1' });
    await until(() => heard.length > 0, 6000);
    expect(heard).toEqual(['o1']);
    await app.close();
    await own.stop();
  });

  it('are given to classes and methods, until one takes them', async () => {
    const taken: string[] = [];
    const note = (where: string, letter: DeadLetterMessage): void => {
      taken.push(`${where} ${letter.group} ${letter.originalTopic} ${letter.tags} ${letter.json<{ id: string }>().id}`);
    };

    @OnDeadLetter('dead-billing')
    class Archive {
      onMessage(letter: DeadLetterMessage): void {
        note('archive', letter);
      }
    }

    let failures = 0;
    class Alarm {
      @OnDeadLetter(['dead-billing', 'dead-audit'], { consumerGroup: 'alarm', delayLevelWhenNextConsume: 1, enabled: false })
      off(): void {}

      @OnDeadLetter('dead-audit', { delayLevelWhenNextConsume: 1 })
      raise(letter: DeadLetterMessage, context: MessageContext): void {
        if (failures++ === 0) throw new Error('the database is away');
        note(`alarm ${context.message.topic}`, letter);
      }
    }

    const billing = givingUp('dead', 'dead-billing');
    const audit = givingUp('dead', 'dead-audit');
    const template = await openTopic('dead');
    const producer = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [billing.Listener, audit.Listener] });
    await template.syncSend('dead:paid', { id: 'o1' });
    const letters = producer.get(RocketMQDeadLetters);
    for (const group of ['dead-billing', 'dead-audit']) await until(async () => (await letters.list(group)).letters.length === 1);
    await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Archive, Alarm] });
    await until(() => taken.length === 2);
    expect(taken.toSorted()).toEqual(['alarm dead dead-audit dead paid o1', 'archive dead-billing dead paid o1']);
    expect(failures).toBe(2);
  });

  it('are listed page by page and by time, and found by both ids', async () => {
    const { letters } = await giveUp('listed', 'listed-group', 7);
    const all = (await letters.list('listed-group')).letters;
    expect(all.map((letter) => letter.json())).toHaveLength(7);
    const pages: DeadLetterMessage[][] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const { letters: page, next } = await letters.list('listed-group', { limit: 3, cursor });
      pages.push([...page]);
      cursor = next;
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(all[0]).toMatchObject({
      group: 'listed-group',
      originalTopic: 'listed',
      tags: 'paid',
      keys: [expect.stringMatching(/^k\d$/), 'all'],
      redriveTimes: 0,
      originMessageId: expect.stringMatching(/^[0-9A-F]{32}$/),
    });
    expect(Object.fromEntries(all[0]!.properties)).toEqual({ source: 'web', contentType: 'application/json' });
    const middle = all[3]!;
    expect((await letters.get('listed-group', middle.id))?.msgId).toBe(middle.msgId);
    expect((await letters.get('listed-group', middle.msgId))?.id).toBe(middle.id);
    expect(await letters.get('listed-group', '0'.repeat(32))).toBeUndefined();
    expect(await letters.get('another-group', middle.id)).toBeUndefined();
    const later = all.filter(({ deadSince }) => deadSince >= middle.deadSince);
    expect((await letters.list('listed-group', { from: middle.deadSince })).letters).toHaveLength(later.length);
    expect((await letters.list('listed-group', { to: new Date(middle.deadSince) })).letters).toHaveLength(7 - later.length);
    expect(await letters.list('no-such-group')).toEqual({ letters: [], next: undefined });
    await expect(letters.list('listed-group', { cursor: 'e30x' })).rejects.toThrow('the cursor is none that list() has given');
    await expect(letters.list('listed-group', { limit: 0 })).rejects.toThrow('limit 0 is no integer within 1..1000');
  });

  it('are sent again as they were: by id, all that are left, or to their group alone', async () => {
    const { state, letters } = await giveUp('again', 'again-group', 6);
    const all = (await letters.list('again-group')).letters;
    state.isMended = true;
    const some = await letters.redrive('again-group', { ids: [all[0]!.id, all[1]!.msgId, 'FFFF'] });
    expect(some.redriven.map(({ msgId, topic }) => [msgId, topic])).toEqual([0, 1].map((i) => [all[i]!.msgId, 'again']));
    expect(some.failed).toEqual([{ id: 'FFFF', reason: expect.any(String) }]);
    expect(some.complete).toBe(false);
    await until(() => state.seen.length === 2);
    const { context } = state.seen.find(({ context: { msgId } }) => msgId === all[0]!.msgId)!;
    expect(context).toMatchObject({ topic: 'again', tags: 'paid', keys: all[0]!.keys, reconsumeTimes: 0 });
    expect(Object.fromEntries(context.properties)).toMatchObject({
      source: 'web',
      DLQ_REDRIVE_GROUP: 'again-group',
      DLQ_REDRIVE_TIMES: '1',
      DLQ_REDRIVE_ORIGIN_ID: all[0]!.originMessageId,
    });
    expect([...context.properties.keys()].filter((name) => name === 'RETRY_TOPIC' || name === 'ORIGIN_MESSAGE_ID')).toEqual([]);

    const first = await letters.redrive('again-group', { all: true, limit: 4, rate: 1000, target: 'GROUP' });
    expect([first.redriven.length, first.redriven[0]!.topic, first.complete]).toEqual([4, '%RETRY%again-group', false]);
    await until(() => state.seen.length === 6);
    expect(state.seen.at(-1)!.context).toMatchObject({ topic: 'again', tags: 'paid' });
    const rest = await letters.redrive('again-group', { all: true });
    expect([rest.redriven.map(({ id }) => id), rest.complete]).toEqual([all.slice(4).map(({ id }) => id), true]);
    expect(await letters.redrive('again-group', { all: true })).toEqual({ redriven: [], failed: [], complete: true });
    // By time, whatever has been sent before.
    expect((await letters.redrive('again-group', { all: true, from: all[5]!.deadSince, rate: 1000 })).redriven.at(-1)!.id).toBe(all[5]!.id);
    expect((await letters.list('again-group')).letters).toHaveLength(6);
    await expect(letters.redrive('again-group', {})).rejects.toThrow('redrive takes either ids or all: true');
  });

  it('that may not be read say which command mends it', async () => {
    const { app } = await giveUp('closed', 'closed-group', 1);
    const topics = cluster.brokers[0]!.app.get(TopicConfigTable, { strict: false });
    topics.put({ ...topics.find('%DLQ%closed-group')!, perm: 2 });
    await until(async () => {
      const error = await app
        .get(RocketMQDeadLetters)
        .list('closed-group')
        .catch((caught: unknown) => caught);
      return /mqadmin updateTopicPerm -n [\d.:]+ -c CLUSTER -t %DLQ%closed-group -p 6/.test(String(error));
    });
  });

  it('refuse the boot for a method or group that is none', async () => {
    @OnDeadLetter(['dead billing', 'fine'], { consumeThreadNumber: 0 })
    class Wrong {}
    const error = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Wrong] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect(new Set((error as RocketMQConfigurationError).details.map(({ where, option }) => `${where} ${option}`))).toEqual(
      new Set(['Wrong topic', 'Wrong consumerGroup', 'Wrong consumeThreadNumber', 'Wrong onMessage']),
    );
  });
});
