// How a queue of an orderly group is given up: nothing more is handed out, its listener ends, its offset is committed, its lock given back; in this order
// [java RebalancePushImpl#removeUnnecessaryMessageQueue]. Must never unlock a queue whose listener still runs: the next owner would overtake it.
import { type MessageQueue, messageQueueKey, messageQueueText } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import type { ConsumerContext } from './consumer-context.js';
import type { OrderlyConsumeService } from './orderly-consume-service.js';
import type { ProcessQueue } from './process-queue.js';
import type { QueueLocks } from './queue-locks.js';

export interface QueueHandoverParts {
  readonly context: ConsumerContext;
  readonly locks: QueueLocks;
  readonly service: Pick<OrderlyConsumeService, 'isRunning' | 'ended'>;
}

/** A listener that still runs so long after its queue was to be given up is worth a line. */
const SLOW_MS = 20_000;

export class QueueHandover {
  private readonly parts: QueueHandoverParts;
  private readonly tasks: BackgroundTasks;
  private readonly leaving = new Map<string, ProcessQueue>();
  private closed = false;

  constructor(parts: QueueHandoverParts) {
    this.parts = parts;
    this.tasks = new BackgroundTasks(parts.context.instance.ports.logger);
  }

  /** It is being given up and cannot be taken again yet. */
  isLeaving(queue: MessageQueue): boolean {
    return this.leaving.has(messageQueueKey(queue));
  }

  /** Begins to give up a queue that was dropped. Until its listener has ended its lock is renewed like any other. */
  begin(queue: ProcessQueue): void {
    const key = messageQueueKey(queue.queue);
    if (this.leaving.get(key) === queue) return;
    this.leaving.set(key, queue);
    // No task to wait for at the end: a listener may never come back.
    void this.parts.service.ended(queue).then(() => {
      if (!this.closed) this.finish(key, queue);
    });
    this.watch(queue);
  }

  /** Gives up what it may: queues whose listener still runs stay locked until the broker lets their locks expire. */
  async close(): Promise<void> {
    this.closed = true;
    const { locks, service, context } = this.parts;
    for (const [key, queue] of this.leaving) {
      if (!service.isRunning(queue)) {
        this.finish(key, queue);
        continue;
      }
      locks.forget(queue);
      context.instance.ports.logger.warn(`${messageQueueText(queue.queue)} stays locked for a while: its listener still runs`, {
        consumerGroup: context.consumerGroup,
      });
    }
    await this.tasks.settled();
  }

  private finish(key: string, queue: ProcessQueue): void {
    this.tasks.run('giving up a queue', async () => {
      const { locks, context } = this.parts;
      if (locks.isDoubted(queue)) await locks.acquire([queue], true);
      if (locks.isHeld(queue) && !locks.isDoubted(queue)) {
        await context.offsets.persist([queue.queue], { answered: true });
        await locks.release([queue]);
      }
      locks.forget(queue);
      context.offsets.forget(queue.queue);
      if (this.leaving.get(key) === queue) this.leaving.delete(key);
    });
  }

  private watch(queue: ProcessQueue): void {
    const { service, context } = this.parts;
    const { clock, logger } = context.instance.ports;
    const timer = clock.setPeriodic(() => {
      if (this.closed || !service.isRunning(queue)) timer.cancel();
      else
        logger.warn(`${messageQueueText(queue.queue)} cannot be given up: its listener still runs`, {
          consumerGroup: context.consumerGroup,
        });
    }, SLOW_MS);
  }
}
