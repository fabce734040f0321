// The transport of nest-rocketmq/microservices and an application of rocketmq-spring 2.3.5: events and requests in both directions, on a
// broker of ours and on Apache's.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { ClientRocketMQ, type RocketMQContext, RocketMQRecordBuilder, ServerRocketMQ } from 'nest-rocketmq/microservices';
import { Message, type SendResult } from 'rocketmq-core';
import { firstValueFrom } from 'rxjs';
import { type JavaRun, startJava } from './support/java-program.js';
import { fromTheFirst, startProducer } from './support/our-clients.js';
import { describeWithPeers, SPRING } from './support/peers.js';
import { startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const IN = 'to-spring';
const OUT = 'from-spring';
const LIMIT_MS = 60_000;

interface Order {
  id: string;
  amount: number;
}

/** Made anew for each application. */
function createController(heard: Array<[pattern: string, data: unknown, user: string | undefined]>): new () => object {
  @Controller()
  class Shop {
    @EventPattern<string>(`${OUT}:text || json || tag`)
    told(@Payload() data: unknown, @Ctx() context: RocketMQContext): void {
      heard.push([context.getPattern(), data, context.getProperty('x-user')]);
    }
    @MessagePattern(`${OUT}-ask:text`)
    price(@Payload() item: string): string {
      return `${item} costs 42`;
    }
    @MessagePattern({ topic: `${OUT}-ask`, tag: 'object' })
    async twice(@Payload() order: Order): Promise<Order> {
      return { id: order.id, amount: order.amount * 2 };
    }
  }
  return Shop;
}

describeWithPeers.each(['ours', '5.5.0'] as const)('rocketmq-spring and the transport on a broker of %s', (maker) => {
  const workspace = new Workspace();
  const heard: Array<[pattern: string, data: unknown, user: string | undefined]> = [];
  let client: ClientRocketMQ;
  let spring: JavaRun;

  beforeAll(() =>
    workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, maker);
      await startBroker(workspace, maker, { nameServer, conf: { enablePropertyFilter: true } });
      const producer = await startProducer(workspace, nameServer);
      // Spring looks for a new topic to pull from every 30 seconds only.
      await producer.send(new Message(`${IN}-pull`, 'pull-0'));

      @Module({ controllers: [createController(heard)] })
      class AppModule {}
      const strategy = new ServerRocketMQ({ nameServer, consumerGroup: 'nest-transport', prepareStart: fromTheFirst });
      const app = await NestFactory.createMicroservice(AppModule, { strategy, logger: false, abortOnError: false });
      workspace.atEnd(() => app.close());
      await app.listen();
      client = new ClientRocketMQ({ nameServer, requestTimeout: LIMIT_MS, sendMessageTimeout: 10_000 });
      workspace.atEnd(() => client.close());
      spring = startJava(workspace, SPRING, 'SpringPeer', {
        '--rocketmq.name-server': nameServer,
        '--rocketmq.producer.group': 'spring-app',
        '--rocketmq.producer.send-message-timeout': 20_000,
        '--rocketmq.pull-consumer.group': 'spring-app-pull',
        '--rocketmq.pull-consumer.topic': `${IN}-pull`,
        '--peer.in': IN,
        '--peer.out': OUT,
        '--peer.all': 'both',
        '--peer.group': 'spring-app',
        '--peer.pulls': 0,
        '--spring.main.banner-mode': 'off',
        '--logging.threshold.console': 'OFF',
        '--logging.file.name': 'app.log',
      });
      workspace.atEnd(() => spring.kill());
    }),
  );
  afterAll(() => workspace.close());

  it(
    "Spring's messages reach @EventPattern, ours its listeners",
    workspace.test(async () => {
      const send = (pattern: string, data: unknown): Promise<SendResult> => firstValueFrom(client.emit(pattern, data));
      await send(`${IN}:text`, 'text ü');
      await send(`${IN}:json`, { id: 'o-1', amount: 7 });
      const record = new RocketMQRecordBuilder('headers').setKeys(['k1', 'k2']).setHeaders({ 'x-user': 'u1' });
      await send(`${IN}:tag`, record.build());
      for (let i = 0; i < 4; i++) {
        await send(`${IN}-order`, new RocketMQRecordBuilder(`order-${i}`).setHashKey(`key-${i % 2}`).build());
      }
      expect((await spring.until('text'))[0]).toMatchObject({ body: 'text ü' });
      expect((await spring.until('order'))[0]).toMatchObject({ id: 'o-1', amount: 7 });
      const told = (listener: string) => spring.of('message').filter((line) => line['listener'] === listener);
      await spring.whileRunning(() => told('all').length >= 3 && told('order').length >= 4, 'messages of the transport');
      expect(told('all').find((line) => line['tags'] === 'tag')).toMatchObject({
        body: 'headers',
        keys: 'k1 k2',
        properties: { 'x-user': 'u1' },
      });
      // Java's own choice for the same keys.
      await spring.whileRunning(() => spring.of('sent').some((line) => line['kind'] === 'order-1'), 'ordered messages of Spring');
      for (const i of [0, 1]) {
        const queueId = spring.of('sent').find((line) => line['kind'] === `order-${i}`)!['queueId'];
        expect(told('order').find((line) => line['body'] === `order-${i}`)!['queueId']).toBe(queueId);
      }

      await spring.whileRunning(() => heard.length >= 3, "messages of Spring's");
      expect(heard.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
        [`${OUT}:json`, { id: 'o-1', amount: 7 }, undefined],
        [`${OUT}:tag`, 'headers', 'u1'],
        [`${OUT}:text`, 'text ü', undefined],
      ]);
    }),
  );

  it(
    "Spring's requests are answered by @MessagePattern, ours by its RocketMQReplyListener",
    workspace.test(async () => {
      expect(await firstValueFrom(client.send(`${IN}-ask:text`, 'tea'))).toBe('tea costs 42');
      expect(await firstValueFrom(client.send(`${IN}-ask:object`, { id: 'o-2', amount: 21 }))).toEqual({ id: 'o-2', amount: 42 });
      const replies = (await spring.until('reply', 3)).toSorted((a, b) => String(a['kind']).localeCompare(String(b['kind'])));
      expect(replies).toEqual([
        { type: 'reply', kind: 'hash', body: 'hash costs 42' },
        { type: 'reply', kind: 'object', id: 'o-2', amount: 42 },
        { type: 'reply', kind: 'text', body: 'tea costs 42' },
      ]);
    }),
  );
});
