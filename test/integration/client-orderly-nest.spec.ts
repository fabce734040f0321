// The decorator's consumeMode ORDERLY and messageModel BROADCASTING over a real cluster.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConsumeMode,
  DeadLetter,
  type MessageContext,
  MessageModel,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { BrokerClient } from '../support/broker-client.js';
import { until } from '../support/until.js';

let cluster: EmbeddedRocketMQ;
const open: INestApplicationContext[] = [];

async function boot(metadata: ModuleMetadata): Promise<INestApplicationContext> {
  @Module({ ...metadata, imports: [RocketMQModule.forRoot({ nameServer: cluster.nameServer })] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  open.push(app);
  return app;
}

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start();
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.stop());

describe('@RocketMQMessageListener with consumeMode ORDERLY', () => {
  it('holds up the queue of a message whose listener throws, and makes way for a dead letter at once', async () => {
    const received: Array<[string, number]> = [];

    @RocketMQMessageListener({
      topic: 'nest-orderly',
      consumerGroup: 'nest-orderly-group',
      consumeMode: ConsumeMode.ORDERLY,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      suspendCurrentQueueTimeMillis: 20,
      // Spring ignores it for an orderly listener; were it not, nothing would be held up.
      delayLevelWhenNextConsume: -1,
      messageType: String,
    })
    class Steps {
      onMessage(step: string, { reconsumeTimes }: MessageContext): void {
        received.push([step, reconsumeTimes]);
        if (step === 'two' && reconsumeTimes < 2) throw new Error('not yet');
        if (step === 'broken') throw new DeadLetter('nobody can do this');
      }
    }

    const app = await boot({ providers: [Steps] });
    const template = app.get(RocketMQTemplate);
    for (const step of ['one', 'two', 'broken', 'three']) await template.syncSendOrderly('nest-orderly', step, 'order-7');
    await until(() => received.some(([step]) => step === 'three'));
    expect(received).toEqual([
      ['one', 0],
      ['two', 0],
      ['two', 1],
      ['two', 2],
      ['broken', 0],
      ['three', 0],
    ]);
    const dead = new BrokerClient(cluster.brokers[0]!.address);
    try {
      const found = await dead.messages({ topic: '%DLQ%nest-orderly-group', group: 'reader' });
      expect(found.map((message) => message.text())).toEqual(['broken']);
    } finally {
      await dead.close();
    }
  });
});

describe('@RocketMQMessageListener with messageModel BROADCASTING', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nrmq-offsets-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function reader(id: string, received: string[]) {
    @RocketMQMessageListener({
      id,
      topic: 'nest-news',
      consumerGroup: 'nest-readers',
      messageModel: MessageModel.BROADCASTING,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      messageType: String,
    })
    class Reader {
      prepareStart(consumer: DefaultMQPushConsumer): void {
        consumer.localOffsetStoreDir = directory;
      }

      onMessage(text: string): void {
        received.push(text);
        if (text === 'bad') throw new Error('no');
      }
    }
    return Reader;
  }

  it('gives everything to every member, drops what fails and goes on from the file after a restart', async () => {
    const [a, b]: [string[], string[]] = [[], []];
    const app = await boot({ providers: [reader('a', a)] });
    const other = await boot({ providers: [reader('b', b)] });
    const template = app.get(RocketMQTemplate);
    for (const text of ['one', 'bad', 'two']) await template.syncSend('nest-news', text);
    await until(() => a.length >= 3 && b.length >= 3);
    expect([a.toSorted(), b.toSorted()]).toEqual([
      ['bad', 'one', 'two'],
      ['bad', 'one', 'two'],
    ]);
    await app.close();
    await other.close();
    const later: string[] = [];
    const again = await boot({ providers: [reader('a', later)] });
    await again.get(RocketMQTemplate).syncSend('nest-news', 'three');
    await until(() => later.length >= 1);
    expect(later).toEqual(['three']);
  });
});
