// Which half messages are undecided, and how far the half and the op queue are used up. Memory only: the log is the truth, and the
// state is made from it at every start. Must never forget an undecided half message.

/** One undecided transaction: its newest record in the half queue. */
export interface OpenTransaction {
  readonly queueOffset: number;
  /** Clock.monotonic() from which its producers may be asked. */
  readonly askAtMs: number;
}

export class OpenTransactions {
  /** By identity, oldest first. */
  private readonly open = new Map<string, OpenTransaction>();
  /** Half messages done with, from the cursor on. */
  private readonly closed = new Set<number>();
  /** op queue offset -> last half message it names, from the op cursor on. */
  private readonly ops = new Map<number, number>();
  private halfCursor = 0;
  private opCursor = 0;

  /** Everything below is done with. */
  get halfOffset(): number {
    return this.halfCursor;
  }

  /** Op records below are not needed any more: they speak of half messages below the half offset. */
  get opOffset(): number {
    return this.opCursor;
  }

  get count(): number {
    return this.open.size;
  }

  begin(halfOffset: number, opOffset: number): void {
    this.open.clear();
    this.closed.clear();
    this.ops.clear();
    this.halfCursor = halfOffset;
    this.opCursor = opOffset;
  }

  find(identity: string): OpenTransaction | undefined {
    return this.open.get(identity);
  }

  entries(): IterableIterator<[string, OpenTransaction]> {
    return this.open.entries();
  }

  /** Takes up a record; the older record of the same transaction it takes the place of, which the caller must close. */
  add(identity: string, transaction: OpenTransaction): OpenTransaction | undefined {
    const older = this.open.get(identity);
    if (older !== undefined) this.open.delete(identity);
    this.open.set(identity, transaction);
    return older;
  }

  remove(identity: string): void {
    this.open.delete(identity);
  }

  /** The record at this place of the half queue is done with. */
  close(queueOffset: number): void {
    if (queueOffset < this.halfCursor) return;
    this.closed.add(queueOffset);
    while (this.closed.delete(this.halfCursor)) this.halfCursor++;
    this.useUpOps();
  }

  /** An op record that names half messages up to `lastHalfOffset`. */
  noteOp(opOffset: number, lastHalfOffset: number): void {
    if (opOffset < this.opCursor) return;
    this.ops.set(opOffset, lastHalfOffset);
    this.useUpOps();
  }

  private useUpOps(): void {
    for (let last = this.ops.get(this.opCursor); last !== undefined && last < this.halfCursor; last = this.ops.get(this.opCursor)) {
      this.ops.delete(this.opCursor);
      this.opCursor++;
    }
  }
}
