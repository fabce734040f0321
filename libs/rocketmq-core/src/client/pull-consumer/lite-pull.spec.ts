// The parts of a lite pull consumer by themselves, in virtual time: a queue's positions, the board, the loop.
import { type Logger, ManualClock, silentLogger } from '../../common/index.js';
import { BrokerReplyError } from '../../errors/index.js';
import { buildSubscriptionData, decodeMessage, encodeRecord, type MessageExt } from '../../message/index.js';
import type { PullAnswer } from '../consumer/pull-answer.js';
import { PullTrouble } from '../consumer/pull-trouble.js';
import { AssignedQueue } from './assigned-queue.js';
import { LitePullLoop } from './lite-pull-loop.js';
import { PollBoard } from './poll-board.js';
import { LitePullConsumerSettings } from './pull-settings.js';

const newQueue = (queueId = 0): AssignedQueue => new AssignedQueue({ topic: 'T', brokerName: 'b', queueId });

function message(queueOffset: number): MessageExt {
  const record = {
    topic: 'T',
    queueId: 0,
    flag: 0,
    queueOffset,
    physicalOffset: queueOffset * 100,
    sysFlag: 0,
    bornTimestamp: 0,
    bornHost: '127.0.0.1:1',
    storeTimestamp: 0,
    storeHost: '127.0.0.1:2',
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(String(queueOffset)),
    properties: '',
  };
  return decodeMessage(encodeRecord(record));
}

const messages = (first: number, count: number): MessageExt[] => Array.from({ length: count }, (_, i) => message(first + i));
const offsetsOf = (list: readonly MessageExt[] | undefined): number[] | undefined => list?.map(({ queueOffset }) => queueOffset);

describe('AssignedQueue', () => {
  it('counts as consumed what was taken, and ranges that hold nothing once all before them was taken', () => {
    const queue = newQueue();
    queue.begin(10);
    queue.put(messages(10, 2), 12);
    queue.put([], 20);
    queue.put(messages(20, 1), 21);
    queue.put([], 30);
    expect([queue.consumed, queue.position, queue.messageCount, queue.byteCount]).toEqual([10, 30, 3, 6]);
    expect(offsetsOf(queue.take())).toEqual([10, 11]);
    expect(queue.consumed).toBe(12);
    expect(offsetsOf(queue.take())).toEqual([20]);
    expect([queue.consumed, queue.messageCount, queue.byteCount]).toEqual([30, 0, 0]);
    expect(queue.take()).toBeUndefined();
    queue.put([], 40);
    expect([queue.consumed, queue.settled]).toEqual([40, 10]);
    queue.settle();
    expect(queue.settled).toBe(40);
  });

  it('forgets with a seek what was pulled, and ends what is under way', () => {
    const queue = newQueue();
    queue.begin(0);
    queue.put(messages(0, 5), 5);
    const { turn } = queue;
    queue.seek(3);
    expect([turn.aborted, queue.turn.aborted]).toEqual([true, false]);
    expect([queue.take(), queue.position, queue.consumed, queue.settled]).toEqual([undefined, 3, 3, 3]);
    queue.begin(9);
    expect(queue.position).toBe(3);
  });

  it('is over for good once it is dropped', () => {
    const queue = newQueue();
    queue.begin(0);
    queue.put(messages(0, 1), 1);
    queue.drop();
    queue.seek(0);
    expect([queue.dropped, queue.turn.aborted, queue.take()]).toEqual([true, true, undefined]);
  });
});

