// Broadcasting the Nest way: messageModel BROADCASTING; here two applications, in real life two processes.
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { type DefaultMQPushConsumer, MessageModel, RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story, StoryContext } from '../story.js';
import { withTemporaryDirectory } from '../temporary-directory.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestBroadcast';
const MESSAGES = 5;

class Price {
  run!: string;
  cents!: number;
}

@Injectable()
class Screen {
  readonly prices: Price[] = [];

  constructor(
    readonly name: string,
    readonly offsets: string,
  ) {}
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-broadcast',
  messageModel: MessageModel.BROADCASTING,
  messageType: Price,
})
class PriceListener {
  constructor(private readonly screen: Screen) {}

  /** A member is known by its instance name: its offsets lie in a file of that name. */
  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.instanceName = this.screen.name;
    consumer.localOffsetStoreDir = this.screen.offsets;
    consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
  }

  onMessage(price: Price): void {
    this.screen.prices.push(price);
  }
}

@Module({})
class ScreenModule {
  static of(screen: Screen, nameServer: string): DynamicModule {
    return {
      module: ScreenModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: `demo-nest-broadcast-${screen.name}` } })],
      providers: [{ provide: Screen, useValue: screen }, PriceListener],
    };
  }
}

export const nestBroadcastingStory: Story = {
  name: 'nest/broadcasting',
  title: 'Broadcasting in Nest: messageModel BROADCASTING',
  run: (context) => withTemporaryDirectory((offsets) => tell(context, offsets)),
};

async function tell({ nameServer, print, runId }: StoryContext, offsets: string): Promise<void> {
  const screens = [new Screen('screen-1', offsets), new Screen('screen-2', offsets)] as const;
  const mine = (screen: Screen): number[] => screen.prices.filter(({ run }) => run === runId).map(({ cents }) => cents);
  await withApplication(ScreenModule.of(screens[0], nameServer), (first) =>
    withApplication(ScreenModule.of(screens[1], nameServer), async () => {
      print.step(`one application sends ${MESSAGES} prices, two listen`);
      const template = first.get(RocketMQTemplate);
      for (let cents = 1; cents <= MESSAGES; cents++) await template.syncSend(TOPIC, { run: runId, cents });
      await waitFor(JOIN_LIMIT_MS, () => screens.every((screen) => mine(screen).length >= MESSAGES));
    }),
  );
  for (const screen of screens) {
    print.line(`${screen.name}: ${mine(screen).toSorted().join(', ')}`);
    print.check(`${screen.name} got all ${MESSAGES}, each once`, mine(screen).toSorted().join() === '1,2,3,4,5');
  }
}
