import { ManualClock, silentLogger } from '../../common/index.js';
import { receivedMessage } from '../../../../../test/support/received-message.js';
import { ConcurrentConsumeService } from './concurrent-consume-service.js';
import type { ConsumeStats } from './consume-stats.js';
import type { ConsumerContext } from './consumer-context.js';
import { type ConcurrentListenerFunction, ConsumeConcurrentlyStatus } from './listener.js';
import { ProcessQueue } from './process-queue.js';
import { type MessageModel, PushConsumerSettings } from './push-consumer-settings.js';
import type { SendBack } from './send-back.js';

function setUp(messageModel: MessageModel, listener: ConcurrentListenerFunction, consumeMessageBatchMaxSize = 1) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const committed: number[] = [];
  const sentBack: string[] = [];
  const context = {
    consumerGroup: 'cg',
    retryTopic: '%RETRY%cg',
    settings: Object.assign(new PushConsumerSettings(), { messageModel, consumeTimeout: 1, consumeMessageBatchMaxSize }),
    instance: { ports: { clock, logger: { ...silentLogger, warn: (line: string) => void warnings.push(line) } } },
    offsets: { advance: (_queue: unknown, offset: number) => void committed.push(offset) },
  } as unknown as ConsumerContext;
  const sendBack = {
    send: async (message: { text(): string }, level: number) => {
      sentBack.push(`${message.text()} at ${level}`);
      return true;
    },
  } as unknown as SendBack;
  const stats = { consumed() {} } as unknown as ConsumeStats;
  const service = new ConcurrentConsumeService(context, listener, sendBack, stats);
  const queue = new ProcessQueue({ topic: 'orders', brokerName: 'a', queueId: 0 });
  service.start(() => [queue]);
  const put = async (...bodies: string[]): Promise<void> => {
    service.submit(queue, queue.put(bodies.map((body, queueOffset) => receivedMessage({ body, queueOffset }))));
    await clock.advance(0);
  };
  return { clock, warnings, committed, sentBack, service, put };
}

const fails: ConcurrentListenerFunction = ([message]) => {
  if (message!.text() === 'bad') throw new Error('no');
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
};
const hangs: ConcurrentListenerFunction = () => new Promise(() => {});

describe('ConcurrentConsumeService', () => {
  it('sends back what fails, and commits behind it', async () => {
    const { committed, put, sentBack } = setUp('CLUSTERING', fails);
    await put('good', 'bad', 'good');
    expect([sentBack, committed.at(-1)]).toEqual([['bad at 0'], 3]);
  });

  it('drops with a warning what fails in a broadcasting group', async () => {
    const { committed, put, sentBack, warnings } = setUp('BROADCASTING', fails);
    await put('good', 'bad', 'good');
    expect([sentBack, committed.at(-1)]).toEqual([[], 3]);
    expect(warnings).toContain('a message of a broadcasting group is dropped: its listener failed');
  });

  it('sends back once, at level 3, what the listener keeps for too long', async () => {
    const { clock, committed, put, sentBack, warnings } = setUp('CLUSTERING', hangs);
    await put('slow');
    await clock.advance(5 * 60_000);
    expect([sentBack, committed]).toEqual([['slow at 3'], [1]]);
    expect(warnings).toEqual(['the listener took longer than 1 min: message sent back']);
  });

  it('aborts the signal of a call that takes too long, and ignores what it answers', async () => {
    let signal: AbortSignal | undefined;
    let comeBack = (): void => {};
    const { clock, put, sentBack, warnings } = setUp('CLUSTERING', async (_messages, context) => {
      signal = context.signal;
      await new Promise<void>((resolve) => (comeBack = resolve));
      return ConsumeConcurrentlyStatus.RECONSUME_LATER;
    });
    await put('slow');
    await clock.advance(60_000);
    expect(signal!.aborted).toBe(false);
    await clock.advance(60_000);
    expect([signal!.aborted, String(signal!.reason)]).toEqual([true, 'Error: the listener runs for longer than consumeTimeout, 1 min']);
    comeBack();
    await clock.advance(0);
    expect(sentBack).toEqual(['slow at 3']);
    expect(warnings.at(-1)).toBe('the listener came back after its messages had been sent back: what it answered for them is ignored');
  });

  it('sends back, each at its level, only the messages that a call says failed', async () => {
    const failures = new Map([
      [1, 5],
      [3, -1],
    ]);
    const { committed, put, sentBack } = setUp(
      'CLUSTERING',
      (_messages, context) => {
        context.failures = failures;
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      },
      8,
    );
    await put('a', 'b', 'c', 'd', 'e');
    expect([sentBack, committed.at(-1)]).toEqual([['b at 5', 'd at -1'], 5]);
  });

  it('only tells of it in a broadcasting group', async () => {
    const { clock, committed, put, sentBack, warnings } = setUp('BROADCASTING', hangs);
    await put('slow');
    await clock.advance(2 * 60_000);
    expect([sentBack, committed]).toEqual([[], []]);
    expect(warnings).toEqual(['the listener took longer than 1 min']);
  });

  it('waits for running listeners when it stops, no longer than its limit and its signal say', async () => {
    const { clock, put, service, warnings } = setUp('CLUSTERING', hangs);
    await put('slow');
    const ending = new AbortController();
    let stopped = false;
    const stop = service.stop({ deadlineMs: 1000, signal: ending.signal }).then(() => {
      stopped = true;
    });
    await clock.advance(500);
    expect(stopped).toBe(false);
    ending.abort();
    await stop;
    expect([clock.pendingTimers, warnings]).toEqual([
      0,
      ['1 listener calls did not end before the waiting was called off; their messages are delivered again'],
    ]);
  });
});
