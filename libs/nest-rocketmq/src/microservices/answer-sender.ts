// The producer that carries answers. Must never be started before there is something to answer, nor outlive its server.
import { DefaultMQProducer, type Message } from 'rocketmq-core';
import type { Clock, Logger } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import { securitySettings } from '../options/index.js';
import type { ResolvedServerOptions } from './server-options.js';

export class AnswerSender {
  private starting: Promise<DefaultMQProducer> | undefined;
  private closed = false;

  constructor(
    private readonly options: ResolvedServerOptions,
    private readonly ports: { readonly clock: Clock; readonly logger: Logger },
  ) {}

  async start(): Promise<DefaultMQProducer> {
    if (this.closed) throw new NotStartedError('ServerRocketMQ', 'closed already');
    this.starting ??= this.open().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  async send(answer: Message): Promise<void> {
    const producer = await this.start();
    await producer.send(answer, { timeout: this.options.replyTimeout, mode: 'async' });
  }

  async close(): Promise<void> {
    this.closed = true;
    const producer = await this.starting?.catch(() => undefined);
    await producer?.shutdown();
  }

  private async open(): Promise<DefaultMQProducer> {
    const { options, ports } = this;
    const producer = new DefaultMQProducer({
      producerGroup: options.producerGroup ?? options.consumerGroup,
      namesrvAddr: options.nameServer,
      accessChannel: options.accessChannel,
      enableTrace: options.enableMsgTrace,
      traceTopic: options.customizedTraceTopic || undefined,
      ...securitySettings(options),
      ...ports,
    });
    await producer.start();
    return producer;
  }
}
