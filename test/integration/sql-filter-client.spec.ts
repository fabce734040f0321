// Push consumers that filter by SQL92: what they get, how they are woken, what they are told when it cannot work; the Nest listener too.
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQConfigurationError, RocketMQMessageListener, RocketMQModule } from 'nest-rocketmq';
import {
  DefaultMQProducer,
  DefaultMQPushConsumer,
  IllegalSubscriptionError,
  Message,
  type MessageExt,
  MessageSelector,
} from 'rocketmq-core';
import { type Logger, silentLogger, SystemClock } from 'rocketmq-core/common';
import { startBroker } from '../support/broker.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

let cluster: TestCluster;
const open: Array<{ shutdown(): Promise<void> }> = [];

afterEach(async () => {
  for (const client of open.splice(0).toReversed()) await client.shutdown();
  await cluster?.close();
});

async function startProducer(): Promise<DefaultMQProducer> {
  const producer = new DefaultMQProducer('pg', { namesrvAddr: cluster.nameServer });
  await producer.start();
  open.push(producer);
  return producer;
}

function send(producer: DefaultMQProducer, body: string, properties: Record<string, string>) {
  const message = new Message('orders', body);
  for (const [name, value] of Object.entries(properties)) message.putUserProperty(name, value);
  return producer.send(message);
}

function consumerOf(sql: string, logger: Logger = silentLogger): DefaultMQPushConsumer {
  const consumer = new DefaultMQPushConsumer('cg', {
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    logger,
  });
  consumer.subscribe('orders', MessageSelector.bySql(sql));
  return consumer;
}

async function startConsumer(
  sql: string,
  listen: (message: MessageExt) => void = () => {},
): Promise<{ consumer: DefaultMQPushConsumer; received: MessageExt[] }> {
  const consumer = consumerOf(sql);
  const received: MessageExt[] = [];
  consumer.registerMessageListener((messages) => {
    received.push(...messages);
    for (const message of messages) listen(message);
    return 'CONSUME_SUCCESS';
  });
  await consumer.start();
  open.push(consumer);
  return { consumer, received };
}

const bodies = (messages: readonly MessageExt[]): string[] => messages.map((message) => message.text()).toSorted();

const FILTERS_ON = { enablePropertyFilter: true };
const WANTED = "amount > 100 AND region IN ('eu','us')";

