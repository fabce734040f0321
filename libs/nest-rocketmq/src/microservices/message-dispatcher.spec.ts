import { BaseRpcExceptionFilter, RpcException } from '@nestjs/microservices';
import type { ArgumentsHost } from '@nestjs/common';
import type { Message } from 'rocketmq-core';
import type { Logger } from 'rocketmq-core/common';
import { concat, from, lastValueFrom, NEVER, of, throwError } from 'rxjs';
import { receivedMessage, type ReceivedMessageInit } from '../../../../test/support/received-message.js';
import { DeadLetter, Discard, ReconsumeLater, type Verdict } from '../listener/index.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { decodeAnswer } from './answer.js';
import { HandlerTable } from './handler-table.js';
import { MessageDispatcher } from './message-dispatcher.js';
import { letOutcomesPass } from './outcome-passage.js';
import { createReader } from './payload.js';
import { RocketMQRemoteException } from './remote-exception.js';
import { type RocketMQServerOptions, withServerDefaults } from './server-options.js';

const converter = new DefaultMessageConverter();
const REQUEST = { REPLY_TO_CLIENT: 'c', CORRELATION_ID: 'i', TTL: '3000', CLUSTER: 'DefaultCluster' };
const AGAIN = (delayLevel: number): Verdict => ({ kind: 'AGAIN', delayLevel });
const CONSUMED: Verdict = { kind: 'CONSUMED' };

type Said = (data: unknown) => unknown;
const raise =
  (error: unknown): Said =>
  () => {
    throw error;
  };

async function setUp(handlers: Record<string, Said | Said[]>, options: Partial<RocketMQServerOptions> = {}) {
  const table = new HandlerTable();
  for (const [name, said] of Object.entries(handlers)) {
    const [kind, pattern] = name.split(' ') as [string, string];
    for (const one of [said].flat()) table.add(pattern, async (data: unknown) => one(data), kind === 'event', {});
  }
  for (const handler of table.list()) handler.read = await createReader(handler.messageType, converter);
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const answers: Message[] = [];
  const spans: string[] = [];
  const errors: unknown[] = [];
  const sending: { error?: Error } = {};
  const signals: AbortSignal[] = [];
  const overdue = new AbortController();
  const expired = new AbortController();
  const dispatcher = new MessageDispatcher({
    options: withServerDefaults({ nameServer: 'a:1', consumerGroup: 'g', ...options }),
    table,
    converter,
    logger,
    sendAnswer: async (answer) => {
      if (sending.error) throw sending.error;
      answers.push(answer);
    },
    withHooks: async (context, work) => {
      spans.push(context.getPattern());
      signals.push(context.getSignal());
      return work();
    },
    onError: (error) => void errors.push(error),
  });
  return {
    lines,
    answers,
    spans,
    errors,
    sending,
    signals,
    overdue,
    expired,
    handle: (init: ReceivedMessageInit) => dispatcher.handle(receivedMessage(init), [overdue.signal, expired.signal], undefined),
  };
}

const event = (tag: string, body = '"x"'): ReceivedMessageInit => ({ topic: 't', body, properties: { TAGS: tag } });
const request = (tag: string, body = '"x"'): ReceivedMessageInit => ({ topic: 't', body, properties: { TAGS: tag, ...REQUEST } });
const show = (answer: Message | undefined): unknown[] => [answer?.body.toString(), answer?.getProperty('nestStatus')];

