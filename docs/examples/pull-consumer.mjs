// Pulling by hand, and as a task per queue: node docs/examples/pull-consumer.mjs [HOST:9876]
import { DefaultMQProducer, DefaultMQPullConsumer, Message, MQPullConsumerScheduleService, PullStatus } from 'rocketmq-core';

const namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';

const producer = new DefaultMQProducer({ producerGroup: 'meter', namesrvAddr });
await producer.start();
for (let i = 1; i <= 20; i++) await producer.send(new Message('readings', i % 2 === 0 ? 'even' : 'odd', `reading-${i}`, `${i}`));

const consumer = new DefaultMQPullConsumer('report');
consumer.namesrvAddr = namesrvAddr;
await consumer.start();

let total = 0;
for (const queue of await consumer.fetchSubscribeMessageQueues('readings')) {
  let offset = Math.max(0, await consumer.fetchConsumeOffset(queue, true));
  for (;;) {
    const result = await consumer.pull(queue, 'even', offset, 32);
    for (const message of result.msgFoundList) total += Number(message.text());
    offset = result.nextBeginOffset;
    if (result.pullStatus === PullStatus.NO_NEW_MSG) break;
  }
  await consumer.updateConsumeOffset(queue, offset);
}
await consumer.persistConsumerOffset();
console.log(`sum of the even ones: ${total}`);

const [first] = await consumer.fetchSubscribeMessageQueues('readings');
const end = await consumer.maxOffset(first);
const waiting = consumer.pullBlockIfNotFound(first, '*', end, 32);
await producer.send(new Message('readings', 'late', 'reading-21', '21'), first);
console.log(`waited for: ${(await waiting).msgFoundList[0].text()}`);
await consumer.shutdown();

let seen = 0;
const service = new MQPullConsumerScheduleService('archive', { namesrvAddr });
service.registerPullTaskCallback('readings', async (queue, context) => {
  const { pullConsumer } = context;
  const offset = Math.max(0, await pullConsumer.fetchConsumeOffset(queue, false));
  const result = await pullConsumer.pull(queue, '*', offset, 32);
  seen += result.msgFoundList.length;
  await pullConsumer.updateConsumeOffset(queue, result.nextBeginOffset);
  context.setPullNextDelayTimeMillis(result.pullStatus === PullStatus.FOUND ? 0 : 100);
  if (seen >= 21) finished();
});
let finished;
const done = new Promise((resolve) => {
  finished = resolve;
});
await service.start();
await done;
await service.shutdown();
console.log(`archived ${seen}`);
await producer.shutdown();
