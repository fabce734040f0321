// Request and reply the Nest way: sendAndReceive on one side, a listener with onRequest on the other.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQMessageListener, RocketMQModule, type RocketMQReplyListener, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestRequest';

class Item {
  name!: string;
}

class Price {
  item!: string;
  cents!: number;
}

@RocketMQMessageListener({ topic: TOPIC, consumerGroup: 'demo-nest-pricer', selectorExpression: 'price', messageType: Item })
class Pricer implements RocketMQReplyListener<Item, Price> {
  async onRequest(item: Item): Promise<Price> {
    return { item: item.name, cents: item.name.length * 100 };
  }
}

@Module({})
class PricerModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: PricerModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-pricing' } })],
      providers: [Pricer],
    };
  }
}

export const nestRequestReplyStory: Story = {
  name: 'nest/request-reply',
  title: 'Request and reply in Nest: sendAndReceive, onRequest',
  run: ({ nameServer, print }) =>
    withApplication(PricerModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      print.step('sendAndReceive(destination, item, { replyType: Price })');
      const prices: Price[] = [];
      for (const name of ['tea', 'milk']) {
        const price = await template.sendAndReceive(`${TOPIC}:price`, { name }, { timeout: JOIN_LIMIT_MS, replyType: Price });
        print.line(`${price.item}: ${price.cents}`);
        prices.push(price);
      }
      print.check(
        'each request got its own price, as a Price',
        prices.every((price) => price instanceof Price) && prices.map(({ cents }) => cents).join() === '300,400',
      );
    }),
};
