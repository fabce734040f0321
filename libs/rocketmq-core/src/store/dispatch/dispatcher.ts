// Carries confirmed records into the consume queues and tells who waits for them. Must never run ahead of what is confirmed (D6).
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import type { ConsumeQueueStore } from '../consume-queue/consume-queue-store.js';
import type { ArrivalListener } from '../store-types.js';
import type { DispatchRing } from './dispatch-ring.js';

export class Dispatcher {
  private readonly ring: DispatchRing;
  private readonly queues: ConsumeQueueStore;
  private listeners: ArrivalListener[] = [];
  /** Queue index -> round in which it was last told, and the tag code that was told. */
  private toldRound = new Int32Array(64);
  private toldLow = new Int32Array(64);
  private toldHigh = new Int32Array(64);
  private round = 0;
  /** Arrivals of this round, told after all of its units are in place. */
  private arrived: ConsumeQueue[] = [];
  private arrivedTags: number[] = [];
  dispatchedCount = 0;

  constructor(ring: DispatchRing, queues: ConsumeQueueStore) {
    this.ring = ring;
    this.queues = queues;
  }

  onArrival(listener: ArrivalListener): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  /** Dispatches every record that ends at or below `confirmedOffset`. */
  dispatch(confirmedOffset: number): void {
    const { ring, queues } = this;
    this.round = (this.round + 1) | 0;
    for (let at = ring.oldest(confirmedOffset); at >= 0; at = ring.oldest(confirmedOffset)) {
      const queue = queues.at(ring.queueIndex[at]!);
      // Undefined: the topic was deleted while its message waited for the flush.
      if (queue !== undefined) {
        const high = ring.tagsCodeHigh[at]!;
        const low = ring.tagsCodeLow[at]!;
        queues.append(queue, ring.physicalOffset[at]!, ring.size[at]!, high, low);
        this.dispatchedCount++;
        this.noteArrival(queue, high, low);
      }
      ring.shift();
    }
    this.tell();
  }

  /** Once per queue and round, and again when the tag changes: a waiting reader's filter must see every tag. */
  private noteArrival(queue: ConsumeQueue, high: number, low: number): void {
    const { index } = queue;
    if (index >= this.toldRound.length) this.grow(index);
    if (this.toldRound[index] === this.round && this.toldLow[index] === low && this.toldHigh[index] === high) return;
    this.toldRound[index] = this.round;
    this.toldLow[index] = low;
    this.toldHigh[index] = high;
    this.arrived.push(queue);
    this.arrivedTags.push(high, low);
  }

  private tell(): void {
    const { arrived, arrivedTags, listeners } = this;
    for (let i = 0; i < arrived.length; i++) {
      for (const listener of listeners) listener(arrived[i]!, arrivedTags[i * 2]!, arrivedTags[i * 2 + 1]!);
    }
    arrived.length = 0;
    arrivedTags.length = 0;
  }

  private grow(index: number): void {
    const capacity = 2 ** Math.ceil(Math.log2(index + 1));
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(capacity);
      larger.set(old);
      return larger;
    };
    this.toldRound = grown(this.toldRound);
    this.toldLow = grown(this.toldLow);
    this.toldHigh = grown(this.toldHigh);
  }
}
