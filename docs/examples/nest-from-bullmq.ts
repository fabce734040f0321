// What an application of @nestjs/bullmq looks like here, piece by piece: ... docs/examples/nest-from-bullmq.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ConsumeInterceptor,
  type ConsumeVerdict,
  Ctx,
  DeadLetter,
  type DefaultMQPushConsumer,
  type Delivery,
  Idempotent,
  type MessageContext,
  OnMessage,
  Payload,
  ReconsumeLater,
  RocketMQDeadLetters,
  RocketMQInterceptor,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';

class Mail {
  to!: string;
  text!: string;
}

@RocketMQMessageListener({
  topic: 'moved-mails',
  consumerGroup: 'moved-mailer',
  consumeThreadNumber: 5,
  maxReconsumeTimes: 4,
  messageType: Mail,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
@Idempotent({ key: (_mail, { keys, msgId }) => keys[0] ?? msgId, ttl: '1d' })
class MailListener {
  @OnMessage('welcome')
  welcome(@Payload() mail: Mail, @Ctx() { reconsumeTimes }: MessageContext): void {
    if (!mail.to.includes('@')) throw DeadLetter(`${mail.to} is no address`);
    if (mail.to.startsWith('busy') && reconsumeTimes === 0) throw ReconsumeLater(1);
    console.log('welcome', mail.to, 'at attempt', reconsumeTimes + 1);
  }

  @OnMessage('reminder')
  reminder(@Payload() mail: Mail): void {
    console.log('reminder', mail.to, mail.text);
  }
}

@RocketMQInterceptor()
class MailEvents implements ConsumeInterceptor {
  async interceptConsume({ context }: Delivery, next: () => Promise<ConsumeVerdict>): Promise<ConsumeVerdict> {
    const verdict = await next();
    if (verdict.kind === 'AGAIN') console.log('failed', context.keys.join(' '), 'at attempt', context.reconsumeTimes + 1);
    return verdict;
  }
}

@RocketMQMessageListener({ topic: 'moved-previews', consumerGroup: 'moved-renderer', messageType: Mail })
class Renderer implements RocketMQReplyListener<Mail, string> {
  onRequest(mail: Mail): string {
    return `Dear ${mail.to}, ${mail.text}`;
  }

  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    consumer.pollNameServerInterval = 500;
  }
}

@Injectable()
class MailService {
  constructor(private readonly template: RocketMQTemplate) {}

  async welcome(to: string): Promise<void> {
    await this.template.syncSend('moved-mails:welcome', { to, text: 'hello' }, { keys: `welcome-${to}` });
  }

  async remind(to: string): Promise<() => Promise<void>> {
    await this.template.syncSend('moved-mails:reminder', { to, text: 'soon' }, { delayMs: 1500 });
    const last = await this.template.syncSend('moved-mails:reminder', { to, text: 'for the last time' }, { delaySeconds: 60 });
    return async () => void (await this.template.getProducer().recallMessage('moved-mails', last.recallHandle!));
  }

  async remindAll(everybody: string[]): Promise<void> {
    const mails = everybody.map((to) => ({ to, text: 'all' }));
    await this.template.sendBatch('moved-mails:reminder', mails, { splitBatches: true });
  }

  async preview(to: string): Promise<string> {
    return this.template.sendAndReceive('moved-previews', { to, text: 'hello' }, { timeout: 10_000, replyType: String });
  }
}

@Injectable()
class MailDesk {
  constructor(
    private readonly listeners: RocketMQListenerRegistry,
    private readonly letters: RocketMQDeadLetters,
  ) {}

  async pause(): Promise<void> {
    await this.listeners.pause(MailListener);
  }

  async resume(concurrency: number): Promise<void> {
    await this.listeners.setConcurrency(MailListener, concurrency);
    await this.listeners.resume(MailListener);
  }

  counts(): object {
    const { inFlight, consumed, failed, lag } = this.listeners.stats(MailListener);
    return { inFlight, consumed, failed, lag };
  }

  async failed(): Promise<string[]> {
    const { letters } = await this.letters.list('moved-mailer', { limit: 100 });
    return letters.map((letter) => letter.json<Mail>().to);
  }

  async retryFailed(): Promise<number> {
    const { redriven } = await this.letters.redrive('moved-mailer', { all: true, target: 'GROUP' });
    return redriven.length;
  }
}

@Module({
  imports: [
    RocketMQModule.forRoot({
      nameServer: process.argv[2] ?? '127.0.0.1:9876',
      producer: { group: 'moved-mails' },
      autoStart: false,
    }),
  ],
  providers: [MailListener, MailEvents, Renderer, MailService, MailDesk],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
const mails = app.get(MailService);
const desk = app.get(MailDesk);
for (const to of ['ada@example.org', 'ada@example.org', 'busy@example.org', 'nobody']) await mails.welcome(to);
const cancel = await mails.remind('ada@example.org');
await cancel();
await mails.remindAll(['bob@example.org', 'eve@example.org']);
await app.get(RocketMQListenerRegistry).start();
console.log('preview', await mails.preview('ada@example.org'));
await desk.pause();
await desk.resume(2);
while ((await desk.failed()).length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
console.log('given up', (await desk.failed()).join(' '), Object.keys(desk.counts()).join(' '));
console.log('sent again', await desk.retryFailed());
