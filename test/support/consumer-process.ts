// One member of a group as a process of its own, so that a test can kill it. Tells each message on stdout before it counts as consumed.
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type MessageContext, RocketMQMessageListener, RocketMQModule } from 'nest-rocketmq';

const [nameServer, topic, consumerGroup] = process.argv.slice(2) as [string, string, string];
const STDOUT = 1;

@RocketMQMessageListener({ topic, consumerGroup, selectorExpression: 'paid || shipped', messageType: String })
class Member {
  onMessage(id: string, { tags, brokerName, queueId, queueOffset }: MessageContext): void {
    writeSync(STDOUT, `message ${id} ${tags} ${brokerName}/${queueId} ${queueOffset}\n`);
  }
}

@Module({ imports: [RocketMQModule.forRoot({ nameServer })], providers: [Member] })
class MemberModule {}

const app = await NestFactory.createApplicationContext(MemberModule, { logger: ['warn', 'error'] });
writeSync(STDOUT, 'ready\n');
// The parent closes stdin to ask for an orderly end; a killed member never gets here.
process.stdin.resume();
process.stdin.once('end', () => {
  void app.close().then(() => process.exit(0));
});
