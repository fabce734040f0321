// Ordered consumption the Nest way: syncSendOrderly with a hash key, consumeMode ORDERLY.
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { ConsumeMode, type MessageContext, RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestOrderly';
const STEPS = ['created', 'paid', 'packed', 'shipped'] as const;
const ORDERS = ['order-1', 'order-2', 'order-3', 'order-4'];

class OrderStep {
  run!: string;
  order!: string;
  step!: string;
}

@Injectable()
class Journal {
  readonly steps: Array<OrderStep & { queueId: number }> = [];
  /** Of the one step that fails at first. */
  calls = 0;
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-orderly',
  consumeMode: ConsumeMode.ORDERLY,
  suspendCurrentQueueTimeMillis: 100,
  messageType: OrderStep,
})
class StepListener {
  constructor(private readonly journal: Journal) {}

  onMessage(step: OrderStep, { queueId }: MessageContext): void {
    if (step.order === 'order-2' && step.step === 'packed' && this.journal.calls++ === 0) {
      throw new Error('the packing station is busy: the queue waits, nothing overtakes');
    }
    this.journal.steps.push({ run: step.run, order: step.order, step: step.step, queueId });
  }
}

@Module({})
class StepModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: StepModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-orderly-shop' } })],
      providers: [Journal, StepListener],
    };
  }
}

export const nestOrderlyStory: Story = {
  name: 'nest/orderly',
  title: 'Ordered consumption in Nest: consumeMode ORDERLY',
  run: ({ nameServer, print, runId }) =>
    withApplication(StepModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const journal = application.get(Journal);
      print.step('syncSendOrderly(destination, step, order): one queue per order');
      for (const step of STEPS) {
        for (const order of ORDERS) await template.syncSendOrderly(`${TOPIC}:${step}`, { run: runId, order, step }, order);
      }
      const mine = (order: string): Array<OrderStep & { queueId: number }> =>
        journal.steps.filter((entry) => entry.run === runId && entry.order === order);
      await waitFor(JOIN_LIMIT_MS, () => ORDERS.every((order) => mine(order).length >= STEPS.length));
      print.table(
        ORDERS.map((order) => ({
          order,
          queue: [...new Set(mine(order).map(({ queueId }) => queueId))].join(' '),
          steps: mine(order)
            .map(({ step }) => step)
            .join(' > '),
        })),
      );
      for (const order of ORDERS) {
        const steps = mine(order).map(({ step }) => step);
        print.check(`${order} was consumed step by step`, steps.join() === STEPS.join(), steps.join(' > '));
      }
      print.check('the step that failed came again first', journal.calls === 2, `${journal.calls} calls`);
    }),
};
