// Broadcasting: every member gets every message and keeps its own offsets in a file, which it goes on from after a restart.
import { DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { withTemporaryDirectory } from '../temporary-directory.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoBroadcast';
const MESSAGES = 5;

class Member {
  readonly received: string[] = [];

  constructor(
    readonly name: string,
    private readonly context: StoryContext,
    private readonly offsets: string,
  ) {}

  async start(): Promise<DefaultMQPushConsumer> {
    const consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-broadcast',
      namesrvAddr: this.context.nameServer,
      messageModel: 'BROADCASTING',
      // A member's offsets lie in a file named after it, so its name has to stay the same over restarts.
      instanceName: this.name,
      localOffsetStoreDir: this.offsets,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, '*');
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys === this.context.runId) this.received.push(message.text());
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    return consumer;
  }
}

export const broadcastingStory: Story = {
  name: 'core/broadcasting',
  title: 'Broadcasting: everything to everybody, offsets in a file per member',
  run: (context) => withTemporaryDirectory((offsets) => tell(context, offsets)),
};

async function tell(context: StoryContext, offsets: string): Promise<void> {
  const { nameServer, print, runId } = context;
  await using producer = new DefaultMQProducer({ producerGroup: 'demo-broadcast-producer', namesrvAddr: nameServer });
  await producer.start();
  const send = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++) await producer.send(new Message(TOPIC, 'price', runId, Buffer.from(`price ${n}`)));
  };

  print.step(`${MESSAGES} messages, two members`);
  const members = [new Member('screen-1', context, offsets), new Member('screen-2', context, offsets)] as const;
  await send(1, MESSAGES);
  const consumers = [await members[0].start(), await members[1].start()];
  await waitFor(JOIN_LIMIT_MS, () => members.every(({ received }) => received.length >= MESSAGES));
  for (const { name, received } of members) print.line(`${name}: ${received.toSorted().join(', ')}`);
  for (const consumer of consumers) await consumer.shutdown();

  print.step(`both are gone; ${MESSAGES} more are sent; screen-1 comes back`);
  await send(MESSAGES + 1, 2 * MESSAGES);
  await using _consumer = await members[0].start();
  await waitFor(JOIN_LIMIT_MS, () => members[0].received.length >= 2 * MESSAGES);
  print.line(`screen-1: ${members[0].received.slice(MESSAGES).toSorted().join(', ')}`);

  const [one, two] = members.map(({ received }) => new Set(received).size);
  print.check(`both got the first ${MESSAGES}`, one! >= MESSAGES && two === MESSAGES);
  print.check('screen-1 went on where it had stopped', one === 2 * MESSAGES && members[0].received.length === 2 * MESSAGES);
}
