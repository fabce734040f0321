// A push consumer with a tag filter: the broker sends only what matches, the group's offsets are committed.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoPush';
const TAGS = ['created', 'paid', 'shipped'];
const ORDERS = 4;

export const pushStory: Story = {
  name: 'core/push',
  title: 'A push consumer with a tag filter',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-push-producer', namesrvAddr: nameServer });
    await producer.start();

    print.step(`${ORDERS} orders, each ${TAGS.join(', ')}`);
    for (let order = 1; order <= ORDERS; order++) {
      for (const tag of TAGS) {
        await producer.send(new Message(TOPIC, tag, `${runId}-${order}-${tag}`, Buffer.from(`order ${order} is ${tag}`)));
      }
    }

    print.step("a consumer subscribes to 'paid || shipped'");
    const received: string[] = [];
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-push',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, 'paid || shipped');
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys?.startsWith(runId) === true) received.push(message.text());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await consumer.start();

    await waitFor(JOIN_LIMIT_MS, () => received.length >= 2 * ORDERS);
    for (const text of received) print.line(text);
    print.check(
      `${2 * ORDERS} messages came, none of them 'created'`,
      received.length === 2 * ORDERS && !received.join().includes('created'),
    );
  },
};
