// What a push consumer asks of the part that calls its listener, whichever kind of listener that is. Types only.
import type { MessageExt } from '../../message/index.js';
import type { DrainLimit } from './idle-wait.js';
import type { ConsumeConcurrentlyStatus, ConsumeOrderlyStatus } from './listener.js';
import type { ProcessEntry, ProcessQueue } from './process-queue.js';

/** What a listener answered. */
export interface ConsumeOutcome<Status = ConsumeConcurrentlyStatus | ConsumeOrderlyStatus> {
  readonly status: Status;
  /** The listener threw this. */
  readonly error?: unknown;
  readonly answeredNothing: boolean;
}

export interface ConsumeService {
  /** Begins whatever the service does by itself, over the queues given. */
  start(queues: () => Iterable<ProcessQueue>): void;
  /** New messages of a queue. */
  submit(queue: ProcessQueue, entries: readonly ProcessEntry[]): void;
  /** Listener calls at once, from now on. */
  setConcurrency(concurrency: number): void;
  /** Calls the listener outside queues and offsets; for administrators. */
  consumeDirectly(message: MessageExt): Promise<ConsumeOutcome>;
  /** Starts no more listeners; waits within the limit for those running and what follows from them. */
  stop(limit: DrainLimit): Promise<void>;
}
