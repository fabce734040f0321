// Ordered consumption: a key always goes to the same queue, and a queue is worked on by one member, one message at a time.
import { ConsumeOrderlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message, SelectMessageQueueByHash } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoOrderly';
const STEPS = ['created', 'paid', 'packed', 'shipped'];
const ORDERS = ['order-1', 'order-2', 'order-3', 'order-4', 'order-5', 'order-6'];
const FAILS_ONCE = 'order-2 packed';

export const orderlyStory: Story = {
  name: 'core/orderly',
  title: 'Ordered consumption: one queue per key, one member per queue',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-orderly-producer', namesrvAddr: nameServer });
    await producer.start();

    const selector = new SelectMessageQueueByHash();
    const send = async (step: string): Promise<void> => {
      for (const order of ORDERS) await producer.send(new Message(TOPIC, step, runId, Buffer.from(`${order} ${step}`)), selector, order);
    };
    print.step('each step of an order is sent with SelectMessageQueueByHash and the order as its key');
    await send(STEPS[0]!);

    print.step(`two members share the queues; '${FAILS_ONCE}' fails once`);
    const consumed: Array<{ text: string; member: string; queue: string }> = [];
    let failures = 0;
    const join = async (member: string): Promise<DefaultMQPushConsumer> => {
      const consumer = new DefaultMQPushConsumer({
        consumerGroup: 'demo-orderly',
        namesrvAddr: nameServer,
        instanceName: member,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        suspendCurrentQueueTimeMillis: 100,
      });
      consumer.subscribe(TOPIC, '*');
      consumer.registerMessageListenerOrderly((messages) => {
        for (const message of messages) {
          if (message.keys !== runId) continue;
          if (message.text() === FAILS_ONCE && failures++ === 0) return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
          consumed.push({ text: message.text(), member, queue: `${message.brokerName}/${message.queueId}` });
        }
        return ConsumeOrderlyStatus.SUCCESS;
      });
      await consumer.start();
      return consumer;
    };
    await using _one = await join('member-1');
    await using _two = await join('member-2');
    await waitFor(JOIN_LIMIT_MS, () => consumed.length >= ORDERS.length);
    for (const step of STEPS.slice(1)) await send(step);

    await waitFor(JOIN_LIMIT_MS, () => consumed.length >= ORDERS.length * STEPS.length);
    print.table(
      ORDERS.map((order) => {
        const mine = consumed.filter(({ text }) => text.startsWith(`${order} `));
        return {
          order,
          queue: [...new Set(mine.map(({ queue }) => queue))].join(' '),
          member: [...new Set(mine.map(({ member }) => member))].join(' '),
          steps: mine.map(({ text }) => text.slice(order.length + 1)).join(' > '),
        };
      }),
    );
    for (const order of ORDERS) {
      const steps = consumed.filter(({ text }) => text.startsWith(`${order} `)).map(({ text }) => text.slice(order.length + 1));
      print.check(`${order} was consumed step by step`, steps.join() === STEPS.join(), steps.join(' > '));
    }
    print.check('the failed step came again, its queue waited for it', failures === 2, `${failures} calls`);
  },
};
