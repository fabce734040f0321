import { MessageNotStoredError } from 'rocketmq-core/errors';
import type { MessageExt, SendResult } from 'rocketmq-core';
import { templateStage } from '../../../../test/support/template-stage.js';
import { MessageBuilder, MessageConversionError } from '../messaging/index.js';

const message = (payload: unknown) => MessageBuilder.withPayload(payload).setHeader('KEYS', 'k').build();

/** What a callback was told, one entry per call. */
function listening(replyType?: StringConstructor | ObjectConstructor) {
  const told: unknown[] = [];
  let settle: () => void;
  const answered = new Promise<void>((resolve) => (settle = resolve));
  const callback = {
    replyType,
    onSuccess: (value: unknown) => (told.push(['ok', value]), settle()),
    onException: (error: unknown) => (told.push(['failed', error]), settle()),
  };
  return { told, callback, answered };
}

describe('sendAndReceive in every shape', () => {
  it('takes a reply type, then hash key, time-out and delay level', async () => {
    const { template, sent } = templateStage();
    await template.sendAndReceive('t', 'x', String);
    await template.sendAndReceive('t', message('x'), String, 500);
    await template.sendAndReceive('t', 'x', String, 500, 3);
    await template.sendAndReceive('t', 'x', String, 'key');
    await template.sendAndReceive('t', 'x', String, 'key', 500);
    const reply: string = await template.sendAndReceive('t', message('x'), String, 'key', 500, 3);
    const whole: MessageExt = await template.sendAndReceive('t', 'x');
    await template.sendAndReceive('t', 'x', { hashKey: 'key', timeout: 500, delayLevel: 3 });
    expect([reply, whole.text()]).toEqual(['x', 'x']);
    const shape = sent.map(({ messages: [m], how }) => [how.selectQueue !== undefined, how.timeout, m!.delayTimeLevel]);
    expect(shape).toEqual([
      [false, undefined, 0],
      [false, 500, 0],
      [false, 500, 3],
      [true, undefined, 0],
      [true, 500, 0],
      [true, 500, 3],
      [false, undefined, 0],
      [true, 500, 3],
    ]);
  });

  it('takes a callback in their place, told once, faults of the reply included', async () => {
    const { template, sent, answers, failing } = templateStage();
    const calls: Array<(callback: never) => void> = [
      (callback) => template.sendAndReceive('t', 'x', callback),
      (callback) => template.sendAndReceive('t', 'x', callback, 0),
      (callback) => template.sendAndReceive('t', message('x'), callback, 500, 3),
      (callback) => template.sendAndReceive('t', 'x', callback, 'key'),
      (callback) => template.sendAndReceive('t', 'x', callback, 'key', -1),
      (callback) => template.sendAndReceive('t', 'x', callback, 'key', 500, 3),
    ];
    for (const call of calls) {
      const { callback, told, answered } = listening(String);
      expect(call(callback as never)).toBeUndefined();
      await answered;
      expect(told).toEqual([['ok', 'x']]);
    }
    const shape = sent.map(({ messages: [m], how }) => [how.selectQueue !== undefined, how.timeout, m!.delayTimeLevel]);
    expect(shape).toEqual([
      [false, undefined, 0],
      [false, undefined, 0],
      [false, 500, 3],
      [true, undefined, 0],
      [true, undefined, 0],
      [true, 500, 3],
    ]);
    const untyped = listening();
    template.sendAndReceive('t', 'x', untyped.callback);
    await untyped.answered;
    expect(untyped.told).toEqual([['ok', expect.objectContaining({ topic: expect.any(String) })]]);
    answers.reply = 'no json';
    const unreadable = listening(Object);
    template.sendAndReceive('t', 'x', unreadable.callback);
    await unreadable.answered;
    expect(unreadable.told).toEqual([['failed', expect.any(MessageConversionError)]]);
    failing.error = new Error('no route');
    const unsent = listening();
    template.sendAndReceive('t', 'x', unsent.callback);
    await unsent.answered;
    expect(unsent.told).toEqual([['failed', failing.error]]);
  });

  it('refuses positions and options that mean nothing', async () => {
    const { template, sent } = templateStage();
    const ask = template.sendAndReceive.bind(template) as (...args: unknown[]) => Promise<unknown>;
    await expect(ask('t', 'x', 500)).rejects.toThrow('takes options, or a reply type or callback');
    await expect(ask('t', 'x', { timeout: 5 }, 500)).rejects.toThrow('takes options, or a reply type or callback');
    await expect(ask('t', 'x', String, 500, 'key')).rejects.toThrow('hashKey (text), timeout (ms) and delayLevel');
    await expect(ask('t', 'x', String, 'key', 1, 2, 3)).rejects.toThrow('hashKey (text), timeout (ms) and delayLevel');
    await expect(ask('t', 'x', { splitBatches: true })).rejects.toThrow('send option splitBatches has no effect here');
    await expect(ask('t', 'x', { replyTyp: String })).rejects.toThrow('send option replyTyp is unknown');
    await expect(ask('t', [message('x')], String)).rejects.toThrow('an array of Messages is a batch');
    expect(sent).toEqual([]);
  });
});