describe('a push consumer', () => {
  it('gets what matches, is woken by it, and takes another expression while it runs', async () => {
    cluster = await startCluster(['broker-a', 'broker-b'], FILTERS_ON);
    const producer = await startProducer();
    for (let i = 0; i < 8; i++) await send(producer, `before-${i}`, { amount: String(i * 50), region: 'eu' });
    const { consumer, received } = await startConsumer(WANTED);
    await until(() => received.length >= 5);
    expect(bodies(received)).toEqual([3, 4, 5, 6, 7].map((i) => `before-${i}`));
    // Its pulls wait at the brokers now.
    for (let i = 0; i < 8; i++) await send(producer, `small-${i}`, { amount: '1', region: 'eu' });
    const clock = new SystemClock();
    for (let i = 0; i < 8; i++) {
      const sentAt = clock.monotonic();
      await send(producer, `large-${i}`, { amount: '1000', region: 'us' });
      await until(() => received.some((message) => message.text() === `large-${i}`));
      expect(clock.monotonic() - sentAt).toBeLessThan(2000);
    }
    expect(received).toHaveLength(13);
    consumer.subscribe('orders', MessageSelector.bySql('amount = 7'));
    await until(async () => {
      await send(producer, 'seven', { amount: '7' });
      return received.some((message) => message.text() === 'seven');
    });
    expect(received.filter((message) => message.text().startsWith('small'))).toEqual([]);
    expect(() => consumer.subscribe('orders', MessageSelector.bySql('amount >'))).toThrow(/line 1, column 9: found the end of the text/);
  });

  it('gets a failed message again, past the filter', async () => {
    cluster = await startCluster(['broker-a'], { ...FILTERS_ON, messageDelayLevel: '1s 1s 1s 1s 1s' });
    const producer = await startProducer();
    await send(producer, 'bad', { amount: '150' });
    await send(producer, 'small', { amount: '1' });
    const { received } = await startConsumer('amount > 100', (message) => {
      if (message.reconsumeTimes < 2) throw new Error('not yet');
    });
    await until(() => received.length >= 3);
    expect(received.map((message) => [message.text(), message.topic, message.reconsumeTimes])).toEqual([
      ['bad', 'orders', 0],
      ['bad', 'orders', 1],
      ['bad', 'orders', 2],
    ]);
  });

  it('goes on filtering after its broker was restarted', async () => {
    cluster = await startCluster(['broker-a'], FILTERS_ON);
    const producer = await startProducer();
    await send(producer, 'first', { amount: '150' });
    const { received } = await startConsumer('amount > 100');
    await until(() => received.length === 1);
    const [broker] = cluster.brokers;
    await broker!.stop();
    const config = { ...FILTERS_ON, namesrvAddr: [cluster.nameServer], brokerIP1: '127.0.0.1', listenPort: broker!.port };
    const restarted = await startBroker({ directory: broker!.directory, config });
    open.unshift({ shutdown: () => restarted.stop() });
    for (const [body, amount] of [
      ['small', '1'],
      ['second', '151'],
    ] as const)
      await until(() =>
        send(producer, body, { amount }).then(
          () => true,
          () => false,
        ),
      );
    await until(() => received.some((message) => message.text() === 'second'));
    expect(new Set(bodies(received))).toEqual(new Set(['first', 'second']));
  });

  it('commits past what does not match', async () => {
    cluster = await startCluster(['broker-a'], FILTERS_ON);
    const producer = await startProducer();
    for (let i = 0; i < 40; i++) await send(producer, `small-${i}`, { amount: '1' });
    await send(producer, 'wanted', { amount: '150' });
    const first = await startConsumer('amount > 100');
    await until(() => first.received.length === 1);
    await first.consumer.shutdown();
    const second = await startConsumer('amount > 0');
    for (let i = 0; i < 4; i++) await send(producer, 'next', { amount: '2' });
    await until(() => second.received.length >= 4);
    expect(second.received.filter((message) => message.text() === 'wanted')).toEqual([]);
  });

  it('cannot be made to filter by a broken expression', () => {
    const started = () => MessageSelector.bySql("amount > 100 AND region != 'eu'");
    expect(started).toThrow(IllegalSubscriptionError);
    expect(started).toThrow('SQL92 expression, line 1, column 25: "!" means nothing here; write <> for "not equal"');
  });

  it('does not start where filters are off, and says what to do', async () => {
    cluster = await startCluster(['broker-a']);
    const producer = await startProducer();
    await send(producer, 'm', {});
    const { address } = cluster.brokers[0]!;
    await expect(startConsumer('amount > 100')).rejects.toThrow(
      `subscription of orders: broker ${address} does not filter by SQL92; set enablePropertyFilter=true there or subscribe by tags`,
    );
    await expect(startConsumer('amount > 100')).rejects.toBeInstanceOf(IllegalSubscriptionError);
  });

  it('is warned of text that brokers do not read', async () => {
    cluster = await startCluster(['broker-a'], FILTERS_ON);
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (text: string) => void lines.push(text) };
    const consumer = consumerOf("amount > 100 region = 'eu'", logger);
    consumer.registerMessageListener(() => 'CONSUME_SUCCESS');
    await consumer.start();
    open.push(consumer);
    expect(lines).toContain('subscription of orders: brokers do not read the SQL92 expression from line 1, column 14 on');
  });
});

describe('a Nest listener', () => {
  async function boot(listener: Type): Promise<void> {
    @Module({ imports: [RocketMQModule.forRoot({ nameServer: cluster.nameServer })], providers: [listener] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    open.push({ shutdown: () => app.close() });
  }

  it('filters by selectorType SQL92', async () => {
    cluster = await startCluster(['broker-a'], FILTERS_ON);
    const producer = await startProducer();
    const received: string[] = [];
    for (const amount of ['50', '150', '200']) await send(producer, `m-${amount}`, { amount });

    @RocketMQMessageListener({
      topic: 'orders',
      consumerGroup: 'nest-cg',
      selectorType: 'SQL92',
      selectorExpression: 'amount > 100',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      messageType: String,
    })
    class LargeOrders {
      onMessage(body: string): void {
        received.push(body);
      }
    }
    await boot(LargeOrders);
    await until(() => received.length >= 2);
    expect(received.toSorted()).toEqual(['m-150', 'm-200']);
  });

  it('does not boot with a broken expression', async () => {
    cluster = await startCluster(['broker-a'], FILTERS_ON);

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'nest-cg', selectorType: 'SQL92', selectorExpression: "region = 'eu' AND" })
    class Broken {
      onMessage(): void {}
    }
    const booted = boot(Broken);
    await expect(booted).rejects.toBeInstanceOf(RocketMQConfigurationError);
    await expect(booted).rejects.toThrow(/line 1, column 18: found the end of the text/);
  });
});
