import { ManualClock, silentLogger } from '../../common/index.js';
import type { MessageExt } from '../../message/index.js';
import { receivedMessage } from '../../../../../test/support/received-message.js';
import { type ConsumeOrderlyContext, ConsumeOrderlyStatus } from './listener.js';
import { OrderlyConsumeService } from './orderly-consume-service.js';
import { ProcessQueue } from './process-queue.js';
import { PushConsumerSettings } from './push-consumer-settings.js';

const { SUCCESS, SUSPEND_CURRENT_QUEUE_A_MOMENT: SUSPEND, COMMIT, ROLLBACK } = ConsumeOrderlyStatus;

type Listen = (texts: string[], context: ConsumeOrderlyContext, messages: MessageExt[]) => unknown;

/** A call the listener has not answered yet. */
interface OpenCall {
  readonly texts: string[];
  answer(status: unknown): void;
}

function setUp(settings: Partial<PushConsumerSettings> = {}) {
  const clock = new ManualClock();
  const calls: string[] = [];
  const warnings: string[] = [];
  const open: OpenCall[] = [];
  const committed: number[] = [];
  const putAway: string[] = [];
  const lock = { valid: true, held: true, acquired: 0, canPutAway: true };
  /** Undefined: answers wait in `open`. */
  const listener: { listen: Listen | undefined } = { listen: () => SUCCESS };
  const service = new OrderlyConsumeService({
    clock,
    logger: { ...silentLogger, warn: (line) => void warnings.push(line) },
    settings: Object.assign(new PushConsumerSettings(), settings),
    consumerGroup: 'cg',
    retryTopic: '%RETRY%cg',
    listener: async (messages, context) => {
      const texts = messages.map((message) => message.text());
      calls.push(texts.join('+'));
      const { listen } = listener;
      if (listen !== undefined) return listen(texts, context, messages) as ConsumeOrderlyStatus;
      return new Promise((resolve) => open.push({ texts, answer: resolve as (status: unknown) => void }));
    },
    stats: { consumed() {} },
    locks: {
      isValid: () => lock.valid,
      isHeld: () => lock.held,
      acquire: async () => void lock.acquired++,
    },
    advance: (_queue, offset) => void committed.push(offset),
    putAway: async (message) => {
      if (lock.canPutAway) putAway.push(message.text());
      return lock.canPutAway;
    },
  });
  const queue = (queueId = 0): ProcessQueue => new ProcessQueue({ topic: 'orders', brokerName: 'a', queueId });
  let nextOffset = 0;
  const put = (to: ProcessQueue, ...bodies: string[]): void => {
    to.put(bodies.map((body) => receivedMessage({ body, queueOffset: nextOffset++ })));
    service.submit(to);
  };
  const settle = (): Promise<void> => clock.advance(0);
  return { clock, calls, warnings, open, committed, putAway, lock, listener, service, queue, put, settle };
}

