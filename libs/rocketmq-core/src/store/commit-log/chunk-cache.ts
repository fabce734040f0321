// Pieces of older log files, read in page-aligned chunks and kept, a bounded number, for readers that are behind.
// Must never keep bytes that may still change: a chunk knows how far it was written when it was read.
import type { StoreFileSeries } from '../file/store-file-series.js';

const CHUNK_BYTES = 128 * 1024;

interface Chunk {
  start: number;
  /** Bytes of the chunk that were written when it was read. */
  length: number;
  bytes: Uint8Array;
}

export class ChunkCache {
  private readonly series: StoreFileSeries;
  private readonly maxChunks: number;
  /** In order of use, oldest first. */
  private readonly chunks = new Map<number, Chunk>();
  private latest: Chunk | undefined;
  reads = 0;

  constructor(series: StoreFileSeries, maxChunks: number) {
    this.series = series;
    this.maxChunks = maxChunks;
  }

  clear(): void {
    this.chunks.clear();
    this.latest = undefined;
  }

  /** Copies `length` bytes from `offset` on; false when the files do not hold them below `writtenOffset`. */
  copy(offset: number, length: number, writtenOffset: number, target: Uint8Array, targetStart: number): boolean {
    let from = offset;
    let at = targetStart;
    const end = offset + length;
    if (end > writtenOffset) return false;
    while (from < end) {
      const chunk = this.chunkAt(from, end, writtenOffset);
      if (chunk === undefined) return false;
      const begin = from - chunk.start;
      const step = Math.min(end - from, chunk.length - begin);
      if (step <= 0) return false;
      target.set(chunk.bytes.subarray(begin, begin + step), at);
      from += step;
      at += step;
    }
    return true;
  }

  private chunkAt(offset: number, end: number, writtenOffset: number): Chunk | undefined {
    const fileStart = this.series.startOf(offset);
    const start = fileStart + Math.floor((offset - fileStart) / CHUNK_BYTES) * CHUNK_BYTES;
    const fileEnd = fileStart + this.series.fileSize;
    const wanted = Math.min(end, start + CHUNK_BYTES, fileEnd);
    const { latest } = this;
    if (latest !== undefined && latest.start === start && start + latest.length >= wanted) return latest;
    let chunk = this.chunks.get(start);
    if (chunk !== undefined) this.chunks.delete(start);
    if (chunk === undefined || start + chunk.length < wanted) {
      chunk = this.fill(chunk ?? this.recycle(start), Math.min(start + CHUNK_BYTES, fileEnd, writtenOffset));
      if (chunk === undefined) return undefined;
    }
    this.chunks.set(start, chunk);
    this.latest = chunk;
    return chunk;
  }

  private fill(chunk: Chunk, end: number): Chunk | undefined {
    const length = end - chunk.start;
    chunk.length = this.series.read(chunk.bytes, 0, length, chunk.start);
    this.reads++;
    return chunk.length === length ? chunk : undefined;
  }

  private recycle(start: number): Chunk {
    if (this.chunks.size >= this.maxChunks) {
      const oldest: Chunk = this.chunks.values().next().value!;
      this.chunks.delete(oldest.start);
      if (this.latest === oldest) this.latest = undefined;
      oldest.start = start;
      oldest.length = 0;
      return oldest;
    }
    return { start, length: 0, bytes: new Uint8Array(CHUNK_BYTES) };
  }
}
