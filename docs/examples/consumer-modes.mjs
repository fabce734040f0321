// In order, and to everybody: two push consumers until Ctrl-C: node docs/examples/consumer-modes.mjs [HOST:9876]
import { ConsumeConcurrentlyStatus, ConsumeOrderlyStatus, DefaultMQPushConsumer } from 'rocketmq-core';

const namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';

const ledger = new DefaultMQPushConsumer({ consumerGroup: 'ledger', namesrvAddr, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' });
ledger.subscribe('orders', 'paid');
ledger.registerMessageListenerOrderly(async (messages) => {
  for (const message of messages) console.log(`ledger queue ${message.queueId} ${message.keys}`);
  return ConsumeOrderlyStatus.SUCCESS;
});
await ledger.start();

const cache = new DefaultMQPushConsumer({
  consumerGroup: 'order-cache',
  namesrvAddr,
  messageModel: 'BROADCASTING',
  instanceName: 'cache-1',
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
});
cache.subscribe('orders', '*');
cache.registerMessageListenerConcurrently(async (messages) => {
  for (const message of messages) console.log(`cache ${message.keys}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await cache.start();

process.once('SIGINT', async () => {
  await Promise.all([ledger.shutdown(5000), cache.shutdown(5000)]);
  console.log('closed');
});
