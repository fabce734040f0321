// Our producer, consumer and Nest application, set up like the Java programs. Closed with the workspace; must never be left open.
import 'reflect-metadata';
import type { INestApplicationContext, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQModule, type RocketMQOptions, type RocketMQTemplate, RocketMQTemplate as Template } from 'nest-rocketmq';
import {
  type ConcurrentListenerFunction,
  ConsumeConcurrentlyStatus,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  type MessageExt,
  type MessageSelector,
  type PushConsumerOptions,
} from 'rocketmq-core';
import type { HeaderForm } from '../../../tools/peer/commands.mjs';
import type { Workspace } from './workspace.js';

/** The retry topic of a new group and new queues are seen in a second, not in thirty. */
const POLL_MS = 1000;

export interface NestApp {
  readonly app: INestApplicationContext;
  readonly template: RocketMQTemplate;
  close(): Promise<void>;
}

/** Where a listener of a new group begins, and how soon it sees a route; for `prepareStart`. */
export function fromTheFirst(consumer: DefaultMQPushConsumer): void {
  consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
  consumer.pollNameServerInterval = POLL_MS;
}

/** An application with RocketMQModule.forRoot() and the given listeners. */
export async function startNest(
  workspace: Workspace,
  nameServer: string,
  listeners: Provider[] = [],
  more: RocketMQOptions = {},
): Promise<NestApp> {
  @Module({
    imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'interop-nest', sendMessageTimeout: 10_000 }, ...more })],
    providers: listeners,
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close());
  workspace.atEnd(close);
  return { app, template: app.get(Template), close };
}

export async function startProducer(
  workspace: Workspace,
  nameServer: string,
  serializeType: HeaderForm = 'JSON',
): Promise<DefaultMQProducer> {
  const producer = new DefaultMQProducer('interop-ours', {
    namesrvAddr: nameServer,
    serializeType,
    sendMsgTimeout: 10_000,
    pollNameServerInterval: POLL_MS,
  });
  await producer.start();
  workspace.atEnd(() => producer.shutdown());
  return producer;
}

export interface OurConsumer {
  readonly received: MessageExt[];
  bodies(): string[];
  close(): Promise<void>;
}

export async function startConsumer(
  workspace: Workspace,
  settings: PushConsumerOptions & { topic: string; expression?: string | MessageSelector },
  listen: ConcurrentListenerFunction = () => ConsumeConcurrentlyStatus.CONSUME_SUCCESS,
): Promise<OurConsumer> {
  const { topic, expression = '*', ...options } = settings;
  const consumer = new DefaultMQPushConsumer({
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    pollNameServerInterval: POLL_MS,
    awaitTerminationMillisWhenShutdown: 10_000,
    ...options,
  });
  const received: MessageExt[] = [];
  consumer.subscribe(topic, expression);
  consumer.registerMessageListenerConcurrently(async (messages, context) => {
    received.push(...messages);
    return listen(messages, context);
  });
  await consumer.start();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= consumer.shutdown());
  workspace.atEnd(close);
  return { received, close, bodies: () => received.map((message) => message.text()).toSorted() };
}
