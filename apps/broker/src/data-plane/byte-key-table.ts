// A table keyed by a range of bytes: a name in a frame finds its entry without becoming a string.
// Must stay bounded: when full it forgets everything, since entries are only cached decisions.

interface Slot<T> {
  key: Uint8Array;
  value: T;
  next: Slot<T> | undefined;
}

/** Buckets; a power of two. */
const BUCKETS = 4096;

export class ByteKeyTable<T> {
  private buckets: Array<Slot<T> | undefined> = Array.from({ length: BUCKETS });
  private count = 0;

  /** `maxEntries`: names remembered before the table starts afresh. */
  constructor(private readonly maxEntries: number) {}

  get size(): number {
    return this.count;
  }

  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    for (let slot = this.buckets[hashOf(bytes, start, end)]; slot !== undefined; slot = slot.next) {
      if (sameBytes(slot.key, bytes, start, end)) return slot.value;
    }
    return undefined;
  }

  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (this.count >= this.maxEntries) this.clear();
    const bucket = hashOf(bytes, start, end);
    for (let slot = this.buckets[bucket]; slot !== undefined; slot = slot.next) {
      if (sameBytes(slot.key, bytes, start, end)) {
        slot.value = value;
        return;
      }
    }
    this.buckets[bucket] = { key: bytes.slice(start, end), value, next: this.buckets[bucket] };
    this.count++;
  }

  clear(): void {
    this.buckets = Array.from({ length: BUCKETS });
    this.count = 0;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}

function sameBytes(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
