import type { Message } from 'rocketmq-core';
import { ManualClock } from 'rocketmq-core/common';
import { z } from 'zod';
import { DefaultMessageConverter, defineTopic, MessageBuilder, MessageConversionError } from '../messaging/index.js';
import type { ProducerPort, ProducerSend } from './producer-port.js';
import { RocketMQTemplate } from './rocketmq-template.js';

const Orders = defineTopic('orders', {
  schema: z.object({ id: z.string(), amount: z.number().positive() }),
  tags: ['paid', 'shipped'],
  key: ({ id }) => [id, 'order'],
  shardingKey: ({ id }) => id,
});

function setUp() {
  const sent: Array<{ messages: readonly Message[]; how: ProducerSend }> = [];
  const note = async (messages: readonly Message[], how: ProducerSend) => {
    sent.push({ messages, how });
    return { sendStatus: 'SEND_OK' };
  };
  const port = {
    send: (message: Message, how: ProducerSend) => note([message], how),
    sendBatch: note,
  } as unknown as ProducerPort;
  const mapping = { converter: new DefaultMessageConverter(), clock: new ManualClock(), springHeaders: false, warn: () => {} };
  return { template: new RocketMQTemplate(port, mapping), sent };
}

describe('a send under a topic contract', () => {
  it('goes to topic and tag with the keys of its payload, orderly by its sharding key', async () => {
    const { template, sent } = setUp();
    await template.syncSend(Orders.to('paid'), { id: 'o1', amount: 1 });
    await template.asyncSend(Orders.to('paid'), MessageBuilder.withPayload({ id: 'o1', amount: 1 }).build(), { keys: 'mine' });
    const [message] = sent[0]!.messages;
    expect([message!.topic, message!.tags, message!.keys]).toEqual(['orders', 'paid', 'o1 order']);
    expect(sent[1]!.messages[0]!.keys).toBe('mine');
    const queues = [0, 1, 2, 3].map((queueId) => ({ topic: 'orders', brokerName: 'b', queueId }));
    const picked = sent.map(({ how }) => how.selectQueue!(queues, sent[0]!.messages[0]!)?.queueId);
    expect(picked[0]).toBe(picked[1]);
  });

  it('refuses what does not fit before anything is sent', async () => {
    const { template, sent } = setUp();
    const wrong = { id: 'o1', amount: -1 };
    await expect(template.syncSend(Orders.to('paid'), wrong)).rejects.toBeInstanceOf(MessageConversionError);
    await expect(template.sendOneWay(Orders.to('paid'), wrong)).rejects.toThrow('the payload does not fit topic orders: amount: ');
    await expect(template.sendMessageInTransaction(Orders.to('paid'), wrong)).rejects.toBeInstanceOf(MessageConversionError);
    await expect(template.sendAndReceive(Orders.to('paid'), wrong)).rejects.toBeInstanceOf(MessageConversionError);
    expect(sent).toEqual([]);
  });

  it('sends a batch of one sharding key, and no other', async () => {
    const { template, sent } = setUp();
    await template.sendBatch(Orders.to('paid'), [
      { id: 'o1', amount: 1 },
      { id: 'o1', amount: 2 },
    ]);
    expect(sent[0]!.how.selectQueue).toBeDefined();
    const mixed = template.sendBatch(Orders.to('paid'), [
      { id: 'o1', amount: 1 },
      { id: 'o2', amount: 2 },
    ]);
    await expect(mixed).rejects.toThrow('found 2 sharding keys: send one batch for each');
  });
});
