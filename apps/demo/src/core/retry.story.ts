// Retries and dead letters: a message that fails comes again after a delay; out of attempts it waits in the group's dead-letter topic.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoRetry';
const GROUP = 'demo-retry';
const MAX_RECONSUME_TIMES = 2;
/** Delay level 1: one second. */
const SOON = 1;

export const retryStory: Story = {
  name: 'core/retry',
  title: 'Retries and dead letters',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-retry-producer', namesrvAddr: nameServer });
    await producer.start();

    print.step("three messages: 'good', 'busy' (fails once), 'poison' (always fails)");
    const ids = new Map<string, string>();
    for (const text of ['good', 'busy', 'poison']) {
      ids.set(text, (await producer.send(new Message(TOPIC, text, runId, Buffer.from(text)))).msgId);
    }

    print.step(`a consumer with maxReconsumeTimes ${MAX_RECONSUME_TIMES}; it asks for what failed again after a second`);
    const attempts: string[] = [];
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: GROUP,
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      maxReconsumeTimes: MAX_RECONSUME_TIMES,
    });
    consumer.subscribe(TOPIC, '*');
    consumer.registerMessageListenerConcurrently(([message], context) => {
      if (message!.keys !== runId) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      const text = message!.text();
      attempts.push(`${text} ${message!.reconsumeTimes + 1}`);
      context.delayLevelWhenNextConsume = SOON;
      if (text === 'poison') throw new Error('cannot be consumed');
      return text === 'busy' && message!.reconsumeTimes === 0
        ? ConsumeConcurrentlyStatus.RECONSUME_LATER
        : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await consumer.start();
    await waitFor(JOIN_LIMIT_MS, () => attempts.includes('busy 2') && attempts.includes(`poison ${MAX_RECONSUME_TIMES + 1}`));
    for (const attempt of attempts) print.line(`attempt: ${attempt}`);

    print.step(`another group reads %DLQ%${GROUP}`);
    const dead: Array<{ text: string; id: string | undefined }> = [];
    await using undertaker = new DefaultMQPushConsumer({
      consumerGroup: 'demo-undertaker',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      pollNameServerInterval: 1000,
    });
    undertaker.subscribe(`%DLQ%${GROUP}`, '*');
    undertaker.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys === runId) dead.push({ text: message.text(), id: message.msgId });
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await undertaker.start();
    await waitFor(JOIN_LIMIT_MS, () => dead.length > 0);
    for (const { text, id } of dead) print.line(`dead letter: ${text}, msgId ${id}`);

    const ofPoison = attempts.filter((attempt) => attempt.startsWith('poison'));
    print.check("'good' was consumed once, 'busy' at its second attempt", attempts.includes('good 1') && attempts.includes('busy 2'));
    print.check(`'poison' was tried ${MAX_RECONSUME_TIMES + 1} times`, ofPoison.length === MAX_RECONSUME_TIMES + 1, ofPoison.join(', '));
    print.check(
      'and is the only dead letter, with the id it was sent with',
      dead.length === 1 && dead[0]!.text === 'poison' && dead[0]!.id === ids.get('poison'),
    );
  },
};
