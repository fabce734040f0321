// Messages chosen by tags and by their properties, until Ctrl-C: node docs/examples/sql-filter.mjs [HOST:9876]
// The broker needs enablePropertyFilter=true.
import { DefaultMQProducer, DefaultMQPushConsumer, Message, MessageSelector } from 'rocketmq-core';
import { compileSql } from 'rocketmq-core/filter';

const namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';

function saleOf(amount, region) {
  const message = new Message('sales', 'paid', `${amount} ${region}`);
  message.putUserProperty('amount', String(amount));
  message.putUserProperty('region', region);
  return message;
}

const producer = new DefaultMQProducer({ producerGroup: 'shop', namesrvAddr });
await producer.start();
await producer.send(saleOf(50, 'eu'));
await producer.send(saleOf(150, 'eu'));
await producer.send(saleOf(250, 'us'));
await producer.send(saleOf(350, 'asia'));
await producer.shutdown();

const byTags = new DefaultMQPushConsumer({ consumerGroup: 'by-tags', namesrvAddr, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' });
byTags.subscribe('sales', 'paid || shipped');
byTags.registerMessageListener((messages) => {
  for (const message of messages) console.log(`by tags ${message.text()}`);
  return 'CONSUME_SUCCESS';
});
await byTags.start();

const bySql = new DefaultMQPushConsumer({ consumerGroup: 'by-sql', namesrvAddr, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' });
bySql.subscribe('sales', MessageSelector.bySql("amount > 100 AND region IN ('eu', 'us')"));
bySql.registerMessageListener((messages) => {
  for (const message of messages) console.log(`by SQL ${message.text()}`);
  return 'CONSUME_SUCCESS';
});
await bySql.start();

// A broken expression is refused where it is written.
try {
  MessageSelector.bySql("amount > 100 AND region != 'eu'");
} catch (error) {
  console.log(error.message);
}

// The same evaluation without a broker, for a test of your own.
const filter = compileSql('amount BETWEEN 100 AND 200 OR urgent = TRUE');
console.log(
  'alone',
  filter.matches(new Map([['amount', '150']])),
  filter.evaluate(new Map()),
  filter.evaluate(new Map([['amount', 'much']])),
);

process.once('SIGINT', async () => {
  await Promise.all([byTags.shutdown(), bySql.shutdown()]);
  console.log('closed');
});