describe('OrderlyConsumeService', () => {
  it('gives one message at a time, in order, and commits after each', async () => {
    const { calls, committed, listener, open, put, queue, settle } = setUp();
    listener.listen = undefined;
    const mine = queue();
    put(mine, 'a', 'b');
    put(mine, 'c');
    for (let i = 1; i <= 3; i++) {
      await settle();
      expect(calls.length).toBe(i);
      expect(committed.length).toBe(i - 1);
      open[i - 1]!.answer(SUCCESS);
    }
    await settle();
    expect(calls).toEqual(['a', 'b', 'c']);
    expect(committed).toEqual([1, 2, 3]);
    put(mine, 'd');
    await settle();
    expect(calls).toHaveLength(4);
  });

  it('gives again, first and after the pause, only the messages that a call says failed', async () => {
    const { calls, clock, committed, listener, put, queue, settle } = setUp({ consumeMessageBatchMaxSize: 4 });
    listener.listen = (texts, context, messages) => {
      if (texts.includes('b') && messages[texts.indexOf('b')]!.reconsumeTimes === 0) {
        context.failures = new Set([...texts.keys()].filter((index) => texts[index] === 'b' || texts[index] === 'd'));
      }
      return SUCCESS;
    };
    put(queue(), 'a', 'b', 'c', 'd', 'e');
    await settle();
    expect([calls, committed]).toEqual([['a+b+c+d'], [1]]);
    await clock.advance(1000);
    expect([calls, committed]).toEqual([
      ['a+b+c+d', 'b+d+e'],
      [1, 5],
    ]);
  });

  it('aborts the signal of a call that takes too long, and still waits for it', async () => {
    const { calls, clock, listener, open, put, queue, service, settle } = setUp({ consumeTimeout: 1 });
    let signal: AbortSignal | undefined;
    listener.listen = (_texts, context) => {
      signal ??= context.signal;
      return new Promise((resolve) => open.push({ texts: [], answer: resolve as (status: unknown) => void }));
    };
    service.start();
    put(queue(), 'slow', 'next');
    await settle();
    await clock.advance(60_000);
    expect([signal!.aborted, calls]).toEqual([true, ['slow']]);
    open[0]!.answer(SUCCESS);
    await settle();
    expect(calls).toEqual(['slow', 'next']);
  });

  it('gives up to consumeMessageBatchMaxSize messages in one call', async () => {
    const { calls, committed, put, queue, settle } = setUp({ consumeMessageBatchMaxSize: 2 });
    put(queue(), 'a', 'b', 'c');
    await settle();
    expect(calls).toEqual(['a+b', 'c']);
    expect(committed).toEqual([2, 3]);
  });

  it.each<[string, Listen]>([
    ['SUSPEND_CURRENT_QUEUE_A_MOMENT', () => SUSPEND],
    [
      'a throw',
      () => {
        throw new Error('no');
      },
    ],
    [
      'a thrown undefined',
      () => {
        throw undefined;
      },
    ],
    ['no answer', () => undefined],
    ['an answer that is none', () => 'CONSUME_SUCCESS'],
  ])('holds up the queue after %s, and gives the same message again', async (_case, fail) => {
    const { calls, clock, committed, listener, put, queue, settle } = setUp({ suspendCurrentQueueTimeMillis: 200 });
    const attempts: number[] = [];
    listener.listen = (texts, context, messages) => {
      attempts.push(messages[0]!.reconsumeTimes);
      return attempts.length < 3 ? fail(texts, context, messages) : SUCCESS;
    };
    put(queue(), 'a', 'b');
    await settle();
    expect(calls).toEqual(['a']);
    await clock.advance(199);
    expect(calls).toEqual(['a']);
    await clock.advance(1);
    expect(calls).toEqual(['a', 'a']);
    await clock.advance(200);
    expect(calls).toEqual(['a', 'a', 'a', 'b']);
    expect(attempts.slice(0, 3)).toEqual([0, 1, 2]);
    expect(committed).toEqual([1, 2]);
  });

  it.each([
    [1, 10],
    [50_000, 30_000],
    [700, 700],
  ])('takes a pause of %d ms as %d ms', async (asked, pauseMs) => {
    const { calls, clock, listener, put, queue, settle } = setUp();
    listener.listen = (_texts, context) => {
      context.suspendCurrentQueueTimeMillis = asked;
      return SUSPEND;
    };
    put(queue(), 'a');
    await settle();
    await clock.advance(pauseMs - 1);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it('lets other queues go on meanwhile, in turns', async () => {
    const { calls, listener, put, queue, settle } = setUp({ consumeThreadMin: 1 });
    listener.listen = ([text]) => (text === 'x' ? SUSPEND : SUCCESS);
    put(queue(0), 'x');
    put(queue(1), 'a', 'b');
    put(queue(2), 'c', 'd');
    await settle();
    expect(calls).toEqual(['x', 'a', 'c', 'b', 'd']);
  });

  it('calls listeners of at most consumeThreadMin queues at once, changeable while running', async () => {
    const { calls, listener, open, put, queue, service, settle } = setUp({ consumeThreadMin: 2 });
    listener.listen = undefined;
    for (let i = 0; i < 5; i++) put(queue(i), `q${i}`);
    await settle();
    expect(calls).toHaveLength(2);
    service.setConcurrency(4);
    await settle();
    expect(calls).toHaveLength(4);
    for (const call of open) call.answer(SUCCESS);
    await settle();
    expect(calls).toEqual(['q0', 'q1', 'q2', 'q3', 'q4']);
  });
});

describe('the lock of an orderly queue', () => {
  it('is looked at before every call: nothing is handed out once it ended, and the queue goes on when it is back', async () => {
    const { calls, clock, listener, lock, put, queue, settle } = setUp();
    listener.listen = ([text]) => {
      if (text === 'a') lock.valid = false;
      return SUCCESS;
    };
    put(queue(), 'a', 'b');
    await settle();
    expect(calls).toEqual(['a']);
    await clock.advance(100);
    expect(lock.acquired).toBe(1);
    await clock.advance(10_000);
    expect(calls).toEqual(['a']);
    expect(lock.acquired).toBe(4);
    lock.valid = true;
    await clock.advance(3000);
    expect(calls).toEqual(['a', 'b']);
  });

  it('is asked for again at once, when messages come for a queue without it', async () => {
    const { calls, clock, lock, put, queue } = setUp();
    lock.valid = false;
    put(queue(), 'a');
    await clock.advance(99);
    expect(lock.acquired).toBe(0);
    lock.valid = true;
    await clock.advance(1);
    expect([lock.acquired, calls.length]).toEqual([1, 1]);
  });

  it('lets a result count while nobody else can have the queue, and not after', async () => {
    const { clock, committed, listener, lock, open, put, queue, settle, warnings } = setUp();
    listener.listen = undefined;
    put(queue(), 'a', 'b');
    await settle();
    lock.valid = false;
    open[0]!.answer(SUCCESS);
    await settle();
    expect(committed).toEqual([1]);
    lock.valid = true;
    await clock.advance(100);
    lock.held = false;
    open[1]!.answer(SUCCESS);
    await settle();
    expect(committed).toEqual([1]);
    expect(warnings.join()).toContain('was no longer ours when the listener came back');
  });

  it('lets the last result of a queue that is given up count: the next owner begins behind it', async () => {
    const { calls, committed, listener, open, put, queue, service, settle } = setUp();
    listener.listen = undefined;
    const mine = queue();
    put(mine, 'a', 'b');
    await settle();
    mine.drop();
    let ended = false;
    const end = service.ended(mine).then(() => {
      ended = true;
    });
    await settle();
    expect([ended, service.isRunning(mine)]).toEqual([false, true]);
    open[0]!.answer(SUCCESS);
    await end;
    expect([calls, committed, service.isRunning(mine)]).toEqual([['a'], [1], false]);
  });
});

describe('maxReconsumeTimes of an orderly group', () => {
  it('is without end by default', async () => {
    const { calls, clock, listener, put, putAway, queue } = setUp({ suspendCurrentQueueTimeMillis: 10 });
    listener.listen = () => SUSPEND;
    put(queue(), 'a', 'b');
    await clock.advance(10_000);
    expect(calls.length).toBe(1001);
    expect([new Set(calls), putAway]).toEqual([new Set(['a']), []]);
  });

  it('puts a message away when it failed once more than that often, and goes on behind it', async () => {
    const { calls, clock, committed, listener, put, putAway, queue } = setUp({ maxReconsumeTimes: 2 });
    listener.listen = ([text]) => (text === 'bad' ? SUSPEND : SUCCESS);
    put(queue(), 'bad', 'good');
    await clock.advance(10_000);
    expect(calls).toEqual(['bad', 'bad', 'bad', 'good']);
    expect([putAway, committed]).toEqual([['bad'], [1, 2]]);
  });

  it('holds up the queue while the message cannot be put away', async () => {
    const { calls, clock, committed, listener, lock, put, putAway, queue } = setUp({ maxReconsumeTimes: 0 });
    listener.listen = ([text]) => (text === 'bad' ? SUSPEND : SUCCESS);
    lock.canPutAway = false;
    put(queue(), 'bad', 'good');
    await clock.advance(2500);
    expect([calls, committed]).toEqual([['bad', 'bad', 'bad'], []]);
    lock.canPutAway = true;
    await clock.advance(1000);
    expect([putAway, committed]).toEqual([['bad'], [1, 2]]);
  });

  it('puts away only those of a batch that are due', async () => {
    const { calls, clock, committed, listener, put, putAway, queue, settle } = setUp({
      maxReconsumeTimes: 1,
      consumeMessageBatchMaxSize: 2,
    });
    listener.listen = (texts) => (texts.includes('bad') ? SUSPEND : SUCCESS);
    const mine = queue();
    put(mine, 'bad');
    await settle();
    put(mine, 'new');
    await clock.advance(5000);
    expect(calls).toEqual(['bad', 'bad+new', 'new']);
    expect([putAway, committed]).toEqual([['bad'], [1, 2]]);
  });
});

describe('autoCommit = false', () => {
  const manual = (listener: { listen: Listen | undefined }, answers: readonly unknown[]): void => {
    let i = 0;
    listener.listen = (_texts, context) => {
      context.autoCommit = false;
      return answers[i++] ?? SUCCESS;
    };
  };

  it('keeps messages uncommitted until COMMIT', async () => {
    const { calls, committed, listener, put, queue, settle } = setUp();
    manual(listener, [SUCCESS, SUCCESS, COMMIT, SUCCESS]);
    put(queue(), 'a', 'b', 'c', 'd');
    await settle();
    expect(calls).toEqual(['a', 'b', 'c', 'd']);
    expect(committed).toEqual([3]);
  });

  it('has everything uncommitted delivered again after ROLLBACK, when the queue has rested', async () => {
    const { calls, clock, committed, listener, put, queue, settle } = setUp();
    manual(listener, [COMMIT, SUCCESS, ROLLBACK, SUCCESS, COMMIT]);
    put(queue(), 'a', 'b', 'c');
    await settle();
    expect(calls).toEqual(['a', 'b', 'c']);
    await clock.advance(1000);
    expect(calls).toEqual(['a', 'b', 'c', 'b', 'c']);
    expect(committed).toEqual([1, 3]);
  });

  it('gives only the failed call again after SUSPEND', async () => {
    const { calls, clock, committed, listener, put, queue } = setUp();
    manual(listener, [SUCCESS, SUSPEND, COMMIT]);
    put(queue(), 'a', 'b');
    await clock.advance(1000);
    expect(calls).toEqual(['a', 'b', 'b']);
    expect(committed).toEqual([2]);
  });

  it('takes COMMIT and ROLLBACK for SUCCESS, with a warning, while autoCommit is on', async () => {
    const { committed, listener, put, queue, settle, warnings } = setUp();
    listener.listen = ([text]) => (text === 'a' ? COMMIT : ROLLBACK);
    put(queue(), 'a', 'b');
    await settle();
    expect(committed).toEqual([1, 2]);
    expect(warnings).toEqual(['COMMIT means SUCCESS while autoCommit is on', 'ROLLBACK means SUCCESS while autoCommit is on']);
  });
});

describe('a listener of an orderly group that never comes back', () => {
  it('keeps its queue waiting, tells so every consumeTimeout, and keeps no other waiting', async () => {
    const { calls, clock, listener, put, queue, service, settle, warnings } = setUp({ consumeTimeout: 1 });
    service.start();
    listener.listen = undefined;
    put(queue(0), 'a', 'b');
    await settle();
    listener.listen = () => SUCCESS;
    put(queue(1), 'c');
    await clock.advance(3 * 60_000);
    expect(calls).toEqual(['a', 'c']);
    const line = 'MessageQueue [topic=orders, brokerName=a, queueId=0] waits for its listener, which runs for longer than 1 min';
    expect(warnings).toEqual([line, line, line]);
    await service.stop({ deadlineMs: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the end of an orderly consumer', () => {
  it('waits for the listener that runs and begins no other', async () => {
    const { calls, clock, committed, listener, open, put, queue, service, settle } = setUp();
    listener.listen = undefined;
    put(queue(), 'a', 'b');
    await settle();
    const stopped = service.stop({ deadlineMs: 1000 });
    open[0]!.answer(SUCCESS);
    await stopped;
    await clock.advance(60_000);
    expect([calls, committed, clock.pendingTimers]).toEqual([['a'], [1], 0]);
  });

  it('does not wait longer than told, nor for queues at rest', async () => {
    const { clock, listener, put, queue, service, settle, warnings } = setUp();
    listener.listen = undefined;
    const hanging = queue(0);
    put(hanging, 'a');
    await settle();
    listener.listen = () => SUSPEND;
    put(queue(1), 'b');
    await settle();
    const stopped = service.stop({ deadlineMs: 1000 });
    await clock.advance(1000);
    await stopped;
    expect(service.isRunning(hanging)).toBe(true);
    expect(warnings.join()).toContain('1 listener calls did not end within 1000 ms');
    expect(clock.pendingTimers).toBe(0);
  });
});
