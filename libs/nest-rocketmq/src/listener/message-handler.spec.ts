import { type Logger, ManualClock } from 'rocketmq-core/common';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { DefaultMessageConverter, MessageConversionError } from '../messaging/index.js';
import type { ConsumeInterceptor } from './consume-interceptor.js';
import { currentMessageContext } from './current-context.js';
import { HandlerRoutes } from './handler-routes.js';
import type { HandlerDefinition, ListenerDefinition } from './listener-definition.js';
import type { MessageContext } from './listener.js';
import { withListenerDefaults, type RocketMQMessageListenerOptions } from './listener-options.js';
import { MessageHandler } from './message-handler.js';
import { DeadLetter, Discard, ReconsumeLater } from './outcome.js';

function setUp(
  onMessage: (payload: unknown, context: MessageContext) => unknown,
  options: Partial<RocketMQMessageListenerOptions> = {},
  replies = false,
  interceptors: ConsumeInterceptor[] = [],
) {
  const lines: string[] = [];
  const logger: Logger = { debug() {}, info() {}, error() {}, warn: (line) => void lines.push(line) };
  const replied: Array<{ body: string; timeoutMs: number }> = [];
  const method: HandlerDefinition = {
    method: replies ? 'onRequest' : 'onMessage',
    messageType: undefined,
    invoke: async (payload, context) => onMessage(payload, context as MessageContext),
  };
  const definition: ListenerDefinition = {
    id: 'Billing',
    mode: replies ? 'REQUEST' : 'MESSAGE',
    className: 'Billing',
    options: withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', ...options }),
    handlers: [method],
  };
  const read = { value: (): unknown => 'payload' };
  const failing: { error?: Error } = {};
  const handler = new MessageHandler(definition, new HandlerRoutes([{ handler: method, read: () => read.value() }]), {
    clock: new ManualClock(),
    logger,
    converter: new DefaultMessageConverter(),
    interceptors,
    sendReply: async (_request, body, timeoutMs) => {
      if (failing.error) throw failing.error;
      replied.push({ body: Buffer.from(body).toString(), timeoutMs });
    },
  });
  const message = receivedMessage();
  if (replies) message.properties.set('REPLY_TO_CLIENT', 'client-1');
  return { handle: () => handler.handle(message, () => new AbortController().signal), lines, read, message, replied, failing };
}

const raise = (error: unknown) => (): never => {
  throw error;
};

describe('MessageHandler', () => {
  it.each([
    ['a return', () => 'anything', { kind: 'CONSUMED' }],
    ['a throw', raise(new Error('no')), { kind: 'AGAIN', delayLevel: 0 }],
    ['a thrown string', raise('no'), { kind: 'AGAIN', delayLevel: 0 }],
    ['ReconsumeLater(3) returned', () => new ReconsumeLater(3), { kind: 'AGAIN', delayLevel: 3 }],
    ['ReconsumeLater() thrown', raise(ReconsumeLater()), { kind: 'AGAIN', delayLevel: 0 }],
    ['DeadLetter thrown', raise(new DeadLetter('broken')), { kind: 'AGAIN', delayLevel: -1 }],
    ['DeadLetter returned, called without new', () => DeadLetter('broken'), { kind: 'AGAIN', delayLevel: -1 }],
    ['Discard thrown', raise(new Discard('old')), { kind: 'CONSUMED' }],
  ])('turns %s into its verdict', async (_case, onMessage, verdict) => {
    expect(await setUp(onMessage).handle()).toMatchObject(verdict);
  });

  it('tells whoever asks which message is handled, unless asyncContext is off', async () => {
    const seen: Array<string | undefined> = [];
    const ask = async (): Promise<void> => {
      await Promise.resolve();
      seen.push(currentMessageContext()?.topic);
    };
    await setUp(ask).handle();
    await setUp(ask, { asyncContext: false }).handle();
    expect([seen[0], seen[1], currentMessageContext()]).toEqual([expect.any(String), undefined, undefined]);
  });

  it('uses delayLevelWhenNextConsume for failures', async () => {
    expect(await setUp(raise(new Error('no')), { delayLevelWhenNextConsume: 5 }).handle()).toMatchObject({ kind: 'AGAIN', delayLevel: 5 });
    expect(await setUp(raise(ReconsumeLater()), { delayLevelWhenNextConsume: 5 }).handle()).toMatchObject({ kind: 'AGAIN', delayLevel: 5 });
  });

  it('lets no delay level skip a message of an orderly listener', async () => {
    const orderly = { consumeMode: 'ORDERLY', delayLevelWhenNextConsume: -1 } as const;
    expect(await setUp(raise(new Error('no')), orderly).handle()).toMatchObject({ kind: 'AGAIN', delayLevel: 0 });
    expect(await setUp(raise(DeadLetter('broken')), orderly).handle()).toMatchObject({ kind: 'AGAIN', delayLevel: -1 });
  });

  it.each([
    [undefined, { kind: 'AGAIN', delayLevel: -1 }],
    ['RETRY' as const, { kind: 'AGAIN', delayLevel: 0 }],
    ['DISCARD' as const, { kind: 'CONSUMED' }],
  ])('follows invalidMessage %p for a payload that does not fit', async (invalidMessage, verdict) => {
    const called: unknown[] = [];
    const { handle, read, lines } = setUp((payload) => called.push(payload), { invalidMessage });
    read.value = raise(new MessageConversionError('no JSON'));
    expect(await handle()).toMatchObject(verdict);
    expect(called).toEqual([]);
    expect(lines[0]).toContain('no JSON');
  });

  it('logs the cause of a failure, but none that quotes a body', async () => {
    const failing = setUp(raise(new Error('no', { cause: new RangeError('too much') })));
    const quoting = setUp(raise(new MessageConversionError('no JSON', new SyntaxError('"secret" is not valid JSON'))));
    await failing.handle();
    await quoting.handle();
    expect(failing.lines[0]).toContain('\nCaused by: RangeError: too much');
    expect(quoting.lines[0]).toContain('no JSON');
    expect(quoting.lines[0]).not.toContain('secret');
  });

  it('retries when the conversion breaks for another reason', async () => {
    const { handle, read } = setUp(() => undefined);
    read.value = raise(new Error('schema registry is down'));
    expect(await handle()).toMatchObject({ kind: 'AGAIN', delayLevel: 0 });
  });

  it('refuses a delay level that does not exist', () => {
    expect(() => new ReconsumeLater(19)).toThrow('delayLevel 19');
    expect(new ReconsumeLater(1)).toBeInstanceOf(ReconsumeLater);
  });
});

