import type { MessageExt, MessageQueue } from 'rocketmq-core';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { type Sent, templateStage as setUp, userProperties } from '../../../../test/support/template-stage.js';
import { MessageBuilder } from '../messaging/index.js';

describe('RocketMQTemplate', () => {
  it('sends objects as JSON, strings as text, buffers as they are, with the content type Spring gives', async () => {
    const { template, sent } = setUp();
    await template.syncSend('orders:paid', { id: 'o1', amount: 7 });
    await template.syncSend('orders', 'text ü');
    await template.syncSend('orders', Buffer.from([1, 2]));
    await template.syncSend('orders', [1, 2]);
    const [object, text, bytes, list] = sent.map(({ messages }) => messages[0]!);
    expect(Buffer.from(object!.body).toString()).toBe('{"id":"o1","amount":7}');
    expect([object!.topic, object!.tags, userProperties(object!)]).toEqual(['orders', 'paid', { contentType: 'application/json' }]);
    expect(Buffer.from(text!.body).toString()).toBe('text ü');
    expect(userProperties(text!)).toEqual({ contentType: 'text/plain;charset=UTF-8' });
    expect([...bytes!.body]).toEqual([1, 2]);
    expect(userProperties(bytes!)).toEqual({ contentType: 'application/octet-stream' });
    expect(Buffer.from(list!.body).toString()).toBe('[1,2]');
  });

  it('splits the destination at the first colon only and takes topic and tag apart', async () => {
    const { template, sent } = setUp();
    await template.syncSend('orders:a:b', 'x');
    await template.syncSend({ topic: 'orders', tag: 'c' }, 'x');
    expect(sent.map(({ messages }) => messages[0]!.tags)).toEqual(['a:b', 'c']);
    await expect(template.syncSend(':tag', 'x')).rejects.toThrow('destination ":tag" names no topic');
  });

  it('takes options and the positional form alike', async () => {
    const { template, sent } = setUp();
    const message = MessageBuilder.withPayload('x').setHeader('KEYS', 'k1').build();
    await template.syncSend('orders', message, 1500, 3);
    await template.syncSend('orders', 'x', { timeout: 1500, delayLevel: 3, keys: ['k1'] });
    const shape = sent.map(({ messages: [m], how }) => [m!.keys, m!.delayTimeLevel, how.timeout, how.mode]);
    expect(shape[0]).toEqual(['k1', 3, 1500, 'sync']);
    expect(shape[1]).toEqual(shape[0]);
    await expect(template.syncSend('orders', 'x', 0)).rejects.toThrow('timeout 0');
  });

  it('sends messages that wait for their moment', async () => {
    const { template, sent } = setUp();
    await template.syncSendDelayTimeSeconds('orders', 'x', 30);
    await template.syncSendDelayTimeMills('orders', 'x', 1500);
    await template.syncSendDeliverTimeMills('orders', 'x', 1_800_000_000_000);
    await template.syncSendDeliverTimeMills('orders', 'x', new Date(1_800_000_000_000));
    await template.syncSend('orders', 'x', { delaySeconds: 5, headers: { DELAY: 3 } });
    await template.syncSend('orders', 'x', { deliverAt: new Date(7) });
    const delays = sent.map(({ messages: [m] }) => [m!.delayTimeSec, m!.delayTimeMs, m!.deliverTimeMs, m!.delayTimeLevel]);
    expect(delays).toEqual([
      [30, 0, 0, 0],
      [0, 1500, 0, 0],
      [0, 0, 1_800_000_000_000, 0],
      [0, 0, 1_800_000_000_000, 0],
      [5, 0, 0, 0],
      [0, 0, 7, 0],
    ]);
    for (const bad of [0, -1, 1.5, NaN]) {
      await expect(template.syncSendDelayTimeSeconds('orders', 'x', bad)).rejects.toThrow('is no integer above 0');
    }
    await expect(template.syncSend('orders', 'x', { delayMs: 3, delayLevel: 2 })).rejects.toThrow('delayLevel and delayMs');
    await expect(template.sendBatch('orders', ['a'], { delayMs: 3 })).rejects.toThrow('a batch cannot be delayed');
    await expect(template.syncSend('orders', 'x', { delaySeconds: '5' as never })).rejects.toThrow(
      'delaySeconds "5" is no integer above 0',
    );
    await expect(template.syncSend('orders', 'x', { delayLevel: '3' as never })).rejects.toThrow(
      'delayLevel "3" is no integer of at least 0',
    );
  });

  it('maps headers as rocketmq-spring does', async () => {
    const { template, sent, warnings } = setUp();
    await template.syncSend('orders', 'x', {
      keys: ['k1', 'k2'],
      headers: {
        'x-user': 'u1',
        FLAG: '7',
        WAIT_STORE_MSG_OK: 'false',
        UNIQ_KEY: 'mine',
        TRANSACTION_ID: 'mine',
        blank: ' ',
        n: 5,
        none: undefined,
      },
    });
    await template.syncSend('orders', { payload: 'x', headers: { rocketmq_KEYS: 'pk', TAGS: 'late', DELAY: 2 } });
    const [first, second] = sent.map(({ messages }) => messages[0]!);
    expect([first!.keys, first!.flag, first!.waitStoreMsgOK]).toEqual(['k1 k2', 7, false]);
    expect(userProperties(first!)).toEqual({ contentType: 'text/plain;charset=UTF-8', 'x-user': 'u1', TRANSACTION_ID: 'mine', n: '5' });
    expect(first!.properties.get('UNIQ_KEY')).toBeUndefined();
    expect(warnings).toEqual(['header "blank" of a message to orders is blank and was left out']);
    expect([second!.keys, second!.tags, second!.delayTimeLevel]).toEqual(['pk', 'late', 2]);
    expect(userProperties(second!)).toMatchObject({ rocketmq_KEYS: 'pk' });
  });

  it('hands payload, argument and options of a transaction on', async () => {
    const { template, sent } = setUp();
    const result = await template.sendMessageInTransaction('orders:paid', { id: 1 }, { account: 'a' }, { keys: 'k', timeout: 900 });
    const [{ messages, how }] = sent as [Sent];
    expect([messages[0]!.topic, messages[0]!.tags, messages[0]!.keys, messages[0]!.body.toString()]).toEqual([
      'orders',
      'paid',
      'k',
      '{"id":1}',
    ]);
    expect([how, result.localTransactionState]).toEqual([{ timeout: 900, arg: { account: 'a' } }, 'COMMIT_MESSAGE']);
    await expect(template.sendMessageInTransaction(':', 'x')).rejects.toThrow('names no topic');
  });

  it('adds id and timestamp only when asked to', async () => {
    const { template, sent } = setUp(true);
    await template.syncSend('orders', 'x');
    expect(userProperties(sent[0]!.messages[0]!)).toMatchObject({ timestamp: '5000', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it('sends an array of Messages as a batch, any other array as one payload, and refuses a mixture', async () => {
    const { template, sent } = setUp();
    const message = (n: number) => MessageBuilder.withPayload({ n }).build();
    await template.syncSend('orders:paid', [message(1), message(2)]);
    await template.sendBatch('orders', ['a', message(3)]);
    expect(sent.map(({ how, messages }) => [how.batch, messages.length])).toEqual([
      [true, 2],
      [true, 2],
    ]);
    await expect(template.syncSend('orders', [message(1), 'x'])).rejects.toThrow('1 Messages and 1 plain payloads');
    await expect(template.syncSend('orders', [])).rejects.toThrow('empty array');
    await expect(template.sendBatch('orders', [])).rejects.toThrow('at least one message');
    await expect(template.sendBatch('orders', ['a', null])).rejects.toThrow('a payload cannot be null (payload 1 of 2, counted from 0)');
    await expect(template.sendBatch('orders', ['', 'b'])).rejects.toThrow('an empty body cannot be sent (payload 0 of 2, counted from 0)');
  });

  it('asks and reads the reply as the type asked for', async () => {
    const { template, sent, failing } = setUp();
    expect(await template.sendAndReceive('prices:ask', { item: 'tea' }, { timeout: 500, replyType: String, keys: 'k' })).toBe('x');
    expect(sent[0]!.how).toMatchObject({ request: true, timeout: 500 });
    expect(sent[0]!.messages[0]!.keys).toBe('k');
    expect((await template.sendAndReceive('prices', 'tea')).text()).toBe('x');
    await template.sendAndReceive('prices', 'tea', { hashKey: 'order-1' });
    expect(sent[2]!.how.selectQueue).toBeDefined();
    await expect(template.sendAndReceive('prices', 'tea', { replyType: Object })).rejects.toThrow('is no JSON');
    await expect(template.sendAndReceive('prices', 'tea', { timeout: 0 })).rejects.toThrow('timeout 0 is no number of ms above 0');
    failing.error = new Error('no route');
    await expect(template.sendAndReceive('prices', 'tea')).rejects.toThrow('no route');
  });

  it('refuses payloads that JSON would empty', async () => {
    const { template, sent } = setUp();
    await expect(template.syncSend('orders', new Map([['a', 1]]))).rejects.toThrow('give Object.fromEntries(map)');
    await expect(template.syncSend('orders', new Set([1]))).rejects.toThrow('give [...set]');
    expect(sent).toEqual([]);
  });

  it('receives what the pull consumer gives, as the type asked for, and tells of what does not fit', async () => {
    const { template, inbox, warnings, failing } = setUp();
    inbox.push(receivedMessage({ body: '{"n":1}' }), receivedMessage({ body: 'broken' }), receivedMessage({ body: '{"n":2}' }));
    expect(await template.receive(Object, 100)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^received message \w+ \(topic=orders brokerName=broker-a queueId=0 queueOffset=0\) was left out, and is committed with the others: .*is no JSON.* onInvalid/,
      ),
    ]);
    inbox.push(receivedMessage({ body: 'text' }));
    expect((await template.receive(50)).map((message) => message.text())).toEqual(['text']);
    expect(await template.receive(String)).toEqual([]);
    failing.error = new Error('not started');
    await expect(template.receive()).rejects.toThrow('not started');
  });

  it('hands over what does not fit, with the reason, before receive() resolves; what that throws is thrown', async () => {
    const { template, inbox, warnings } = setUp();
    const kept: string[] = [];
    const onInvalid = async (message: MessageExt, error: Error): Promise<void> => {
      await Promise.resolve();
      if (message.text() === 'bad luck') throw new Error('no disk');
      kept.push(`${message.text()}: ${error.name}`);
    };
    inbox.push(receivedMessage({ body: 'broken' }), receivedMessage({ body: '{"n":1}' }), receivedMessage({ body: 'torn' }));
    expect(await template.receive(Object, 100, { onInvalid })).toEqual([{ n: 1 }]);
    expect([kept, warnings]).toEqual([['broken: MessageConversionError', 'torn: MessageConversionError'], []]);
    inbox.push(receivedMessage({ body: 'bad luck' }));
    await expect(template.receive(Object, 100, { onInvalid })).rejects.toThrow('no disk');
    await expect(template.receive(Object, 100, { onInvalidMessage: onInvalid } as never)).rejects.toThrow('onInvalid');
  });

  it('refuses an option that is none', async () => {
    const { template, sent } = setUp();
    await expect(template.syncSend('orders', 'x', { timeOut: 5 } as never)).rejects.toThrow(
      'send option timeOut is unknown. Did you mean timeout?',
    );
    expect(sent).toEqual([]);
  });

  it('does not take a payload that merely has a member "payload" for a Message', async () => {
    const { template, sent } = setUp();
    await template.syncSend('orders', { payload: 1, headers: {}, id: 9 });
    expect(Buffer.from(sent[0]!.messages[0]!.body).toString()).toBe('{"payload":1,"headers":{},"id":9}');
  });

  it('chooses the queue of a hash key as Java does', async () => {
    const { template, sent } = setUp();
    const queues = [0, 1, 2, 3].map((queueId) => ({ topic: 't', brokerName: 'b', queueId })) as MessageQueue[];
    const picked = async (send: (key: string) => Promise<unknown>, key: string): Promise<number> => {
      await send(key);
      return sent.at(-1)!.how.selectQueue!(queues, sent.at(-1)!.messages[0]!)!.queueId;
    };
    // "polygenelubricants".hashCode() is Integer.MIN_VALUE, "order-1".hashCode() is -1207110422.
    expect(await picked((key) => template.syncSendOrderly('t', 'x', key), 'polygenelubricants')).toBe(0);
    expect(await picked((key) => template.asyncSendOrderly('t', 'x', key), 'a')).toBe(97 % 4);
    expect(await picked((key) => template.sendOneWayOrderly('t', 'x', key), 'ab')).toBe(3105 % 4);
    await expect(template.syncSendOrderly('t', 'x', 5 as unknown as string)).rejects.toThrow('hash key');
  });

  it('tells a callback exactly once, argument faults included, and survives a callback that throws', async () => {
    const { template, warnings, failing } = setUp();
    const heard: string[] = [];
    const callback = { onSuccess: () => void heard.push('ok'), onException: (error: unknown) => void heard.push((error as Error).message) };
    expect(template.asyncSend('orders', 'x', callback)).toBeUndefined();
    template.asyncSend(':', 'x', callback);
    template.asyncSendOrderly('orders', 'x', 'key', {
      ...callback,
      onSuccess: () => {
        throw new Error('mine');
      },
    });
    template.asyncSend('orders', 'x', { ...callback, onSuccess: () => Promise.reject(new Error('mine, later')) as never });
    await new Promise((resolve) => setImmediate(resolve));
    failing.error = new Error('down');
    template.asyncSend('orders', 'x', callback, 100);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard.toSorted()).toEqual(['destination ":" names no topic', 'down', 'ok']);
    expect(warnings).toEqual(['a send callback threw: mine', 'a send callback threw: mine, later']);
    await expect(template.asyncSend('orders', 'x')).rejects.toThrow('down');
  });

  it('lets convertAndSend add headers and post-process', async () => {
    const { template, sent } = setUp();
    const mark = (message: { payload: unknown; headers: Readonly<Record<string, unknown>> }) =>
      MessageBuilder.fromMessage(message).setHeader('marked', 'yes').build();
    await template.convertAndSend('orders:paid', { n: 1 }, { source: 'web' }, mark);
    await template.convertAndSend('orders', 'x', mark);
    await template.send('orders', MessageBuilder.withPayload('y').build());
    expect(userProperties(sent[0]!.messages[0]!)).toMatchObject({ source: 'web', marked: 'yes' });
    expect(userProperties(sent[1]!.messages[0]!)).toMatchObject({ marked: 'yes' });
    expect(sent).toHaveLength(3);
  });

  it.each([undefined, null, () => 1, '', 5n])('refuses the payload %p', async (payload) => {
    const { template, sent } = setUp();
    await expect(template.syncSend('orders', payload)).rejects.toThrow();
    expect(sent).toEqual([]);
  });
});
