import {
  DefaultLitePullConsumer,
  DefaultMQProducer,
  type MessageQueue,
  SelectMessageQueueByHash,
  TransactionMQProducer,
} from 'rocketmq-core';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { RESULT, templateStage, userProperties } from '../../../../test/support/template-stage.js';
import { MessageBuilder } from '../messaging/index.js';

const queues = [0, 1, 2, 3].map((queueId) => ({ topic: 't', brokerName: 'b', queueId })) as MessageQueue[];

describe('the accessors of RocketMQTemplate', () => {
  it('sends where the default destination says when a call names none', async () => {
    const { template, sent } = templateStage();
    const mark = (message: { payload: unknown }) => MessageBuilder.withPayload(`${String(message.payload)}!`).build();
    await expect(template.convertAndSend('x')).rejects.toThrow('call setDefaultDestination first');
    await expect(template.send(MessageBuilder.withPayload('x').build())).rejects.toThrow('call setDefaultDestination first');
    template.setDefaultDestination('orders:paid');
    expect(template.getDefaultDestination()).toBe('orders:paid');
    await template.convertAndSend('one');
    await template.convertAndSend('two', mark);
    await template.send(MessageBuilder.withPayload('three').build());
    await template.convertAndSend('elsewhere', 'four');
    await template.convertAndSend('elsewhere:tag', 'five', { source: 'web' }, mark);
    const shape = sent.map(({ messages: [m] }) => [m!.topic, m!.tags, Buffer.from(m!.body).toString()]);
    expect(shape).toEqual([
      ['orders', 'paid', 'one'],
      ['orders', 'paid', 'two!'],
      ['orders', 'paid', 'three'],
      ['elsewhere', undefined, 'four'],
      ['elsewhere', 'tag', 'five!'],
    ]);
    await expect(template.send('no message' as never)).rejects.toThrow('send takes a Message of MessageBuilder');
    expect(() => template.setDefaultDestination(':tag')).toThrow('names no topic');
    template.setDefaultDestination(undefined);
    await expect(template.convertAndSend('x')).rejects.toThrow('no destination is given');
  });

  it('writes and reads strings in the character set it is told, and objects as UTF-8 all the same', async () => {
    const { template, sent, answers, inbox } = templateStage();
    expect(template.getCharset()).toBe('UTF-8');
    template.setCharset('iso-8859-1');
    expect(template.getCharset()).toBe('ISO-8859-1');
    await template.syncSend('t', 'ü');
    await template.syncSend('t', { a: 'ü' });
    await template.syncSend('t', MessageBuilder.withPayload('ü').setHeader('contentType', 'application/json').build());
    expect(sent.map(({ messages: [m] }) => [[...m!.body], userProperties(m!)])).toEqual([
      [[0xfc], { contentType: 'text/plain;charset=ISO-8859-1' }],
      [[...Buffer.from('{"a":"ü"}')], { contentType: 'application/json' }],
      [[...Buffer.from('"ü"')], { contentType: 'application/json' }],
    ]);
    await expect(template.syncSend('t', '中')).rejects.toThrow('letters that ISO-8859-1 does not have');
    answers.reply = 'ü';
    expect(await template.sendAndReceive('t', 'x', String)).toBe('Ã¼');
    inbox.push(receivedMessage({ body: 'ü' }));
    expect(await template.receive(String)).toEqual(['Ã¼']);
    expect(() => template.setCharset('GBK')).toThrow('charset GBK is none of UTF-8, UTF-16LE, ISO-8859-1');
  });

  it('converts with the converter it is given', async () => {
    const { template, sent, answers } = templateStage();
    const before = template.getMessageConverter();
    const converter = {
      toBytes: (payload: unknown) => ({ body: Buffer.from(`<${String(payload)}>`), contentType: 'text/xml' }),
      fromBytes: (body: Buffer) => body.toString().slice(1, -1),
    };
    template.setMessageConverter(converter);
    expect([template.getMessageConverter() === converter, before === converter]).toEqual([true, false]);
    answers.reply = '<answer>';
    expect(await template.sendAndReceive('t', 'question', Object)).toBe('answer');
    expect([sent[0]!.messages[0]!.body.toString(), userProperties(sent[0]!.messages[0]!)]).toEqual([
      '<question>',
      { contentType: 'text/xml' },
    ]);
    expect(() => template.setMessageConverter({} as never)).toThrow('has the methods toBytes and fromBytes');
  });

  it('asks its selector for the queue of every orderly send', async () => {
    const { template, sent } = templateStage();
    expect(template.getMessageQueueSelector()).toBeInstanceOf(SelectMessageQueueByHash);
    const asked: unknown[] = [];
    const selector = {
      select: (all: readonly MessageQueue[], message: { topic: string }, key: string) => (asked.push([message.topic, key]), all[3]),
    };
    template.setMessageQueueSelector(selector);
    expect(template.getMessageQueueSelector()).toBe(selector);
    await template.syncSendOrderly('a', 'x', 'k');
    await template.asyncSendOrderly('b', 'x', 'k');
    await template.sendOneWayOrderly('c', 'x', 'k');
    await template.sendAndReceive('d', 'x', String, 'k');
    await template.syncSendOrderly('e', [MessageBuilder.withPayload('x').build()], 'k');
    expect(sent.map(({ messages: [m], how }) => how.selectQueue!(queues, m!)!.queueId)).toEqual([3, 3, 3, 3, 3]);
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e'].map((topic) => [topic, 'k']));
    expect(() => template.setMessageQueueSelector({} as never)).toThrow('has the method select');
  });

  it('sends and receives through the clients it is given', async () => {
    const { template, sent } = templateStage();
    const producer = new DefaultMQProducer('mine');
    const consumer = new DefaultLitePullConsumer('mine');
    const handed: unknown[] = [];
    producer.send = (async (...args: unknown[]) => (handed.push(args), RESULT)) as unknown as typeof producer.send;
    consumer.poll = async (timeout) => (handed.push(timeout), [receivedMessage({ body: 'polled' })]);
    template.setProducer(producer);
    template.setConsumer(consumer);
    expect([template.getProducer(), template.getConsumer()]).toEqual([producer, consumer]);
    await template.syncSend('t', 'x', 700);
    expect(await template.receive(String, 40)).toEqual(['polled']);
    expect(handed).toEqual([[expect.objectContaining({ topic: 't' }), { timeout: 700, mode: 'sync' }], 40]);
    await expect(template.sendMessageInTransaction('t', 'x')).rejects.toThrow('give setProducer one');
    const transactions = new TransactionMQProducer('mine-too');
    transactions.sendMessageInTransaction = async (_message, arg) => ({ ...RESULT, localTransactionState: `${String(arg)}` as never });
    template.setProducer(transactions);
    expect((await template.sendMessageInTransaction('t', 'x', 'COMMIT_MESSAGE')).localTransactionState).toBe('COMMIT_MESSAGE');
    expect(sent).toEqual([]);
  });
});
