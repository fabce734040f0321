// Messages delivered later: by level, after seconds, after milliseconds, at a moment.
import { DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import { SystemClock } from 'rocketmq-core/common';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoDelay';
const clock = new SystemClock();
/** What each asks for, and after how many ms it may come at the earliest. */
const WISHES = [
  { text: 'level 1', wait: 1000, wish: () => ({ delayTimeLevel: 1 }) },
  { text: 'two seconds', wait: 2000, wish: () => ({ delayTimeSec: 2 }) },
  { text: '1500 ms', wait: 1500, wish: () => ({ delayTimeMs: 1500 }) },
  { text: 'a moment', wait: 1200, wish: () => ({ deliverTimeMs: clock.now() + 1200 }) },
  { text: 'a moment that has passed', wait: 0, wish: () => ({ deliverTimeMs: clock.now() - 1200 }) },
] as const;
/** Brokers look at a level every 100 ms, and clocks differ by a little. */
const EARLY_MS = 200;

export const delayStory: Story = {
  name: 'core/delay',
  title: 'Messages delivered later: levels and any time (brokers from 5.0 on)',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-delay-producer', namesrvAddr: nameServer });
    await producer.start();
    const arrived = new Map<string, number>();
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-delay',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC);
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys === runId) arrived.set(message.text(), message.storeTimestamp);
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();

    print.step('five messages at once, each with its time');
    const sentAt = new Map<string, number>();
    for (const { text, wish } of WISHES) {
      sentAt.set(text, clock.now());
      await producer.send(new Message({ topic: TOPIC, keys: runId, body: text, ...wish() }));
    }
    await waitFor(JOIN_LIMIT_MS, () => arrived.size === WISHES.length);
    const waitedMs = (text: string): number => (arrived.get(text) ?? Infinity) - sentAt.get(text)!;
    for (const { text } of WISHES) print.line(`${text.padEnd(26)} became visible after ${waitedMs(text)} ms`);
    print.check('all five came', arrived.size === WISHES.length, [...arrived.keys()].join());
    const early = WISHES.filter(({ text, wait }) => waitedMs(text) < wait - EARLY_MS);
    print.check('none of them early', early.length === 0, early.map(({ text }) => text).join());
  },
};
