// Transactions: the message is kept aside until the local transaction has ended; a broker that hears nothing asks.
import { DefaultMQPushConsumer, LocalTransactionState, Message, TransactionMQProducer } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoTransaction';

interface Payment {
  readonly order: string;
  readonly ends: 'commit' | 'rollback' | 'crash';
}

export const transactionStory: Story = {
  name: 'core/transaction',
  title: 'Transactions: commit, rollback, unknown',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    // Stands for a table of the database, written in the same local transaction.
    const paid = new Set<string>();
    const asked: string[] = [];
    await using producer = new TransactionMQProducer({
      producerGroup: 'demo-transaction-producer',
      namesrvAddr: nameServer,
      transactionListener: {
        executeLocalTransaction(message: Message, { ends }: Payment): LocalTransactionState {
          if (ends === 'rollback') return LocalTransactionState.ROLLBACK_MESSAGE;
          paid.add(message.keys!);
          if (ends === 'crash') throw new Error('the connection to the database broke after its commit');
          return LocalTransactionState.COMMIT_MESSAGE;
        },
        checkLocalTransaction(message) {
          asked.push(message.keys!);
          return paid.has(message.keys!) ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
        },
      },
    });
    await producer.start();

    print.step('three payments, each in a transaction');
    const payments: Payment[] = [
      { order: `${runId}-1`, ends: 'commit' },
      { order: `${runId}-2`, ends: 'rollback' },
      { order: `${runId}-3`, ends: 'crash' },
    ];
    for (const payment of payments) {
      const message = new Message(TOPIC, 'paid', payment.order, Buffer.from(payment.order));
      const { localTransactionState } = await producer.sendMessageInTransaction(message, payment);
      print.line(`${payment.order} (${payment.ends}): ${localTransactionState}`);
    }

    print.step('a consumer');
    const received: string[] = [];
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-transaction',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, 'paid');
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) if (message.keys?.startsWith(runId) === true) received.push(message.keys);
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    await waitFor(JOIN_LIMIT_MS, () => received.length >= 2);
    print.line(`received: ${received.toSorted().join(', ')}`);
    print.check('the committed one and the unknown one arrived, each once', received.toSorted().join() === `${runId}-1,${runId}-3`);
    print.check('the broker asked about the unknown one', asked.includes(`${runId}-3`));
    print.check('nobody saw the one that was rolled back', !received.includes(`${runId}-2`));
  },
};
