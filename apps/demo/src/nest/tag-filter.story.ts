// Tags the Nest way: the destination is topic:tag, each listener says which tags it wants.
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { type MessageContext, RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestTagFilter';
const TAGS = ['created', 'paid', 'shipped'];
const ORDERS = 3;

@Injectable()
class Desk {
  readonly billing: string[] = [];
  readonly archive: string[] = [];
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-tag-filter-billing',
  selectorExpression: 'paid || shipped',
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class BillingListener {
  constructor(private readonly desk: Desk) {}

  onMessage(text: string, { tags }: MessageContext): void {
    this.desk.billing.push(`${text} ${tags}`);
  }
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-tag-filter-archive',
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class ArchiveListener {
  constructor(private readonly desk: Desk) {}

  onMessage(text: string, { tags }: MessageContext): void {
    this.desk.archive.push(`${text} ${tags}`);
  }
}

@Module({})
class DeskModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: DeskModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-tag-filter-shop' } })],
      providers: [Desk, BillingListener, ArchiveListener],
    };
  }
}

export const nestTagFilterStory: Story = {
  name: 'nest/tag-filter',
  title: 'Tags in Nest: topic:tag and selectorExpression',
  run: ({ nameServer, print, runId }) =>
    withApplication(DeskModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const desk = application.get(Desk);
      print.step(`${ORDERS} orders, each sent to ${TAGS.map((tag) => `${TOPIC}:${tag}`).join(', ')}`);
      for (let order = 1; order <= ORDERS; order++) {
        for (const tag of TAGS) await template.syncSend(`${TOPIC}:${tag}`, `${runId} order ${order}`);
      }
      const mine = (texts: readonly string[]): string[] => texts.filter((text) => text.startsWith(`${runId} `));
      const all = ORDERS * TAGS.length;
      const wanted = ORDERS * 2;
      await waitFor(JOIN_LIMIT_MS, () => mine(desk.archive).length >= all && mine(desk.billing).length >= wanted);
      for (const text of mine(desk.billing)) print.line(text.slice(runId.length + 1));
      print.check(`the archive, which wants everything, got ${all}`, mine(desk.archive).length === all, `${mine(desk.archive).length}`);
      print.check(
        `billing got ${wanted}, none of them created`,
        mine(desk.billing).length === wanted && mine(desk.billing).every((text) => !text.endsWith('created')),
        mine(desk.billing).join(),
      );
    }),
};
