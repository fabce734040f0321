// Messages delivered later, and one taken back: node docs/examples/delay.mjs [HOST:9876]; the broker with recallMessageEnable=true.
import { BrokerReplyError, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';

const namesrvAddr = process.argv[2] ?? '127.0.0.1:9876';

const consumer = new DefaultMQPushConsumer({ namesrvAddr, consumerGroup: 'alarm-clock', consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' });
consumer.subscribe('alarms');
let rung = 0;
consumer.registerMessageListener((messages) => {
  for (const message of messages) {
    rung++;
    const dueMs = message.bornTimestamp + Number(message.text().split(' ')[1]);
    console.log('rings', message.text(), message.storeTimestamp - dueMs > 1500 ? 'late' : 'in time');
  }
  return 'CONSUME_SUCCESS';
});

const producer = new DefaultMQProducer('alarm-setter');
producer.namesrvAddr = namesrvAddr;
await producer.start();

// One of the levels of the broker's table: 1 is a second, 2 are five. Works with every broker.
await producer.send(new Message({ topic: 'alarms', body: 'level 1000', delayTimeLevel: 1 }));

// Any time up to three days, with brokers from 5.0 on: after seconds, after milliseconds, at a moment.
await producer.send(new Message({ topic: 'alarms', body: 'seconds 2000', delayTimeSec: 2 }));
await producer.send(new Message({ topic: 'alarms', body: 'milliseconds 1250', delayTimeMs: 1250 }));
await producer.send(new Message({ topic: 'alarms', body: 'moment 1500', deliverTimeMs: Date.now() + 1500 }));

// A moment that has passed means at once.
await producer.send(new Message({ topic: 'alarms', body: 'past 0', deliverTimeMs: Date.now() - 60_000 }));

// Taken back before its time.
const mistake = await producer.send(new Message({ topic: 'alarms', body: 'mistake 3000', delayTimeSec: 3 }));
const recalledId = await producer.recallMessage('alarms', mistake.recallHandle);
console.log('recalled', recalledId === mistake.msgId);

// Four days are too many.
try {
  await producer.send(new Message({ topic: 'alarms', body: 'too far', delayTimeSec: 4 * 24 * 3600 }));
} catch (error) {
  if (!(error instanceof BrokerReplyError)) throw error;
  console.log('refused', error.responseCode, error.remark?.split(',')[0]);
}

await consumer.start();
while (rung < 5) await new Promise((resolve) => setTimeout(resolve, 50));
await new Promise((resolve) => setTimeout(resolve, 3000));
await consumer.shutdown();
await producer.shutdown();
console.log(rung, 'rang');
