import { type Logger, ManualClock, silentLogger } from 'rocketmq-core/common';
import { receivedMessage, type ReceivedMessageInit } from '../../../../test/support/received-message.js';
import {
  createMessageContext,
  type Delivery,
  type ListenerDefinition,
  type RocketMQMessageListenerOptions,
  type Verdict,
  isConsumeOutcome,
  withListenerDefaults,
} from '../listener/index.js';
import { RocketMQIdempotency } from './idempotency.js';
import type { IdempotencyStore } from './idempotency-store.js';
import { Idempotent } from './idempotent.decorator.js';
import type { IdempotentOptions } from './idempotent-options.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';
import { storesOf } from './store-of.js';

const CONSUMED: Verdict = { kind: 'CONSUMED' };
const AGAIN: Verdict = { kind: 'AGAIN', delayLevel: 0 };

function classWith(options?: IdempotentOptions<never>): object {
  class Billing {
    onMessage(): void {}
  }
  if (options !== undefined) Idempotent(options as IdempotentOptions)(Billing);
  return Billing;
}

function setUp(options: IdempotentOptions<never> | undefined = {}, change: Partial<RocketMQMessageListenerOptions> = {}) {
  const clock = new ManualClock();
  const store = new MemoryIdempotencyStore({ clock });
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const logger: Logger = { ...silentLogger, warn: note, error: note };
  const moduleRef = { get: (): never => raise() };
  const idempotency = new RocketMQIdempotency({
    connection: 'default',
    clock: () => clock,
    logger,
    storeOf: storesOf(moduleRef as never, () => store),
  });
  const listener: ListenerDefinition = {
    id: 'Billing',
    className: 'Billing',
    type: classWith(options),
    mode: 'MESSAGE',
    options: withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', ...change }),
    handlers: [],
  };
  const deliver = (
    next: () => Promise<Verdict>,
    init: ReceivedMessageInit = { properties: { UNIQ_KEY: 'U1' } },
    more: Partial<Delivery> = {},
  ): Promise<Verdict> => {
    const context = createMessageContext(receivedMessage(init), 'billing', () => new AbortController().signal);
    return idempotency.interceptConsume({ listener, handler: 'onMessage', context, payload: async () => undefined, ...more }, next);
  };
  const stats = () => idempotency.stats()['Billing.onMessage'];
  return { clock, store, idempotency, listener, deliver, lines, stats };
}

function raise(): never {
  class UnknownElementException extends Error {}
  throw new UnknownElementException('not there');
}

/** A handler that ends when told to. */
function pending() {
  let end!: (verdict: Verdict) => void;
  let calls = 0;
  const ended = new Promise<Verdict>((resolve) => (end = resolve));
  return { handler: () => (calls++, ended), end, calls: () => calls };
}

