// One process with both copies of the library: the module is the ESM one; the listener, its outcome and the message come from the CommonJS one.
// Must never pass because the copies are the same.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReconsumeLater, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';

const other = createRequire(import.meta.url)('nest-rocketmq');
if (other.RocketMQModule === RocketMQModule || other.ReconsumeLater === ReconsumeLater) throw new Error('there is only one copy');

let tell;
const consumed = new Promise((resolve) => (tell = resolve));

class Listener {
  onMessage(text, context) {
    if (context.reconsumeTimes === 0) return other.ReconsumeLater(1);
    tell(`${text} at attempt ${context.reconsumeTimes + 1}`);
  }
}
other.RocketMQMessageListener({
  topic: 'mixed',
  consumerGroup: 'mixed-listener',
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})(Listener);

class AppModule {}
Module({ imports: [RocketMQModule.forRoot({ embedded: true, producer: { group: 'mixed' } })], providers: [Listener] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const message = other.MessageBuilder.withPayload('hello').setHeader(other.RocketMQHeaders.KEYS, 'key-1').build();
console.log((await app.get(RocketMQTemplate).syncSend('mixed', message)).sendStatus, await consumed);
await app.close();
