// Polling: node docs/examples/lite-pull-consumer.mjs [HOST:9876]
import { DefaultLitePullConsumer, DefaultMQProducer, Message, SelectMessageQueueByHash } from 'rocketmq-core';

const namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';

const producer = new DefaultMQProducer({ producerGroup: 'till', namesrvAddr });
await producer.start();
for (let i = 1; i <= 30; i++)
  await producer.send(new Message('till-sales', 'sold', `sale-${i}`, `${i}`), new SelectMessageQueueByHash(), 'till-1');

const consumer = new DefaultLitePullConsumer('bookkeeping');
consumer.namesrvAddr = namesrvAddr;
consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
consumer.autoCommit = false;
consumer.subscribe('till-sales', 'sold');
await consumer.start();

const books = new Map();
while (books.size < 30) {
  const messages = await consumer.poll();
  for (const message of messages) books.set(message.keys, message);
  await consumer.commit();
}
console.log(`booked ${books.size}`);

const { topic, brokerName, queueId, storeTimestamp } = books.get('sale-30');
const queue = { topic, brokerName, queueId };
await consumer.seek(queue, 25);
const again = await consumer.poll();
console.log(`again: ${again.map((message) => message.text()).join(' ')}`);

consumer.pause([queue]);
await producer.send(new Message('till-sales', 'sold', 'sale-31', '31'), queue);
console.log(`while paused: ${(await consumer.poll(200)).length}`);
consumer.resume([queue]);
console.log(`resumed: ${(await consumer.poll())[0].text()}`);
await consumer.shutdown();

const auditor = new DefaultLitePullConsumer({ consumerGroup: 'audit-of-sales', namesrvAddr });
auditor.assign([queue]);
await auditor.start();
await auditor.seekToBegin(queue);
console.log(`first sale: ${(await auditor.poll())[0].text()}`);
const offset = await auditor.offsetForTimestamp(queue, storeTimestamp + 60_000);
console.log(`sales until a minute later: ${offset}`);
await auditor.shutdown();
await producer.shutdown();
