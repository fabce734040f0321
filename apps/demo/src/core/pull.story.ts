// A pull consumer: the application says from where, keeps the offsets, and waits for messages when it likes. Then the same on a schedule.
import { DefaultMQProducer, DefaultMQPullConsumer, Message, MQPullConsumerScheduleService, PullStatus } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoPull';
const GROUP = 'demo-pull';
const MESSAGES = 10;
const BATCH = 4;

export const pullStory: Story = {
  name: 'core/pull',
  title: 'A pull consumer, by hand and on a schedule',
  run: async (context) => {
    await send(context, 'by hand');
    const pulled = await pullByHand(context);
    context.print.check(`all ${MESSAGES} were pulled, those of the other tag were not`, pulled.length === MESSAGES, `${pulled.length}`);
    await send(context, 'scheduled');
    const scheduled = await pullOnSchedule(context);
    context.print.check('the schedule went on where the hand had stopped', scheduled.length === MESSAGES, `${scheduled.length}`);
  },
};

async function send({ nameServer, runId, print }: StoryContext, what: string): Promise<void> {
  print.step(`${MESSAGES} messages of tag 'wanted', as many of another one (${what})`);
  await using producer = new DefaultMQProducer({ producerGroup: 'demo-pull-producer', namesrvAddr: nameServer });
  await producer.start();
  for (let n = 1; n <= MESSAGES; n++) {
    for (const tag of ['wanted', 'other']) await producer.send(new Message(TOPIC, tag, runId, Buffer.from(`${what} ${n}`)));
  }
}

/** Queue by queue until there is nothing more; the offsets are the application's to set. */
async function pullByHand({ nameServer, runId, print }: StoryContext): Promise<string[]> {
  await using consumer = new DefaultMQPullConsumer({ consumerGroup: GROUP, namesrvAddr: nameServer });
  await consumer.start();
  const texts: string[] = [];
  for (const queue of await consumer.fetchSubscribeMessageQueues(TOPIC)) {
    let offset = Math.max(0, await consumer.fetchConsumeOffset(queue, true));
    for (;;) {
      const { pullStatus, msgFoundList, nextBeginOffset } = await consumer.pull(queue, 'wanted', offset, BATCH);
      for (const message of msgFoundList) if (message.keys === runId) texts.push(message.text());
      offset = nextBeginOffset;
      if (pullStatus === PullStatus.NO_NEW_MSG || pullStatus === PullStatus.OFFSET_ILLEGAL) break;
    }
    await consumer.updateConsumeOffset(queue, offset);
    print.line(`queue ${queue.brokerName}/${queue.queueId} read up to ${offset}`);
  }
  // Committed by the shutdown, too.
  await consumer.persistConsumerOffset();
  return texts;
}

/** The service calls the task once per queue of this member, again and again. */
async function pullOnSchedule({ nameServer, runId, print }: StoryContext): Promise<string[]> {
  const texts: string[] = [];
  const service = new MQPullConsumerScheduleService(GROUP, { namesrvAddr: nameServer });
  service.registerPullTaskCallback(TOPIC, async (queue, task) => {
    const consumer = task.pullConsumer;
    const offset = Math.max(0, await consumer.fetchConsumeOffset(queue, false));
    const { msgFoundList, nextBeginOffset } = await consumer.pull(queue, 'wanted', offset, BATCH);
    for (const message of msgFoundList) if (message.keys === runId) texts.push(message.text());
    await consumer.updateConsumeOffset(queue, nextBeginOffset);
    task.setPullNextDelayTimeMillis(50);
  });
  await service.start();
  try {
    await waitFor(JOIN_LIMIT_MS, () => texts.length >= MESSAGES);
  } finally {
    await service.shutdown();
  }
  print.line(`the schedule got ${texts.length}`);
  return texts;
}
