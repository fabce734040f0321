// Further templates, and options out of the environment, in a Nest application: ... docs/examples/nest-connections.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  ExtRocketMQTemplateConfiguration,
  InjectRocketMQTemplate,
  ListenerEnhancer,
  RocketMQMessageListener,
  type RocketMQMessageListenerOptions,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';

process.env['ROCKETMQ_NAME_SERVER'] = process.argv[2] ?? '127.0.0.1:9876';

@ExtRocketMQTemplateConfiguration({ value: 'audit', group: 'example-audit', sendMessageTimeout: 5000 })
class AuditTemplate extends RocketMQTemplate {}

@Injectable()
class Office {
  constructor(
    private readonly template: RocketMQTemplate,
    private readonly audit: AuditTemplate,
    @InjectRocketMQTemplate('reports') private readonly reports: RocketMQTemplate,
  ) {}

  async send(): Promise<void> {
    const topic = 'example-offices-eu';
    for (const template of [this.template, this.audit, this.reports]) {
      await template.syncSend(topic, template.getProducer().producerGroup);
    }
  }
}

@RocketMQMessageListener({
  topic: 'example-offices-${shop.region:eu}',
  consumerGroup: '${shop.readers:readers}',
  messageType: String,
})
class Reader {
  private readonly texts: string[] = [];
  private finish: (texts: string[]) => void = () => undefined;
  readonly finished = new Promise<string[]>((resolve) => (this.finish = resolve));

  onMessage(text: string): void {
    this.texts.push(text);
    if (this.texts.length === 3) this.finish(this.texts.toSorted());
  }
}

@ListenerEnhancer()
class TeamGroups {
  enhance(options: Readonly<RocketMQMessageListenerOptions>): RocketMQMessageListenerOptions {
    return { ...options, consumerGroup: `team-a-${options.consumerGroup}` };
  }
}

@Module({
  imports: [
    ConfigModule.forRoot(),
    RocketMQModule.forFeature(AuditTemplate),
    RocketMQModule.forFeature({ name: 'reports', lazyConnect: true, producer: { group: 'example-reports' } }),
    RocketMQModule.forRoot({
      nameServer: '${rocketmq.name-server}',
      producer: { group: '${shop.producer.group:example-shop}' },
    }),
  ],
  providers: [Office, Reader, TeamGroups],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
await app.get(Office).send();
console.log('sent by', (await app.get(Reader).finished).join(', '));
await app.close();
