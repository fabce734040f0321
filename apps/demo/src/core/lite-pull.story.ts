// The lite pull consumer: poll() in a loop; subscribed, the group shares the queues; assigned, the application chooses queues and places.
import { DefaultLitePullConsumer, DefaultMQProducer, Message } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoLitePull';
const MESSAGES = 12;
const POLL_MS = 500;

export const litePullStory: Story = {
  name: 'core/lite-pull',
  title: 'A lite pull consumer, subscribed and assigned',
  async run(context: StoryContext): Promise<void> {
    const { nameServer, print, runId } = context;
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-lite-pull-producer', namesrvAddr: nameServer });
    await producer.start();
    print.step(`${MESSAGES} messages`);
    for (let n = 1; n <= MESSAGES; n++) await producer.send(new Message(TOPIC, 'demo', runId, Buffer.from(`message ${n}`)));
    await subscribed(context);
    await assigned(context);
  },
};

async function subscribed({ nameServer, print, runId }: StoryContext): Promise<void> {
  print.step('subscribe(): two members of a group share the queues');
  const received = [new Set<string>(), new Set<string>()] as const;
  const join = async (instanceName: string): Promise<DefaultLitePullConsumer> => {
    const consumer = new DefaultLitePullConsumer({
      consumerGroup: 'demo-lite-pull',
      namesrvAddr: nameServer,
      instanceName,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, 'demo');
    await consumer.start();
    return consumer;
  };
  await using one = await join('one');
  await using two = await join('two');
  await waitFor(JOIN_LIMIT_MS, async () => {
    for (const [index, consumer] of [one, two].entries()) {
      for (const message of await consumer.poll(POLL_MS)) if (message.keys === runId) received[index]!.add(message.text());
    }
    return new Set([...received[0], ...received[1]]).size >= MESSAGES;
  });
  // What was polled is done: say so now rather than with the next poll.
  await Promise.all([one.commit(), two.commit()]);
  print.line(`member one got ${received[0].size}, member two ${received[1].size}`);
  print.check(`together they got all ${MESSAGES}`, new Set([...received[0], ...received[1]]).size === MESSAGES);
}

async function assigned({ nameServer, print, runId }: StoryContext): Promise<void> {
  print.step('assign(): one queue, from its beginning, again, and a pause');
  await using consumer = new DefaultLitePullConsumer({
    consumerGroup: 'demo-lite-pull-assigned',
    namesrvAddr: nameServer,
    autoCommit: false,
  });
  await consumer.start();
  const [queue] = await consumer.fetchMessageQueues(TOPIC);
  consumer.assign([queue!]);
  const readAll = async (): Promise<string[]> => {
    const texts: string[] = [];
    await consumer.seekToBegin(queue!);
    for (let messages = await consumer.poll(POLL_MS); messages.length > 0; messages = await consumer.poll(POLL_MS)) {
      for (const message of messages) if (message.keys === runId) texts.push(message.text());
    }
    return texts;
  };
  const first = await readAll();
  const second = await readAll();
  print.line(`queue ${queue!.brokerName}/${queue!.queueId}: ${first.join(', ')}`);
  print.check('reading it again gives the same', first.length > 0 && first.join() === second.join());
  consumer.pause([queue!]);
  await consumer.seekToBegin(queue!);
  const paused = await consumer.poll(POLL_MS);
  consumer.resume([queue!]);
  const resumed = await consumer.poll(JOIN_LIMIT_MS);
  print.check('nothing comes while it is paused, then it does', paused.length === 0 && resumed.length > 0);
}
