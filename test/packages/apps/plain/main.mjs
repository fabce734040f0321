// A plain Node application in ESM: sends one message to the name server it is given and prints what it consumes.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import { MessageExt } from 'rocketmq-core/message';

const [, , namesrvAddr, topic] = process.argv;
const producer = new DefaultMQProducer({ producerGroup: `${topic}-producer`, namesrvAddr });
await producer.start();
const { sendStatus } = await producer.send(new Message(topic, 'paid', 'order-1', 'hello'));

const consumer = new DefaultMQPushConsumer(`${topic}-consumer`);
consumer.namesrvAddr = namesrvAddr;
consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
consumer.subscribe(topic, 'paid');
const received = new Promise((resolve) => {
  consumer.registerMessageListenerConcurrently(async ([message]) => {
    resolve(message);
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
});
await consumer.start();
const message = await received;
console.log(sendStatus, message.text(), message instanceof MessageExt);
await consumer.shutdown();
await producer.shutdown();
