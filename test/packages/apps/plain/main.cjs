// A plain Node application in CommonJS: sends one message to the name server it is given and prints what it consumes.
const { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } = require('rocketmq-core');
const { MessageExt } = require('rocketmq-core/message');

const [, , namesrvAddr, topic] = process.argv;

async function main() {
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
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
