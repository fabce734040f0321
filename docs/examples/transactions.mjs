// A message that is seen only when a local transaction was committed: node docs/examples/transactions.mjs [HOST:9876]
import {
  ConsumeConcurrentlyStatus,
  ConsumeFromWhere,
  DefaultMQPushConsumer,
  LocalTransactionState,
  Message,
  TransactionMQProducer,
} from 'rocketmq-core';

const nameServer = process.argv[2] ?? '127.0.0.1:9876';

// Stands for a database table with one row per payment.
const payments = new Map();

const producer = new TransactionMQProducer('payments');
producer.namesrvAddr = nameServer;
producer.transactionListener = {
  // The message is kept aside; nobody sees it yet.
  async executeLocalTransaction(message, account) {
    if (account.balance < account.amount) return LocalTransactionState.ROLLBACK_MESSAGE;
    payments.set(message.keys, account.amount);
    if (account.isSlow) throw new Error('connection lost: was it committed or not?');
    return LocalTransactionState.COMMIT_MESSAGE;
  },
  // A broker has not heard how it ended: what does the database say?
  async checkLocalTransaction(message) {
    console.log('asked about', message.keys);
    return payments.has(message.keys) ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
  },
};
await producer.start();

const pay = async (order, account) => {
  const message = new Message('payments', 'paid', order, JSON.stringify({ order }));
  const result = await producer.sendMessageInTransaction(message, account);
  console.log(order, result.localTransactionState);
};
await pay('order-1', { balance: 100, amount: 40 });
await pay('order-2', { balance: 10, amount: 40 });
await pay('order-3', { balance: 100, amount: 40, isSlow: true });

const consumer = new DefaultMQPushConsumer('delivery');
consumer.namesrvAddr = nameServer;
consumer.consumeFromWhere = ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET;
consumer.subscribe('payments', 'paid');
const delivered = new Promise((resolve) => {
  const orders = [];
  consumer.registerMessageListenerConcurrently(async ([message]) => {
    orders.push(message.keys);
    if (orders.length === 2) resolve(orders);
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
});
await consumer.start();
console.log('delivered', (await delivered).join(' '));

await consumer.shutdown();
await producer.shutdown();
