// A filter on properties in Nest: headers of the template are properties, the listener's selectorType is SQL92.
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestSqlFilter';
const EXPRESSION = "amount > 100 AND region = 'eu'";

class Sale {
  run!: string;
  amount!: number;
  region!: string;
}

@Injectable()
class Sales {
  readonly seen: Sale[] = [];
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-sql-filter',
  selectorType: 'SQL92',
  selectorExpression: EXPRESSION,
  messageType: Sale,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class LargeSaleListener {
  constructor(private readonly sales: Sales) {}

  onMessage(sale: Sale): void {
    this.sales.seen.push(sale);
  }
}

@Module({})
class SalesModule {
  static connectedTo(nameServer: string, sales: Sales): DynamicModule {
    return {
      module: SalesModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-sql-filter-shop' } })],
      providers: [{ provide: Sales, useValue: sales }, LargeSaleListener],
    };
  }
}

export const nestSqlFilterStory: Story = {
  name: 'nest/sql-filter',
  title: "A filter on properties in Nest: selectorType 'SQL92'",
  async run({ nameServer, print, runId }): Promise<void> {
    const sales = new Sales();
    const ours = (): string[] => sales.seen.filter(({ run }) => run === runId).map(({ amount, region }) => `${amount} ${region}`);
    await withApplication(SalesModule.connectedTo(nameServer, sales), async (application) => {
      print.step(`a listener with ${EXPRESSION}; five sales`);
      const template = application.get(RocketMQTemplate);
      for (const [amount, region] of [
        [50, 'eu'],
        [150, 'eu'],
        [200, 'us'],
        [250, 'eu'],
        [99, 'asia'],
      ] as const) {
        await template.syncSend(`${TOPIC}:sold`, { run: runId, amount, region }, { headers: { amount: String(amount), region } });
      }
      await waitFor(JOIN_LIMIT_MS, () => ours().length >= 2);
    });
    for (const sale of ours()) print.line(sale);
    print.check('the two large ones in eu came, no other', ours().toSorted().join() === '150 eu,250 eu', ours().join());
  },
};
