// Brings the items of a batch together again behind their interceptors: each goes through them by itself, then all wait here for one call.
// Must never wait without end for an item that its interceptor keeps.
import type { Clock, Timer } from 'rocketmq-core/common';
import type { Verdict } from './consume-interceptor.js';

/** How long gathered items wait for one that an interceptor keeps before they are handled without it. */
export const BATCH_GATHER_MS = 30_000;

interface Waiting<Item> {
  readonly item: Item;
  settle(verdict: Verdict): void;
}

export class BatchGathering<Item> {
  private waiting: Array<Waiting<Item>> = [];
  private timer: Timer | undefined;

  /** `open`: items on their way. `handle` gives a verdict for each item, in their order, and never rejects. */
  constructor(
    private open: number,
    private readonly clock: Clock,
    private readonly handle: (items: readonly Item[]) => Promise<readonly Verdict[]>,
  ) {}

  /** The item has arrived; resolves with its verdict once the batch has been handled. */
  join(item: Item): Promise<Verdict> {
    return new Promise((settle) => {
      this.waiting.push({ item, settle });
      this.open--;
      this.goOn();
    });
  }

  /** An item that was on its way, before its call or after, will not come any more. */
  left(): void {
    this.open--;
    this.goOn();
  }

  private goOn(): void {
    if (this.waiting.length === 0) return;
    if (this.open > 0) this.timer ??= this.clock.setTimer(() => this.flush(), BATCH_GATHER_MS);
    else this.flush();
  }

  private flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    // Each of them is on its way again: back through its interceptors, or once more to here.
    void this.handle(batch.map(({ item }) => item)).then((verdicts) => {
      this.open += batch.length;
      for (const [index, { settle }] of batch.entries()) settle(verdicts[index]!);
    });
  }
}