describe('what a send may be told', () => {
  it('throws for a status other than SEND_OK where throwOnNotStored asks for it, and returns it elsewhere', async () => {
    const { template, answers } = templateStage();
    answers.status = 'FLUSH_DISK_TIMEOUT';
    const options = { throwOnNotStored: true };
    const sends: Array<(given?: object) => Promise<SendResult>> = [
      (given) => template.syncSend('orders:paid', 'x', given),
      (given) => template.asyncSend('orders', 'x', given),
      (given) => template.syncSendOrderly('orders', 'x', 'k', given),
      (given) => template.asyncSendOrderly('orders', 'x', 'k', given),
      (given) => template.sendBatch('orders', ['x'], given),
      (given) => template.sendMessageInTransaction('orders', 'x', 'arg', given),
    ];
    for (const send of sends) {
      expect((await send()).sendStatus).toBe('FLUSH_DISK_TIMEOUT');
      const failure = await send(options).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(MessageNotStoredError);
      expect(failure).toMatchObject({
        code: 'RMQ_NOT_STORED',
        sendStatus: 'FLUSH_DISK_TIMEOUT',
        context: { topic: 'orders', msgId: 'id-1' },
      });
    }
    answers.status = 'SEND_OK';
    for (const send of sends) expect((await send(options)).sendStatus).toBe('SEND_OK');
  });

  it('takes a delay with every send of one message', async () => {
    const { template, sent } = templateStage();
    await template.asyncSend('t', 'x', { delayMs: 5 });
    await template.asyncSendOrderly('t', 'x', 'k', { deliverAt: new Date(7) });
    await template.syncSendOrderly('t', 'x', 'k', { delaySeconds: 3 });
    await template.sendOneWay('t', 'x', { delayLevel: 4 });
    await template.sendOneWayOrderly('t', 'x', 'k', { delaySeconds: 6 });
    await template.sendAndReceive('t', 'x', { delayMs: 8 });
    await template.syncSendDelayTimeMillis('t', 'x', 9);
    await template.syncSendDeliverTimeMillis('t', 'x', 10);
    template.asyncSend('t', 'x', listening().callback, 100, 2);
    template.asyncSendOrderly('t', 'x', 'k', listening().callback, 100, 2);
    const delays = sent.map(({ messages: [m] }) => [m!.delayTimeSec, m!.delayTimeMs, m!.deliverTimeMs, m!.delayTimeLevel]);
    expect(delays).toEqual([
      [0, 5, 0, 0],
      [0, 0, 7, 0],
      [3, 0, 0, 0],
      [0, 0, 0, 4],
      [6, 0, 0, 0],
      [0, 8, 0, 0],
      [0, 9, 0, 0],
      [0, 0, 10, 0],
      [0, 0, 0, 2],
      [0, 0, 0, 2],
    ]);
  });

  it('sends batches in each way that waits for an answer, and no other', async () => {
    const { template, sent } = templateStage();
    const batch = [message('a'), message('b')];
    await template.syncSend('t:tag', batch, 900);
    await template.asyncSend('t', batch);
    await template.syncSendOrderly('t', batch, 'k');
    await template.asyncSendOrderly('t', batch, 'k');
    const heard = listening();
    template.asyncSend('t', batch, heard.callback, 900);
    await heard.answered;
    expect(sent.map(({ messages, how }) => [messages.length, how.batch, how.mode, how.timeout, how.selectQueue !== undefined])).toEqual([
      [2, true, 'sync', 900, false],
      [2, true, 'async', undefined, false],
      [2, true, 'sync', undefined, true],
      [2, true, 'async', undefined, true],
      [2, true, 'async', 900, false],
    ]);
    await expect(template.sendOneWay('t', batch)).rejects.toThrow('an array of Messages is a batch');
    await expect(template.sendOneWayOrderly('t', batch, 'k')).rejects.toThrow('an array of Messages is a batch');
    await expect(template.sendMessageInTransaction('t', batch)).rejects.toThrow('an array of Messages is a batch');
    expect(sent).toHaveLength(5);
  });

  it('refuses options of a one-way send that would do nothing', async () => {
    const { template, sent } = templateStage();
    const options = { timeout: 5 } as object;
    await expect(template.sendOneWay('t', 'x', options)).rejects.toThrow('send option timeout has no effect here');
    await expect(template.sendOneWayOrderly('t', 'x', 'k', { throwOnNotStored: true } as object)).rejects.toThrow('has no effect here');
    expect(sent).toEqual([]);
  });
});

describe('MessageBuilder', () => {
  it('has the methods of Spring', () => {
    const first = MessageBuilder.createMessage('x', { a: 1, b: 2 });
    const built = MessageBuilder.fromMessage(first)
      .setHeader('c', 3)
      .setHeader('a', null)
      .setHeaderIfAbsent('b', 9)
      .setHeaderIfAbsent('d', 4)
      .copyHeaders({ c: 5, 'x-1': 1, 'x-2': 2, 'y.1': 1 })
      .copyHeadersIfAbsent({ c: 6, e: 7 })
      .removeHeader('d')
      .removeHeaders('x-*', 'y.')
      .build();
    expect(built).toEqual({ payload: 'x', headers: { b: 2, c: 5, 'y.1': 1, e: 7 } });
    expect(first.headers).toEqual({ a: 1, b: 2 });
  });
});
