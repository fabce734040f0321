import { ManualClock, silentLogger } from '../../common/index.js';
import type { ConsumerContext } from './consumer-context.js';
import { ProcessQueue } from './process-queue.js';
import { QueueHandover } from './queue-handover.js';
import { LOCK_RENEW_MS, QueueLocks } from './queue-locks.js';

/** One queue whose lock is held; everything said to brokers is in `log`. */
async function setUp() {
  const clock = new ManualClock();
  const log: string[] = [];
  const warnings: string[] = [];
  const listeners = new Map<ProcessQueue, Promise<void>>();
  const logger = { ...silentLogger, warn: (line: string) => void warnings.push(line) };
  const locks = new QueueLocks({
    clock,
    logger,
    requests: {
      lock: async (_brokerName, queues) => {
        log.push('lock');
        return [...queues];
      },
      unlock: async () => void log.push('unlock'),
    },
    lost() {},
  });
  const context = {
    consumerGroup: 'cg',
    instance: { ports: { clock, logger } },
    offsets: {
      persist: async (_queues: unknown, { answered } = { answered: false }) => void log.push(`commit answered=${answered}`),
      forget: () => void log.push('forget'),
    },
  } as unknown as ConsumerContext;
  const service = {
    isRunning: (each: ProcessQueue) => listeners.has(each),
    ended: (each: ProcessQueue) => listeners.get(each) ?? Promise.resolve(),
  };
  const handover = new QueueHandover({ context, locks, service });
  const queue = new ProcessQueue({ topic: 'T', brokerName: 'a', queueId: 0 });
  await locks.acquire([queue]);
  locks.start();
  log.length = 0;
  /** The queue's listener runs until the function returned is called. */
  const runListener = (): (() => void) => {
    let end = (): void => {};
    listeners.set(
      queue,
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    return () => {
      listeners.delete(queue);
      end();
    };
  };
  return { clock, log, warnings, locks, handover, queue, runListener };
}

describe('QueueHandover', () => {
  it('commits, with an answer, before it unlocks', async () => {
    const { clock, handover, log, queue } = await setUp();
    queue.drop();
    handover.begin(queue);
    expect(handover.isLeaving(queue.queue)).toBe(true);
    await clock.advance(0);
    expect(log).toEqual(['commit answered=true', 'unlock', 'forget']);
    expect(handover.isLeaving(queue.queue)).toBe(false);
  });

  it('waits for the listener, renewing the lock and telling so, however long that takes', async () => {
    const { clock, handover, locks, log, queue, runListener, warnings } = await setUp();
    const end = runListener();
    queue.drop();
    handover.begin(queue);
    handover.begin(queue);
    await clock.advance(5 * LOCK_RENEW_MS);
    expect(log).toEqual(['lock', 'lock', 'lock', 'lock', 'lock']);
    expect(locks.isValid(queue)).toBe(true);
    expect(warnings[0]).toContain('cannot be given up: its listener still runs');
    end();
    await clock.advance(0);
    expect(log.slice(5)).toEqual(['commit answered=true', 'unlock', 'forget']);
  });

  it('neither commits nor unlocks a queue that another member has', async () => {
    const { clock, handover, locks, log, queue } = await setUp();
    locks.forget(queue);
    handover.begin(queue);
    await clock.advance(0);
    expect(log).toEqual(['forget']);
  });

  it('asks whether the lock is still ours before it commits, when the broker went away meanwhile', async () => {
    const { clock, handover, locks, log, queue } = await setUp();
    locks.doubt(() => true);
    queue.drop();
    handover.begin(queue);
    await clock.advance(0);
    expect(log.slice(-4)).toEqual(['lock', 'commit answered=true', 'unlock', 'forget']);
  });

  it('unlocks at the end what may be unlocked, and leaves what a listener still works on to the broker', async () => {
    const idle = await setUp();
    idle.handover.begin(idle.queue);
    await idle.handover.close();
    expect(idle.log).toEqual(['commit answered=true', 'unlock', 'forget']);

    const busy = await setUp();
    const end = busy.runListener();
    busy.handover.begin(busy.queue);
    await busy.handover.close();
    end();
    await busy.clock.advance(100_000);
    expect(busy.log).toEqual([]);
    expect(busy.warnings).toEqual([expect.stringContaining('stays locked for a while')]);
  });
});
