// Where pulled batches and waiting poll() calls meet: queues in turn, calls in the order they came. Must never give one batch to two calls.
import type { Clock } from '../../common/index.js';
import type { MessageExt } from '../../message/index.js';
import type { AssignedQueue } from './assigned-queue.js';

type Give = (messages: readonly MessageExt[]) => void;

export class PollBoard {
  private readonly clock: Clock;
  /** Queues that hold batches; the first one is next. */
  private readonly ready = new Set<AssignedQueue>();
  private readonly waiting = new Set<Give>();
  private closed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A queue has got a batch. */
  offer(queue: AssignedQueue): void {
    this.ready.add(queue);
    for (const give of this.waiting) {
      const messages = this.take();
      if (messages === undefined) return;
      give(messages);
    }
  }

  /** A batch, or nothing after `timeoutMs`. Rejects with the signal's reason. */
  poll(timeoutMs: number, signal?: AbortSignal): Promise<readonly MessageExt[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const messages = this.closed ? [] : (this.take() ?? (timeoutMs === 0 ? [] : undefined));
      if (messages !== undefined) {
        resolve(messages);
        return;
      }
      const end = (): void => {
        timer.cancel();
        this.waiting.delete(give);
        signal?.removeEventListener('abort', onAbort);
      };
      const give: Give = (given) => {
        end();
        resolve(given);
      };
      const onAbort = (): void => {
        end();
        reject(signal?.reason);
      };
      const timer = this.clock.setTimer(() => give([]), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(give);
    });
  }

  /** Calls that wait are answered with nothing, as all that come. */
  close(): void {
    this.closed = true;
    this.ready.clear();
    for (const give of this.waiting) give([]);
  }

  private take(): readonly MessageExt[] | undefined {
    for (const queue of this.ready) {
      this.ready.delete(queue);
      const messages = queue.take();
      if (messages === undefined) continue;
      queue.lastPollTimestamp = this.clock.now();
      if (queue.messageCount > 0) this.ready.add(queue);
      return messages;
    }
    return undefined;
  }
}
