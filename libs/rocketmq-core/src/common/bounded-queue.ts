// A first-in-first-out queue with a limit. Must never grow past it: the caller decides what refusing means.

export class BoundedQueue<T> {
  readonly limit: number;
  private items: Array<T | undefined> = [];
  private head = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.items.length - this.head;
  }

  /** False: full, nothing was added. */
  push(item: T): boolean {
    if (this.length >= this.limit) return false;
    this.items.push(item);
    return true;
  }

  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  clear(): void {
    this.items = [];
    this.head = 0;
  }
}
