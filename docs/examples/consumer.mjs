// A push consumer without Nest, until Ctrl-C: node docs/examples/consumer.mjs [HOST:9876]
import { ConsumeConcurrentlyStatus, ConsumeFromWhere, DefaultMQPushConsumer } from 'rocketmq-core';

const nameServer = process.argv[2] ?? '127.0.0.1:9876';

const consumer = new DefaultMQPushConsumer('billing');
consumer.namesrvAddr = nameServer;
consumer.consumeFromWhere = ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET;
consumer.subscribe('orders', 'paid || shipped');
consumer.registerMessageListenerConcurrently(async (messages) => {
  for (const message of messages) console.log(`billing ${message.keys} ${message.tags}: ${message.text()}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();

// A failed message comes again later; here in one second, as delay level 1 says.
const audit = new DefaultMQPushConsumer({
  consumerGroup: 'audit',
  namesrvAddr: nameServer,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  awaitTerminationMillisWhenShutdown: 5000,
});
audit.subscribe('orders', 'created');
audit.registerMessageListenerConcurrently(async (messages, context) => {
  const [message] = messages;
  if (message.reconsumeTimes === 0) {
    context.delayLevelWhenNextConsume = 1;
    return ConsumeConcurrentlyStatus.RECONSUME_LATER;
  }
  console.log(`audit ${message.keys} at attempt ${message.reconsumeTimes + 1}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await audit.start();

// Waits for listeners under way, commits offsets, leaves the group.
process.once('SIGINT', async () => {
  await Promise.all([consumer.shutdown(5000), audit.shutdown()]);
  console.log('closed');
});