describe('MessageHandler of a listener with onRequest', () => {
  it('sends back what it returns', async () => {
    const { handle, replied, lines } = setUp(() => ({ price: 42 }), { replyTimeout: 1234 }, true);
    expect(await handle()).toMatchObject({ kind: 'CONSUMED' });
    expect(replied).toEqual([{ body: '{"price":42}', timeoutMs: 1234 }]);
    expect(lines).toEqual([]);
  });

  it.each([
    ['nothing', () => undefined],
    ['what cannot be converted', () => () => 1],
  ])('fails the message when it returns %s', async (_case, onRequest) => {
    const { handle, replied, lines } = setUp(onRequest, {}, true);
    expect(await handle()).toMatchObject({ kind: 'AGAIN', delayLevel: 0 });
    expect(replied).toEqual([]);
    expect(lines[0]).toContain('Billing.onRequest: message failed');
  });

  it('tells of a reply nobody took, and does not do the work again', async () => {
    const { handle, failing, lines } = setUp(() => 'yes', {}, true);
    failing.error = new Error('channel of <client-1> not found.');
    expect(await handle()).toMatchObject({ kind: 'CONSUMED' });
    expect(lines).toEqual([expect.stringContaining('answered, but the reply was not taken: channel of <client-1> not found.')]);
  });

  it('sends nothing for an outcome, nor for a message that is no request', async () => {
    const outcome = setUp(() => new DeadLetter('broken'), {}, true);
    expect(await outcome.handle()).toMatchObject({ kind: 'AGAIN', delayLevel: -1 });
    const plain = setUp(() => 'yes', {}, true);
    plain.message.properties.delete('REPLY_TO_CLIENT');
    expect(await plain.handle()).toMatchObject({ kind: 'CONSUMED' });
    expect([...outcome.replied, ...plain.replied]).toEqual([]);
    expect(plain.lines).toEqual([expect.stringContaining('is no request, its answer is dropped')]);
  });
});

describe('Interceptors around a message', () => {
  const noting = (name: string, seen: string[]): ConsumeInterceptor => ({
    async interceptConsume({ context, handler }, next) {
      seen.push(`${name} in ${handler} ${context.msgId !== ''}`);
      const verdict = await next();
      seen.push(`${name} out ${verdict.kind}`);
      return verdict;
    },
  });

  it('stand in order, the first outermost, and see a failure as a verdict', async () => {
    const seen: string[] = [];
    const error = new Error('no');
    const { handle } = setUp(raise(error), {}, false, [noting('a', seen), noting('b', seen)]);
    expect(await handle()).toEqual({ kind: 'AGAIN', delayLevel: 0, error });
    expect(seen).toEqual(['a in onMessage true', 'b in onMessage true', 'b out AGAIN', 'a out AGAIN']);
  });

  it('read the payload once for all, and leave a refused one to its policy', async () => {
    let reads = 0;
    const reading: ConsumeInterceptor = {
      async interceptConsume(delivery, next) {
        await delivery.payload();
        return next();
      },
    };
    const { handle, read } = setUp(() => undefined, {}, false, [reading, reading]);
    read.value = () => ++reads;
    expect(await handle()).toEqual({ kind: 'CONSUMED' });
    expect(reads).toBe(1);
    read.value = raise(new MessageConversionError('broken'));
    expect(await handle()).toMatchObject({ kind: 'AGAIN', delayLevel: -1 });
  });

  it('may answer for the listener, and what they throw counts as thrown by it', async () => {
    let called = 0;
    const answering: ConsumeInterceptor = { interceptConsume: async () => ({ kind: 'CONSUMED' }) };
    const throwing: ConsumeInterceptor = { interceptConsume: async () => raise(new DeadLetter('known to be bad'))() };
    const count = (): void => void called++;
    expect(await setUp(count, {}, false, [answering]).handle()).toEqual({ kind: 'CONSUMED' });
    expect(await setUp(count, {}, false, [throwing]).handle()).toMatchObject({ kind: 'AGAIN', delayLevel: -1 });
    expect(called).toBe(0);
  });
});