describe('@Idempotent', () => {
  it('calls the handler once for one key, and acknowledges what comes after', async () => {
    const { deliver, stats } = setUp();
    let calls = 0;
    const handler = async (): Promise<Verdict> => (calls++, CONSUMED);
    expect(await deliver(handler)).toBe(CONSUMED);
    expect(await deliver(handler)).toEqual({ kind: 'CONSUMED', reason: 'duplicate' });
    expect(await deliver(handler, { properties: { UNIQ_KEY: 'U2' } })).toBe(CONSUMED);
    expect(calls).toBe(2);
    expect(stats()).toEqual({ claimed: 2, duplicates: 1, busy: 0, released: 0, lost: 0, storeFailures: 0 });
  });

  it('leaves handlers without it, and listeners of other connections, alone', async () => {
    for (const { deliver, stats } of [setUp({}, { connection: 'audit' }), withoutDecorator()]) {
      let calls = 0;
      for (let i = 0; i < 2; i++) await deliver(async () => (calls++, CONSUMED));
      expect([calls, stats()]).toEqual([2, undefined]);
    }
    function withoutDecorator() {
      const parts = setUp();
      (parts.listener as { type: object }).type = classWith();
      return parts;
    }
  });

  it('puts off a duplicate while the first is being processed, until the lease may have ended', async () => {
    const { deliver, clock, stats } = setUp();
    const first = pending();
    const running = deliver(first.handler);
    await clock.advance(5000);
    const levels: unknown[] = [];
    for (const reconsumeTimes of [0, 1, 2, 9]) {
      const verdict = await deliver(async () => CONSUMED, { properties: { UNIQ_KEY: 'U1' }, reconsumeTimes });
      levels.push(verdict.kind === 'AGAIN' && verdict.delayLevel);
      // Put off, not failed.
      expect(isConsumeOutcome(verdict.kind === 'AGAIN' && verdict.error)).toBe(true);
    }
    // 10 s, 30 s, then a minute, as the lease has 55 s left.
    expect(levels).toEqual([3, 4, 5, 5]);
    await clock.advance(10_000);
    await clock.advance(9000);
    first.end(CONSUMED);
    await running;
    expect(await deliver(async () => AGAIN)).toEqual({ kind: 'CONSUMED', reason: 'duplicate' });
    expect(stats()).toMatchObject({ busy: 4, duplicates: 1, claimed: 1 });
  });

  it('gives the claim back after a failure, so that the retry runs', async () => {
    const { deliver, stats } = setUp();
    expect(await deliver(async () => AGAIN)).toBe(AGAIN);
    expect(await deliver(async () => CONSUMED)).toBe(CONSUMED);
    expect(stats()).toMatchObject({ claimed: 2, released: 1, duplicates: 0 });
  });

  it('keeps the claim while the handler runs, at most for processingTimeout', async () => {
    const { deliver, clock, stats, lines } = setUp({ lease: '30s' }, { consumeTimeout: 2 });
    const hanging = pending();
    const running = deliver(hanging.handler);
    for (let s = 0; s < 140; s += 10) {
      expect(await deliver(async () => CONSUMED)).toMatchObject({ kind: 'AGAIN' });
      await clock.advance(10_000);
    }
    await clock.advance(30_000);
    expect(await deliver(async () => CONSUMED)).toBe(CONSUMED);
    hanging.end(CONSUMED);
    expect(await running).toBe(CONSUMED);
    expect(stats()).toMatchObject({ claimed: 2, lost: 1 });
    expect(lines).toEqual([
      expect.stringContaining('still running after 120000 ms: its claim is not renewed any more'),
      expect.stringContaining('the handler outlived its claim'),
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('remembers for ttl', async () => {
    const { deliver, clock } = setUp({ ttl: '2h' });
    await deliver(async () => CONSUMED);
    await clock.advance(2 * 3_600_000 - 1);
    expect(await deliver(async () => AGAIN)).toMatchObject({ reason: 'duplicate' });
    await clock.advance(1);
    expect(await deliver(async () => AGAIN)).toBe(AGAIN);
  });

  it('takes keys from the payload by path or function; a message without one is a dead letter', async () => {
    const order = { order: { id: 7 }, note: '' };
    const by = async (key: IdempotentOptions['key']) => {
      const claimed: string[] = [];
      const { deliver, store } = setUp({ key } as IdempotentOptions<never>);
      const claim = store.claim.bind(store);
      store.claim = (name, owner, lease) => (claimed.push(name), claim(name, owner, lease));
      await deliver(async () => CONSUMED, { properties: { KEYS: 'k1 k2' } }, { payload: async () => order });
      return claimed;
    };
    expect(await by('order.id')).toEqual(['billing:orders:onMessage:7']);
    expect(await by((payload, context) => `${(payload as typeof order).order.id}-${context.keys[1]}`)).toEqual([
      'billing:orders:onMessage:7-k2',
    ]);
    expect((await by(() => 'x'.repeat(600)))[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
    for (const key of ['order.none', 'order', 'note', 'constructor', () => undefined] as const) {
      await expect(by(key)).rejects.toMatchObject({ action: 'DEAD_LETTER', reason: expect.stringContaining('which is no key') });
    }
  });

  it('has the message retried when the store fails or is slow, or processes it if asked to', async () => {
    const broken: IdempotencyStore = {
      claim: () => Promise.reject(new Error('connection refused')),
      extend: () => Promise.reject(new Error('unused')),
      complete: () => Promise.reject(new Error('unused')),
      release: () => Promise.reject(new Error('unused')),
    };
    const closed = setUp({ store: broken });
    expect(await closed.deliver(async () => CONSUMED)).toMatchObject({ kind: 'AGAIN', delayLevel: 0 });
    expect(closed.stats()).toMatchObject({ storeFailures: 1, claimed: 0 });
    expect(closed.lines).toEqual([expect.stringContaining('no claim, the message is retried')]);
    const opened = setUp({ store: broken, whenStoreFails: 'PROCESS' });
    expect(await opened.deliver(async () => CONSUMED)).toBe(CONSUMED);

    const slow = setUp({ storeTimeout: 200 });
    let answer!: () => void;
    const claim = slow.store.claim.bind(slow.store);
    slow.store.claim = async (...args) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return claim(...args);
    };
    const delivered = slow.deliver(async () => CONSUMED);
    await slow.clock.advance(200);
    expect(await delivered).toMatchObject({
      kind: 'AGAIN',
      error: new Error('the idempotency store did not answer claim within 200 ms'),
    });
    // What comes too late holds nothing.
    answer();
    await slow.clock.advance(0);
    expect(slow.store.size).toBe(0);
  });

  it('acknowledges what has been processed, though the store cannot be told', async () => {
    const { deliver, store, stats, lines } = setUp();
    store.complete = () => Promise.reject(new Error('connection reset'));
    expect(await deliver(async () => CONSUMED)).toBe(CONSUMED);
    expect(stats()).toMatchObject({ storeFailures: 3 });
    expect(lines).toEqual([expect.stringContaining('processed, but the store could not be told')]);
  });

  it('of a method goes before that of its class', async () => {
    class Base {
      @Idempotent({ scope: 'of the method' })
      onPaid(): void {}
      onSent(): void {}
    }
    @Idempotent({ scope: 'of the class' })
    class Orders extends Base {}
    const { idempotency, listener, store } = setUp();
    const scopes: string[] = [];
    store.claim = async (name) => (scopes.push(name), { state: 'DONE' });
    const context = createMessageContext(receivedMessage({ properties: { UNIQ_KEY: 'U' } }), 'billing', () => new AbortController().signal);
    for (const handler of ['onPaid', 'onSent']) {
      const delivery: Delivery = { listener: { ...listener, type: Orders }, handler, context, payload: async () => undefined };
      await idempotency.interceptConsume(delivery, async () => CONSUMED);
    }
    expect(scopes).toEqual(['of the method:U', 'of the class:U']);
  });
});

describe('@Idempotent that cannot work', () => {
  const problems = (
    options: object,
    change: Partial<RocketMQMessageListenerOptions> = {},
    mode: ListenerDefinition['mode'] = 'MESSAGE',
  ) => {
    const { idempotency, listener } = setUp(options as IdempotentOptions<never>, change);
    return idempotency.checkListener({ ...listener, mode }).map(({ where, option, problem }) => `${where}: ${option}: ${problem}`);
  };

  it('is told of at boot', () => {
    expect(problems({ key: 'order.id', ttl: '7d', lease: 5000, storeTimeout: '500ms' })).toEqual([]);
    expect(problems({ ttl: '7 days', lease: 0, key: 'a..b', whenStoreFails: 'retry', scope: '', store: Symbol('none'), keyy: 1 })).toEqual([
      'Billing: @Idempotent keyy: is unknown',
      'Billing: @Idempotent ttl: "7 days" is no span of time',
      'Billing: @Idempotent lease: 0 is no span of time',
      'Billing: @Idempotent whenStoreFails: "retry" is unknown',
      'Billing: @Idempotent key: "a..b" is neither a function nor a path',
      'Billing: @Idempotent scope: "" is no name',
      'Billing: @Idempotent store: Symbol(none) is no store: no provider has that token',
    ]);
    expect(problems({}, { messageModel: 'BROADCASTING' })).toEqual([expect.stringContaining('BROADCASTING gives every message')]);
    expect(problems({ key: 'id' }, {}, 'REQUEST')).toEqual([expect.stringContaining('would wait in vain')]);
    expect(problems({}, {}, 'REQUEST')).toEqual([]);
  });
});
