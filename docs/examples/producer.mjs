// Every way to send, without Nest: node docs/examples/producer.mjs [HOST:9876]
import { BrokerReplyError, DefaultMQProducer, Message, RocketMQError, SelectMessageQueueByHash } from 'rocketmq-core';

const producer = new DefaultMQProducer('order-service');
producer.namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';
await producer.start();

// One message: topic, tag, key, body. Resolves with the broker's answer.
const result = await producer.send(new Message('orders', 'paid', 'order-1', 'hello'));
console.log(result.sendStatus, result.msgId, result.messageQueue.queueId, result.queueOffset);

// Several at once; `mode: 'async'` has the retry rules of Java's asynchronous send.
const ids = ['order-2', 'order-3', 'order-4'];
const sends = ids.map((id) => producer.send(new Message('orders', 'created', id, id), { mode: 'async' }));
console.log((await Promise.all(sends)).map(({ sendStatus }) => sendStatus).join(' '));

// Everything a message can carry.
const message = new Message({
  topic: 'orders',
  tags: 'shipped',
  keys: ['order-1', 'parcel-7'],
  body: JSON.stringify({ id: 'order-1', amount: 42 }),
  properties: { source: 'web' },
});
await producer.send(message, { timeout: 1000, signal: AbortSignal.timeout(1000) });

// Delay level 1 is one second with the default table.
await producer.send(new Message({ topic: 'orders', tags: 'paid', keys: 'order-5', body: 'late', delayTimeLevel: 1 }));

// One topic, one request, one time on the wire.
const batch = await producer.send([new Message('orders', 'paid', 'order-6', 'six'), new Message('orders', 'paid', 'order-7', 'seven')]);
console.log(batch.msgId.split(',').length, 'messages in a batch');

// The same key, the same queue; a Java producer picks the same one.
const byHash = new SelectMessageQueueByHash();
const first = await producer.send(new Message('orders', 'paid', 'order-8', 'eight'), byHash, 'customer-1');
const second = await producer.send(new Message('orders', 'paid', 'order-9', 'nine'), byHash, 'customer-1');
console.log(first.messageQueue.queueId === second.messageQueue.queueId ? 'same queue' : 'different queues');

// Handed to the connection, not waited for.
await producer.sendOneway(new Message('orders', 'created', 'order-10', 'ten'));

try {
  await producer.send(new Message('no such topic!', 'paid', 'order-11', 'eleven'));
} catch (error) {
  if (!(error instanceof RocketMQError)) throw error;
  const answer = error instanceof BrokerReplyError ? error.responseCode : 'none';
  console.log(error.code, 'retryable:', error.retryable, 'answer code:', answer, '-', error.nextStep);
}

await producer.shutdown();