describe('PollBoard', () => {
  function setUp() {
    const clock = new ManualClock();
    return { clock, board: new PollBoard(clock) };
  }

  it('gives batches of the queues in turn', async () => {
    const { board } = setUp();
    const queues = [newQueue(0), newQueue(1)];
    for (const first of [0, 2]) {
      for (const queue of queues) {
        queue.put(messages(first + queue.queue.queueId * 100, 2), first + 2);
        board.offer(queue);
      }
    }
    const given: Array<number[] | undefined> = [];
    for (let i = 0; i < 5; i++) given.push(offsetsOf(await board.poll(0)));
    expect(given).toEqual([[0, 1], [100, 101], [2, 3], [102, 103], []]);
  });

  it('answers calls in the order they came, and none with what another got', async () => {
    const { board, clock } = setUp();
    const queue = newQueue();
    const calls = [board.poll(1000), board.poll(1000), board.poll(1000)];
    queue.put(messages(0, 1), 1);
    board.offer(queue);
    queue.put(messages(1, 1), 2);
    board.offer(queue);
    await clock.advance(1000);
    expect((await Promise.all(calls)).map(offsetsOf)).toEqual([[0], [1], []]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('loses nothing to a call that is aborted, and nothing waits after its end', async () => {
    const { board, clock } = setUp();
    const queue = newQueue();
    const controller = new AbortController();
    const aborted = board.poll(1000, controller.signal).catch((error: unknown) => error);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    expect(await board.poll(1000, controller.signal).catch((error: unknown) => error)).toBe('enough');
    queue.put(messages(0, 1), 1);
    board.offer(queue);
    expect(offsetsOf(await board.poll(0))).toEqual([0]);
    const waiting = board.poll(60_000);
    board.close();
    expect([await waiting, await board.poll(60_000), clock.pendingTimers]).toEqual([[], [], 0]);
  });
});

describe('LitePullLoop', () => {
  interface Asked {
    readonly offset: number;
    answer(answer: Partial<PullAnswer>): void;
    fail(error: Error): void;
  }

  function setUp(options: Partial<LitePullConsumerSettings> = {}, startFailures = 0) {
    const clock = new ManualClock();
    const asked: Asked[] = [];
    const log: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (text) => void log.push(text) };
    const queue = newQueue();
    let failures = startFailures;
    const loop = new LitePullLoop(
      {
        clock,
        logger,
        settings: Object.assign(new LitePullConsumerSettings(), options),
        consumerGroup: 'g',
        trouble: new PullTrouble(clock, logger, 'g'),
        subscription: (topic) => buildSubscriptionData(topic, '*', 'TAG', 0),
        startOffset: () => (failures-- > 0 ? Promise.reject(new Error('no answer')) : Promise.resolve(7)),
        // Deaf to the signal, as an answer that is already on its way.
        pull: (_queue, _subscription, offset) =>
          new Promise((resolve, reject) => {
            const blank = { status: 'FOUND' as const, minOffset: 0, maxOffset: 100, messages: [], unreadable: [], nextBeginOffset: offset };
            asked.push({ offset, answer: (answer) => resolve({ ...blank, ...answer }), fail: reject });
          }),
        waitingMessages: () => queue.messageCount,
        pulled: () => {},
      },
      queue,
    );
    return { clock, asked, log, queue, running: loop.run() };
  }

  it('does not take an answer to a question that a seek made wrong', async () => {
    const { clock, asked, queue } = setUp();
    await clock.advance(0);
    expect(asked.map(({ offset }) => offset)).toEqual([7]);
    queue.seek(50);
    asked[0]!.answer({ messages: messages(7, 3), nextBeginOffset: 10 });
    await clock.advance(0);
    expect([queue.messageCount, queue.position]).toEqual([0, 50]);
    expect(asked.map(({ offset }) => offset)).toEqual([7, 50]);
    asked[1]!.answer({ messages: messages(50, 2), nextBeginOffset: 52 });
    await clock.advance(0);
    expect(offsetsOf(queue.take())).toEqual([50, 51]);
  });

  it('asks for its start again after 3 s, and never begins at zero for want of an answer', async () => {
    const { clock, asked, log } = setUp({}, 2);
    await clock.advance(0);
    await clock.advance(2999);
    expect([asked.length, log.length]).toEqual([0, 1]);
    await clock.advance(1);
    await clock.advance(3000);
    expect(asked.map(({ offset }) => offset)).toEqual([7]);
    expect(log).toEqual([
      'pulling T from b fails, it is tried again until it works: no answer',
      'pulling T from b still fails after 3 s: no answer',
    ]);
  });

  it('goes on where the broker says when its offset is illegal, without spinning', async () => {
    const { clock, asked, log, queue } = setUp();
    await clock.advance(0);
    asked[0]!.answer({ status: 'OFFSET_ILLEGAL', nextBeginOffset: 3 });
    await clock.advance(0);
    expect(asked.map(({ offset }) => offset)).toEqual([7, 3]);
    expect([log, queue.consumed]).toEqual([['offset 7 of T b/0 is illegal, going on at 3'], 3]);
    asked[1]!.answer({ status: 'OFFSET_ILLEGAL', nextBeginOffset: 3 });
    await clock.advance(999);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    expect(asked).toHaveLength(3);
  });

  it('waits after errors: 1 s, 20 ms when the broker is busy', async () => {
    const { clock, asked } = setUp();
    await clock.advance(0);
    asked[0]!.fail(new Error('broken'));
    await clock.advance(999);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    asked[1]!.fail(new BrokerReplyError('b:1', 'PULL_MESSAGE', 215, 'FLOW_CONTROL', undefined));
    await clock.advance(20);
    expect(asked.map(({ offset }) => offset)).toEqual([7, 7, 7]);
  });

  it('pulls nothing while paused or full, and goes on at once when it is resumed', async () => {
    const { clock, asked, queue } = setUp({ pullThresholdForQueue: 4 });
    await clock.advance(0);
    asked[0]!.answer({ messages: messages(7, 5), nextBeginOffset: 12 });
    await clock.advance(200);
    expect(asked).toHaveLength(1);
    queue.take();
    queue.setPaused(true);
    await clock.advance(5000);
    expect(asked).toHaveLength(1);
    queue.setPaused(false);
    await clock.advance(0);
    expect(asked.map(({ offset }) => offset)).toEqual([7, 12]);
  });

  it('ends when its queue is dropped, whatever is under way', async () => {
    const { clock, asked, queue, running } = setUp();
    await clock.advance(0);
    queue.drop();
    asked[0]!.fail(new Error('aborted'));
    await running;
    expect(clock.pendingTimers).toBe(0);
  });
});
