// All consume queues: found by name or by index, written and flushed together. Derived data.
// Must never make a queue for a name that is no topic name.
import { join } from 'node:path';
import type { SeriesPorts } from '../file/store-file-series.js';
import { ConsumeQueue, UnitReadBuffer } from './consume-queue.js';
import { UNIT_BYTES } from './unit-codec.js';
import { checkQueueName, isTopicName, queueIdOfDirectory } from './queue-name.js';

export class ConsumeQueueStore {
  readonly directory: string;
  private readonly fileSize: number;
  private readonly ports: SeriesPorts & { readBuffer: UnitReadBuffer };
  private readonly byTopic = new Map<string, Map<number, ConsumeQueue>>();
  /** By index; a place is empty after its topic was deleted. */
  private readonly byIndex: Array<ConsumeQueue | undefined> = [];
  /** Queues with units, or files, that were not flushed. */
  private readonly touched = new Set<ConsumeQueue>();

  constructor(directory: string, fileSize: number, ports: SeriesPorts) {
    this.directory = directory;
    this.fileSize = fileSize;
    this.ports = { ...ports, readBuffer: new UnitReadBuffer() };
  }

  get queueCount(): number {
    let count = 0;
    for (const queues of this.byTopic.values()) count += queues.size;
    return count;
  }

  /** Finds the queues on disk. What is not named like one is left alone. */
  load(): void {
    const { disk } = this.ports;
    for (const topic of disk.list(this.directory)) {
      if (!isTopicName(topic) || disk.stat(join(this.directory, topic))?.kind !== 'directory') continue;
      for (const name of disk.list(join(this.directory, topic))) {
        const queueId = queueIdOfDirectory(name);
        if (queueId === undefined || disk.stat(join(this.directory, topic, name))?.kind !== 'directory') continue;
        this.getOrCreate(topic, queueId).series.load();
      }
    }
  }

  find(topic: string, queueId: number): ConsumeQueue | undefined {
    return this.byTopic.get(topic)?.get(queueId);
  }

  at(index: number): ConsumeQueue | undefined {
    return this.byIndex[index];
  }

  getOrCreate(topic: string, queueId: number): ConsumeQueue {
    const found = this.find(topic, queueId);
    if (found !== undefined) return found;
    checkQueueName(topic, queueId);
    const directory = join(this.directory, topic, String(queueId));
    const queue = new ConsumeQueue({ topic, queueId, index: this.byIndex.length }, directory, this.fileSize, this.ports);
    this.byIndex.push(queue);
    const queues = this.byTopic.get(topic) ?? new Map<number, ConsumeQueue>();
    this.byTopic.set(topic, queues.set(queueId, queue));
    return queue;
  }

  *all(): Iterable<ConsumeQueue> {
    for (const queues of this.byTopic.values()) yield* queues.values();
  }

  queuesOf(topic: string): ConsumeQueue[] {
    return [...(this.byTopic.get(topic)?.values() ?? [])].toSorted((a, b) => a.queueId - b.queueId);
  }

  topics(): string[] {
    return [...this.byTopic.keys()];
  }

  append(queue: ConsumeQueue, physicalOffset: number, size: number, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (!queue.hasUnwritten) this.touched.add(queue);
    queue.append(physicalOffset, size, tagsCodeHigh, tagsCodeLow);
  }

  /** Hands what is only in memory to the operating system. */
  writeOut(): void {
    for (const queue of this.touched) queue.writeOut();
  }

  /** Makes everything dispatched before the call durable. */
  async flush(): Promise<void> {
    this.writeOut();
    const queues = [...this.touched];
    this.touched.clear();
    for (const queue of queues) await queue.series.flush();
  }

  /** Forgets one queue and deletes its files. */
  drop(queue: ConsumeQueue): void {
    this.touched.delete(queue);
    queue.forgetReads();
    queue.series.removeAll();
    this.byIndex[queue.index] = undefined;
    const queues = this.byTopic.get(queue.topic);
    queues?.delete(queue.queueId);
    if (queues?.size === 0) {
      this.byTopic.delete(queue.topic);
      this.ports.disk.removeDirectory(join(this.directory, queue.topic));
    }
  }

  /** Deletes files whose last unit points below the log, never the last file [java ConsumeQueue#deleteExpiredFile]. Files deleted. */
  deleteBelow(minPhysicalOffset: number): number {
    let deleted = 0;
    for (const queue of this.all()) {
      queue.correctMinOffset(minPhysicalOffset);
      const keepFrom = queue.series.startOf(queue.minOffset * UNIT_BYTES);
      while (queue.series.fileCount > 1 && queue.series.firstStart + this.fileSize <= keepFrom) {
        queue.series.remove(queue.series.firstStart);
        queue.forgetReads();
        this.touched.add(queue);
        deleted++;
      }
    }
    return deleted;
  }
}
