// Many messages in one request: a list that fits, a list of any length, and what may not be in one.
import { DefaultMQProducer, DefaultMQPushConsumer, IllegalMessageError, Message } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoBatch';
const SMALL = 3;
const LARGE = 60;
/** Bytes of a request; so few that the large list takes several. */
const MAX_MESSAGE_SIZE = 4096;

export const batchStory: Story = {
  name: 'core/batch',
  title: 'Batches, split where they are too large',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({
      producerGroup: 'demo-batch-producer',
      namesrvAddr: nameServer,
      maxMessageSize: MAX_MESSAGE_SIZE,
    });
    await producer.start();
    const list = (what: string, count: number): Message[] =>
      Array.from({ length: count }, (_, i) => new Message(TOPIC, what, runId, Buffer.from(`${what} ${i + 1}`)));

    print.step(`${SMALL} messages in one request`);
    const small = await producer.send(list('small', SMALL));
    print.line(`${small.sendStatus}, queue ${small.messageQueue.queueId}, first offset ${small.queueOffset}`);

    print.step(`${LARGE} messages are too large for one, splitBatches makes several`);
    const tooLarge = await producer.send(list('refused', LARGE)).catch((error: unknown) => error);
    print.line(String(tooLarge));
    const large = await producer.send(list('large', LARGE), { splitBatches: true });
    print.line(`${large.sendStatus}, ${large.msgId.split(',').length} ids`);

    print.step('a delayed message in a batch');
    const delayed = Object.assign(list('delayed', 1)[0]!, { delayTimeLevel: 1 });
    const mixed = await producer.send([...list('delayed', 1), delayed]).catch((error: unknown) => error);
    print.line(String(mixed));

    const received: string[] = [];
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-batch',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC);
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys === runId) received.push(message.text());
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    await waitFor(JOIN_LIMIT_MS, () => received.length >= SMALL + LARGE);
    print.check('each member is a message of its own', received.length === SMALL + LARGE, `${received.length} came`);
    print.check('the list that was too large was refused here', tooLarge instanceof IllegalMessageError);
    print.check(
      'so was the delayed one, with its whole batch',
      mixed instanceof IllegalMessageError && !received.join().includes('delayed'),
    );
  },
};
