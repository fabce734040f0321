// Batches the Nest way: plain payloads in one request, a list of any length, Messages with headers of their own.
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import {
  MessageBuilder,
  type MessageContext,
  RocketMQHeaders,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestBatch';
const LARGE = 60;

class Reading {
  run!: string;
  sensor!: string;
}

@Injectable()
class Readings {
  readonly taken: Array<{ reading: Reading; context: MessageContext }> = [];
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-batch',
  messageType: Reading,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class ReadingListener {
  constructor(private readonly readings: Readings) {}

  onMessage(reading: Reading, context: MessageContext): void {
    this.readings.taken.push({ reading, context });
  }
}

@Module({})
class ReadingModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: ReadingModule,
      // So small that the large list takes several requests.
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-batch-producer', maxMessageSize: 4096 } })],
      providers: [Readings, ReadingListener],
    };
  }
}

export const nestBatchStory: Story = {
  name: 'nest/batch',
  title: 'Batches in Nest: sendBatch, splitBatches, an array of Messages',
  run: ({ nameServer, print, runId }) =>
    withApplication(ReadingModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const { taken } = application.get(Readings);
      const reading = (sensor: string): Reading => ({ run: runId, sensor });

      print.step(`sendBatch of two, then of ${LARGE} with splitBatches`);
      const two = await template.sendBatch(`${TOPIC}:small`, ['a', 'b'].map(reading));
      print.line(`${two.sendStatus}, ${two.msgId.split(',').length} ids`);
      const many = Array.from({ length: LARGE }, (_, i) => reading(`s${i + 1}`));
      const split = await template.sendBatch(`${TOPIC}:large`, many, { splitBatches: true });
      print.line(`${split.sendStatus}, ${split.msgId.split(',').length} ids`);

      print.step('syncSend of an array of Messages, each with its own keys');
      const messages = ['x', 'y'].map((sensor) =>
        MessageBuilder.withPayload(reading(sensor)).setHeader(RocketMQHeaders.KEYS, `key-${sensor}`).build(),
      );
      print.line((await template.syncSend(TOPIC, messages)).sendStatus);

      const mine = () => taken.filter((each) => each.reading.run === runId);
      await waitFor(JOIN_LIMIT_MS, () => mine().length >= LARGE + 4);
      print.check('each member came as a message of its own', mine().length === LARGE + 4, `${mine().length}`);
      const keyed = mine().filter(({ context }) => context.keys.length > 0);
      print.check(
        'with its own keys',
        keyed
          .map(({ reading: { sensor }, context }) => `${sensor} ${context.keys.join()}`)
          .toSorted()
          .join() === 'x key-x,y key-y',
      );
    }),
};