describe('an event', () => {
  it.each<[string, Said, Verdict]>([
    ['a return', () => 'anything', CONSUMED],
    ['a completed stream', () => from([1, 2]), CONSUMED],
    ['a throw', raise(new Error('no')), AGAIN(5)],
    ['a rejection', () => Promise.reject(new Error('no')), AGAIN(5)],
    ["what Nest's filter makes of an error", raise({ status: 'error', message: 'Internal server error' }), AGAIN(5)],
    [
      'a stream that fails at its end',
      () =>
        concat(
          of(1),
          throwError(() => 'late'),
        ),
      AGAIN(5),
    ],
    ['ReconsumeLater(3) returned', () => ReconsumeLater(3), AGAIN(3)],
    ['ReconsumeLater(3) in a stream', () => of(ReconsumeLater(3)), AGAIN(3)],
    ['ReconsumeLater() thrown', raise(ReconsumeLater()), AGAIN(5)],
    ['DeadLetter thrown', raise(DeadLetter('broken')), AGAIN(-1)],
    ['Discard from a stream that fails', () => throwError(() => Discard('old')), CONSUMED],
  ])('%s has its verdict', async (_case, said, verdict) => {
    const { handle } = await setUp({ 'event t:a': said }, { delayLevelWhenNextConsume: 5 });
    expect(await handle(event('a'))).toEqual(verdict);
  });

  it('has a signal of its own, which is let go when its handlers have come back', async () => {
    let finish = (): void => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const { handle, signals, overdue } = await setUp({ 'event t:a': () => undefined, 'event t:b': () => running });
    await handle(event('a'));
    const handled = handle(event('b'));
    overdue.abort(new Error('time is over'));
    expect(signals.map(({ aborted, reason }) => [aborted, (reason as Error | undefined)?.message])).toEqual([
      [false, undefined],
      [true, 'time is over'],
    ]);
    finish();
    await handled;
  });

  it('is told by that signal when its call takes too long', async () => {
    const { handle, signals, expired } = await setUp({ 'event t:a': () => new Promise((resolve) => setImmediate(resolve)) });
    const handled = handle(event('a'));
    expired.abort(new Error('longer than consumeTimeout'));
    expect(signals.map(({ aborted, reason }) => [aborted, (reason as Error).message])).toEqual([[true, 'longer than consumeTimeout']]);
    await handled;
  });

  it('waits for the end of a stream', async () => {
    const { handle } = await setUp({ 'event t:a': () => NEVER });
    const outcome = await Promise.race([handle(event('a')), new Promise((resolve) => setImmediate(() => resolve('still waiting')))]);
    expect(outcome).toBe('still waiting');
  });

  it.each<[string, Said[], Verdict]>([
    ['again beats dead letter', [raise(DeadLetter('d')), raise(new Error('e'))], AGAIN(0)],
    ['dead letter beats consumed', [() => 1, raise(DeadLetter('d'))], AGAIN(-1)],
    ['all consumed', [() => 1, raise(Discard('d'))], CONSUMED],
  ])('of several handlers: %s', async (_case, said, verdict) => {
    const { handle, spans } = await setUp({ 'event t:a': said });
    expect(await handle(event('a'))).toEqual(verdict);
    expect(spans).toEqual(['t:a']);
  });

  it('goes by its content type', async () => {
    const seen: unknown[] = [];
    const { handle } = await setUp({ 'event t:a': (data) => void seen.push(data) });
    const typed = (contentType: string | undefined, body: string): ReceivedMessageInit => ({
      topic: 't',
      body,
      properties: { TAGS: 'a', ...(contentType === undefined ? {} : { contentType }) },
    });
    await handle(typed('application/json', '{"a":1}'));
    await handle(typed('text/plain;charset=UTF-8', '{"a":1}'));
    await handle(typed('application/octet-stream', '{'));
    await handle(typed(undefined, '[1]'));
    await handle(typed(undefined, '{ no JSON'));
    expect(seen).toEqual([{ a: 1 }, '{"a":1}', Buffer.from('{'), [1], '{ no JSON']);
  });

  it('that cannot be read follows invalidMessage and reaches no handler', async () => {
    const broken: ReceivedMessageInit = { topic: 't', body: '{', properties: { TAGS: 'a', contentType: 'application/json' } };
    const seen: unknown[] = [];
    for (const [invalidMessage, verdict] of [
      ['DEAD_LETTER', AGAIN(-1)],
      ['RETRY', AGAIN(0)],
      ['DISCARD', CONSUMED],
    ] as const) {
      const { handle, lines } = await setUp({ 'event t:a': (data) => void seen.push(data) }, { invalidMessage });
      expect(await handle(broken)).toEqual(verdict);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^"t:a": payload refused \\(${invalidMessage}\\): the body`))]);
    }
    expect(seen).toEqual([]);
  });

  it('nobody handles follows unhandledMessage; a plain message for a @MessagePattern is handled', async () => {
    const { handle, lines } = await setUp({ 'event t:a': () => 1 });
    expect(await handle(event('b'))).toEqual(AGAIN(-1));
    expect(lines).toEqual(['There is no matching event handler for "t:b" (DEAD_LETTER)']);
    expect(await (await setUp({ 'event t:a': () => 1 }, { unhandledMessage: 'DISCARD' })).handle(event('b'))).toEqual(CONSUMED);
    const asked = await setUp({ 'request t:a': raise(new Error('no')) });
    expect([await asked.handle(event('a')), asked.answers]).toEqual([AGAIN(0), []]);
  });
});

describe('a request', () => {
  it.each<[string, Said, Verdict, unknown[]]>([
    ['a value', () => ({ a: 1 }), CONSUMED, ['{"a":1}', undefined]],
    ['the last of a stream', () => from(['a', 'b']), CONSUMED, ['b', undefined]],
    ['null', () => null, CONSUMED, ['null', undefined]],
    ['an empty text', () => '', CONSUMED, ['""', undefined]],
    ['nothing', () => undefined, CONSUMED, ['null', 'empty']],
    ['an error', raise(new Error('no')), CONSUMED, ['{"status":"error","message":"no"}', 'error']],
    ['an error object', raise({ status: 404, message: 'no' }), CONSUMED, ['{"status":404,"message":"no"}', 'error']],
    ['an error text', raise('no'), CONSUMED, ['"no"', 'error']],
    ['a value that is no JSON', () => ({ n: 1n }), CONSUMED, [expect.stringContaining('the answer cannot be sent'), 'error']],
    ['DeadLetter', () => DeadLetter('broken'), AGAIN(-1), ['{"status":"error","message":"broken"}', 'error']],
    ['Discard', raise(Discard('old')), CONSUMED, ['{"status":"error","message":"old"}', 'error']],
    ['ReconsumeLater', raise(ReconsumeLater(2)), AGAIN(2), [undefined, undefined]],
  ])('is answered with %s', async (_case, said, verdict, shown) => {
    const { handle, answers } = await setUp({ 'request t:a': said });
    expect(await handle(request('a'))).toEqual(verdict);
    expect(show(answers[0])).toEqual(shown);
  });

  it('goes back to who asked, never to event handlers, with an error when nobody answers', async () => {
    const told: unknown[] = [];
    const { handle, answers, lines } = await setUp({ 'event t': () => told.push('told'), 'request t:a': () => 'yes' });
    await handle(request('a'));
    expect(answers[0]).toMatchObject({ topic: 'DefaultCluster_REPLY_TOPIC' });
    expect(answers[0]!.getProperty('CORRELATION_ID')).toBe('i');
    expect(answers[0]!.getProperty('contentType')).toBe('text/plain;charset=UTF-8');
    expect(await handle(request('b'))).toEqual(CONSUMED);
    expect(show(answers[1])).toEqual([
      '{"status":"error","message":"There is no matching message handler for \\"t:b\\" in group g"}',
      'error',
    ]);
    expect([lines.length, told]).toEqual([1, []]);
  });

  it('is done when its answer is not taken: told, not tried again', async () => {
    const { handle, sending, errors, lines } = await setUp({ 'request t:a': () => 1 });
    sending.error = new Error('gone');
    expect(await handle(request('a'))).toEqual(CONSUMED);
    expect(errors).toEqual([sending.error]);
    expect(lines).toEqual([expect.stringContaining('the answer was not taken: gone')]);
  });
});

describe('an answer', () => {
  const read = (body: string, properties: Record<string, string>) =>
    decodeAnswer(receivedMessage({ body, properties }), (message) => message.text());

  it('is a value, nothing, or an exception with the members of the error', async () => {
    expect(await read('x', {})).toEqual({ value: 'x' });
    expect(await read('null', { nestStatus: 'empty' })).toBeUndefined();
    const error = await read('{"status":404,"message":"no","__proto__":{"polluted":1},"stack":"theirs","getError":1}', {
      nestStatus: 'error',
    }).catch((thrown: unknown) => thrown as RocketMQRemoteException);
    expect(error).toBeInstanceOf(RocketMQRemoteException);
    expect(error).toMatchObject({ name: 'RocketMQRemoteException', message: 'no', status: 404 });
    expect((error as RocketMQRemoteException).getError()).toMatchObject({ status: 404, message: 'no' });
    expect([(error as Error).stack, ({} as { polluted?: number }).polluted]).toEqual([expect.stringContaining('spec.ts'), undefined]);
    await expect(read('no JSON', { nestStatus: 'error' })).rejects.toMatchObject({ message: 'no JSON' });
    await expect(read('7', { nestStatus: 'error' })).rejects.toMatchObject({ message: '7' });
  });
});

describe('outcomes', () => {
  it("pass Nest's default filter, as themselves, and stay errors", async () => {
    letOutcomesPass();
    letOutcomesPass();
    const filter = new BaseRpcExceptionFilter();
    const outcome = DeadLetter('broken');
    expect(outcome).toBeInstanceOf(Error);
    for (const thrown of [outcome, new RpcException(outcome)]) {
      await expect(lastValueFrom(filter.catch(thrown as RpcException, {} as ArgumentsHost))).rejects.toBe(outcome);
    }
  });
});
