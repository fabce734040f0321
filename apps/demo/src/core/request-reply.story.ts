// Request and reply over topics: a request is an ordinary message that says where its reply belongs.
import {
  ConsumeConcurrentlyStatus,
  createReplyMessage,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  ReplyTimeoutError,
} from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS } from '../wait.js';

const TOPIC = 'DemoRequest';

export const requestReplyStory: Story = {
  name: 'core/request-reply',
  title: 'Request and reply',
  async run({ nameServer, print }: StoryContext): Promise<void> {
    await using replier = new DefaultMQProducer({ producerGroup: 'demo-request-replier', namesrvAddr: nameServer, instanceName: 'server' });
    await replier.start();
    await using server = new DefaultMQPushConsumer({ consumerGroup: 'demo-request-server', namesrvAddr: nameServer });
    server.subscribe(TOPIC, 'square');
    server.registerMessageListenerConcurrently(async (requests) => {
      for (const request of requests) await replier.send(createReplyMessage(request, String(Number(request.text()) ** 2)));
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });

    await using client = new DefaultMQProducer({ producerGroup: 'demo-request-client', namesrvAddr: nameServer, instanceName: 'client' });
    await client.start();
    await server.start();

    print.step('three requests');
    const replies: string[] = [];
    for (const n of [2, 3, 4]) {
      const reply = await client.request(new Message(TOPIC, 'square', Buffer.from(String(n))), JOIN_LIMIT_MS);
      print.line(`${n} squared is ${reply.text()}`);
      replies.push(reply.text());
    }

    print.step('one that nobody serves');
    const error = await client.request(new Message(TOPIC, 'cube', Buffer.from('2')), 500).catch((reason: unknown) => reason);
    print.line(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    print.check('each request got its own reply', replies.join() === '4,9,16', replies.join());
    print.check('the one without a server was told that it was sent', error instanceof ReplyTimeoutError);
  },
};
