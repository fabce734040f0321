// The committed offsets of one group on one topic. The data plane keeps a reference and commits without looking names up;
// must never drop back to "unknown" by itself: -1 means that nothing was ever committed.

export class QueueOffsets {
  private offsets = new Float64Array(0);

  constructor(
    readonly topic: string,
    readonly group: string,
  ) {}

  /** Committed offset, -1 when none. */
  get(queueId: number): number {
    return queueId < this.offsets.length ? this.offsets[queueId]! : -1;
  }

  set(queueId: number, offset: number): void {
    if (queueId >= this.offsets.length) this.grow(queueId + 1);
    this.offsets[queueId] = offset;
  }

  /** Forgets what it has and takes these. */
  replaceWith(entries: ReadonlyMap<number, number>): void {
    this.offsets.fill(-1);
    for (const [queueId, offset] of entries) this.set(queueId, offset);
  }

  /** queueId -> offset of the queues that have one, in order. */
  entries(): Map<number, number> {
    const found = new Map<number, number>();
    for (let queueId = 0; queueId < this.offsets.length; queueId++) {
      if (this.offsets[queueId]! >= 0) found.set(queueId, this.offsets[queueId]!);
    }
    return found;
  }

  private grow(length: number): void {
    const next = new Float64Array(Math.max(length, this.offsets.length * 2, 4)).fill(-1);
    next.set(this.offsets);
    this.offsets = next;
  }
}
