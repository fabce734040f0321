// Every way to send: waiting for the answer, not waiting, without an answer, in a batch, to the queue of a key, later.
import { DefaultMQProducer, DefaultMQPushConsumer, Message, type SendResult, SelectMessageQueueByHash } from 'rocketmq-core';
import { SystemClock } from 'rocketmq-core/common';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoSend';
const clock = new SystemClock();
/** Delay level 1: one second. */
const SOON = 1;

export const sendStory: Story = {
  name: 'core/send',
  title: 'Every way to send',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-send-producer', namesrvAddr: nameServer });
    await producer.start();
    const message = (text: string): Message => new Message(TOPIC, 'demo', runId, Buffer.from(text));
    const show = (way: string, { sendStatus, messageQueue, queueOffset }: SendResult): void =>
      print.line(`${way.padEnd(10)} ${sendStatus}, queue ${messageQueue.queueId}, offset ${queueOffset}`);

    print.step('synchronous, asynchronous, one-way');
    show('sync', await producer.send(message('sync')));
    // Several on their way at once; the retry rules of Java's asynchronous send.
    const pending = [1, 2, 3].map((n) => producer.send(message(`async ${n}`), { mode: 'async' }));
    for (const result of await Promise.all(pending)) show('async', result);
    await producer.sendOneway(message('one-way'));
    print.line('one-way    no answer: nothing tells whether it arrived');

    print.step('a batch, the queue of a key, a second later');
    const batch = await producer.send(['one', 'two', 'three'].map((text) => message(`batch ${text}`)));
    show('batch', batch);
    const selector = new SelectMessageQueueByHash();
    const first = await producer.send(message('key 1'), selector, 'order-7');
    const second = await producer.send(message('key 2'), selector, 'order-7');
    show('by key', first);
    show('by key', second);
    const later = message('later');
    later.delayTimeLevel = SOON;
    const sentAt = clock.now();
    show('delayed', await producer.send(later));

    print.step('a consumer gets them all');
    const received = new Map<string, number>();
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-send',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, 'demo');
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const each of messages) if (each.keys === runId) received.set(each.text(), clock.now());
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    await waitFor(JOIN_LIMIT_MS, () => received.size >= 11);
    print.line([...received.keys()].toSorted().join(', '));
    print.check('all eleven arrived', received.size === 11, `${received.size}`);
    print.check('the batch was stored as three messages', batch.msgId.split(',').length === 3);
    print.check('one key, one queue', first.messageQueue.queueId === second.messageQueue.queueId);
    const waited = (received.get('later') ?? 0) - sentAt;
    print.check('the delayed one took its second', waited >= 900, `${waited} ms`);
  },
};
