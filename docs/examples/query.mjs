// Messages found again, and lists of any length sent, without Nest: node docs/examples/query.mjs [HOST:9876]
import { DefaultMQProducer, ListSplitter, Message, MessageNotFoundError } from 'rocketmq-core';

const producer = new DefaultMQProducer('invoice-service');
producer.namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';
await producer.start();

// KEYS are what a message is found by: one word, or several.
const sent = await producer.send(new Message('invoices', 'paid', ['order-1', 'customer-7'], 'invoice 1'));
await producer.send(new Message('invoices', 'paid', ['order-2', 'customer-7'], 'invoice 2'));

const { messageList } = await producer.queryMessage('invoices', 'customer-7');
console.log(messageList.map((message) => message.text()).join(', '));

// At most ten of each broker, stored within the last hour.
const now = Date.now();
const recent = await producer.queryMessage('invoices', 'order-2', 10, now - 3_600_000, now + 1000);
console.log(recent.messageList.length, 'of the last hour, missing brokers:', recent.failedBrokers.length);

// By the client's id, or by the place where the broker keeps it.
const byId = await producer.viewMessage('invoices', sent.msgId);
const byPlace = await producer.viewMessage('invoices', sent.offsetMsgId);
console.log(byId.text(), byPlace.msgId === sent.msgId);

try {
  await producer.queryMessage('invoices', 'order-999');
} catch (error) {
  if (!(error instanceof MessageNotFoundError)) throw error;
  console.log(error.code, error.responseCode);
}

// By time: the first offset of a queue that is not older, and when the oldest message was stored.
const queue = sent.messageQueue;
console.log(await producer.searchOffset(queue, 0), (await producer.earliestMsgStoreTime(queue)) <= Date.now());

// A list of any length: as many batches as it takes, one result.
const lines = Array.from({ length: 40 }, (_, i) => new Message('invoices', 'line', `line-${i}`, Buffer.alloc(200_000, 'x')));
const result = await producer.send(lines, { splitBatches: true });
console.log(result.sendStatus, result.msgId.split(',').length, 'messages in', result.parts.length, 'batches');

// The same by hand, as in the examples of RocketMQ.
for (const batch of new ListSplitter(lines, { maxMessageSize: 1024 * 1024, tooLarge: 'skip' })) {
  await producer.send(batch);
}

await producer.shutdown();
