// The store as the broker sees it: opens and closes the layers, ends each turn by writing, and says what is confirmed.
// Must never confirm what is not kept as configured, nor go on writing after the first error (D6, D7).
import { dirname } from 'node:path';
import { StoreClosedError } from '../errors/index.js';
import { Background } from './background.js';
import { FlushService } from './commit-log/flush-service.js';
import type { ConsumeQueue } from './consume-queue/consume-queue.js';
import type { DiskLock } from './disk/disk.js';
import { PutWaiters } from './put-waiters.js';
import { recoverStore } from './recovery/recover-store.js';
import { createLayers, type MessageStoreOptions, type StoreLayers } from './store-layers.js';
import type {
  ArrivalListener,
  GatherTarget,
  GetMessageResult,
  MessageIndex,
  MessageStore,
  PutMessage,
  PutMessageResult,
  QueueRef,
  StagedMessage,
  StageStatus,
  TagCodeFilter,
} from './store-types.js';
import { MessageWriter } from './write/message-writer.js';
import { PUT_STATUS, stagedOf } from './write/put-message.js';
import { refusalReason } from './write/refusal.js';

type ConfirmListener = (confirmedOffset: number, timedOut: boolean) => void;
type State = 'new' | 'open' | 'sealed' | 'closing' | 'closed';

/** Makes a store over a directory; open() does the work. */
export function createMessageStore(options: MessageStoreOptions): MessageStore {
  return new LocalMessageStore(createLayers(options));
}

class LocalMessageStore implements MessageStore {
  readonly index: MessageIndex;
  private readonly layers: StoreLayers;
  private readonly writer: MessageWriter;
  private readonly flusher: FlushService;
  private readonly waiters = new PutWaiters();
  private background: Background | undefined;
  private lock: DiskLock | undefined;
  private leaveTurn: (() => void) | undefined;
  private state: State = 'new';
  private sealedBy: Error | undefined;
  private confirmListeners: ConfirmListener[] = [];
  private recovered = { droppedBytes: 0, rebuiltQueues: 0 };

  constructor(layers: StoreLayers) {
    this.layers = layers;
    const { log, queues, ring, config, options } = layers;
    const { clock, turn } = options;
    this.index = layers.messageIndex;
    layers.progress.confirmedOffset = () => this.confirmedOffset;
    this.writer = new MessageWriter({ config, clock, turn, log, queues, ring, onFailure: (error) => this.seal(error) });
    this.flusher = new FlushService(log, clock, config, {
      onFlushed: (flushedOffset, newestTimestamp) => this.flushed(flushedOffset, newestTimestamp),
      onTimeout: () => this.flushTimedOut(),
      onError: (error) => this.seal(error),
      newestTimestamp: () => this.writer.newestTimestamp,
    });
  }

  async open(): Promise<void> {
    if (this.state !== 'new') throw new StoreClosedError(`it is ${this.state} and cannot be opened`);
    const { layers } = this;
    const { disk, turn } = layers.options;
    for (const made of disk.makeDirectory(layers.config.storePathRootDir)) await disk.flushDirectory(dirname(made));
    // A log that could not be made with the first message is better told now.
    for (const made of disk.makeDirectory(layers.config.storePathCommitLog)) await disk.flushDirectory(dirname(made));
    this.lock = disk.lock(layers.config.storePathRootDir);
    try {
      const result = await recoverStore(layers);
      this.recovered = result;
      this.writer.newestTimestamp = result.newestTimestamp;
      this.writer.confirmedOffset = result.endOffset;
      layers.checkpoint.create();
      await layers.abort.write();
    } catch (error) {
      layers.handles.closeAll();
      layers.checkpoint.close();
      this.lock.release();
      throw error;
    }
    const newestDispatched = (): number => (layers.ring.length === 0 ? this.writer.newestTimestamp : 0);
    const onDiskFull = (isFull: boolean): void => void (this.writer.isDiskFull = isFull);
    this.background = new Background({ layers, lock: this.lock, newestDispatched, onDiskFull, onFailure: (error) => this.seal(error) });
    this.leaveTurn = turn.join('commit', () => this.commit());
    this.state = 'open';
    this.writer.isOpen = true;
    this.flusher.start();
    this.background.start();
    layers.index.start();
  }

  async close(): Promise<void> {
    if (this.state === 'closed' || this.state === 'closing') return;
    const wasOpen = this.state === 'open';
    const wasNew = this.state === 'new';
    this.state = 'closing';
    this.writer.isOpen = false;
    try {
      if (!wasNew) await this.stopLayers(wasOpen);
    } finally {
      this.layers.handles.closeAll();
      this.layers.checkpoint.close();
      this.lock?.release();
      this.waiters.fail(new StoreClosedError('closed'));
      this.state = 'closed';
    }
  }

  queue(topic: string, queueId: number): QueueRef {
    return this.layers.queues.getOrCreate(topic, queueId);
  }

  findQueue(topic: string, queueId: number): QueueRef | undefined {
    return this.layers.queues.find(topic, queueId);
  }

  queuesOf(topic: string): QueueRef[] {
    return this.layers.queues.queuesOf(topic);
  }

  topics(): string[] {
    return this.layers.queues.topics();
  }

  stage(message: StagedMessage): StageStatus {
    return this.writer.stage(message);
  }

  stageBatch(messages: readonly StagedMessage[], count: number): StageStatus {
    return this.writer.stageBatch(messages, count);
  }

  get stagedOffset(): number {
    return this.layers.log.stagedOffset;
  }

  get confirmedOffset(): number {
    return this.writer.confirmedOffset;
  }

  onConfirmed(listener: ConfirmListener): () => void {
    this.confirmListeners = [...this.confirmListeners, listener];
    return () => {
      this.confirmListeners = this.confirmListeners.filter((other) => other !== listener);
    };
  }

  onArrival(listener: ArrivalListener): () => void {
    return this.layers.dispatcher.onArrival(listener);
  }

  async put(message: PutMessage): Promise<PutMessageResult> {
    return this.putBatch([message]);
  }

  async putBatch(messages: readonly PutMessage[]): Promise<PutMessageResult> {
    this.throwUnlessOpen();
    const staged = messages.map((message) => stagedOf(message, this.layers.queues.getOrCreate(message.topic, message.queueId)));
    const status = this.writer.stageBatch(staged, staged.length);
    if (status !== 0) return { status: PUT_STATUS[status], records: [], reason: this.reasonOf(status, staged) };
    const records = staged.map(({ physicalOffset, queueOffset, recordSize, storeTimestamp }) => ({
      physicalOffset,
      queueOffset,
      size: recordSize,
      storeTimestamp,
    }));
    return this.waiters.add(this.stagedOffset, this.layers.options.clock.monotonic(), { records });
  }

  get(
    queue: QueueRef | undefined,
    queueOffset: number,
    maxMessages: number,
    filter: TagCodeFilter | undefined,
    target: GatherTarget,
    result: GetMessageResult,
  ): void {
    this.throwUnlessReadable();
    this.layers.reader.get(queue as ConsumeQueue | undefined, queueOffset, maxMessages, filter, target, result);
  }

  readRecord(physicalOffset: number): Uint8Array | undefined {
    this.throwUnlessReadable();
    return this.layers.reader.readRecord(physicalOffset, this.confirmedOffset);
  }

  searchOffset(queue: QueueRef, timestamp: number, boundary: 'LOWER' | 'UPPER'): number {
    this.throwUnlessReadable();
    return this.layers.reader.searchOffset(queue as ConsumeQueue, timestamp, boundary);
  }

  storeTimeOf(queue: QueueRef, queueOffset: number): number {
    this.throwUnlessReadable();
    return this.layers.reader.storeTimeOf(queue as ConsumeQueue, queueOffset);
  }

  isInMemory(queue: QueueRef, queueOffset: number): boolean {
    return this.layers.reader.isInMemory(queue as ConsumeQueue, queueOffset);
  }

  async deleteTopic(topic: string): Promise<void> {
    this.throwUnlessOpen();
    const { queues, deletedTopics, log } = this.layers;
    if (queues.queuesOf(topic).length === 0) return;
    await deletedTopics.add(topic, log.stagedOffset);
    for (const queue of queues.queuesOf(topic)) queues.drop(queue);
  }

  get minPhysicalOffset(): number {
    return this.layers.log.minOffset;
  }

  get maxPhysicalOffset(): number {
    return this.layers.log.writtenOffset;
  }

  writability(): { writable: boolean; reason: string } {
    if (this.state === 'sealed') return { writable: false, reason: `the store is sealed: ${this.sealedBy?.message ?? 'unknown'}` };
    if (this.state !== 'open') return { writable: false, reason: `the store is ${this.state}` };
    if (this.isFull()) return { writable: false, reason: `disk ${Math.round(this.background!.cleaner.usedPercent)} % used` };
    return { writable: true, reason: '' };
  }

  counters(): Readonly<Record<string, number>> {
    const { log, queues, index, handles, dispatcher, reader } = this.layers;
    const cleaner = this.background?.cleaner;
    return {
      commitLogMinOffset: log.minOffset,
      commitLogMaxOffset: log.writtenOffset,
      commitLogFlushedOffset: log.flushedOffset,
      confirmedOffset: this.confirmedOffset,
      putMessages: dispatcher.dispatchedCount,
      gotMessages: reader.gotMessages,
      flushes: this.flusher.flushCount,
      unconfirmedBytes: log.stagedOffset - this.confirmedOffset,
      waitingPuts: this.waiters.count,
      chunkReads: log.chunkReads,
      queues: queues.queueCount,
      openFiles: handles.openCount,
      deletedLogFiles: cleaner?.deletedLogFiles ?? 0,
      deletedQueueFiles: cleaner?.deletedQueueFiles ?? 0,
      recoveryDroppedBytes: this.recovered.droppedBytes,
      recoveryRebuiltQueues: this.recovered.rebuiltQueues,
      ...index.counters(),
    };
  }

  /** End of a turn: everything staged goes to the operating system before anything of this turn is answered. */
  private commit(): void {
    this.writer.endTurn();
    const { log, config } = this.layers;
    if (log.stagedOffset === this.writer.confirmedOffset || this.state === 'sealed') return;
    try {
      log.writeStaged();
    } catch (error) {
      this.seal(error);
      return;
    }
    if (config.flushDiskType === 'SYNC_FLUSH') this.flusher.requestGroup();
    else this.confirm(log.writtenOffset);
  }

  private confirm(offset: number): void {
    if (offset <= this.writer.confirmedOffset || this.state === 'sealed') return;
    try {
      this.layers.dispatcher.dispatch(offset);
    } catch (error) {
      this.seal(error);
      return;
    }
    this.writer.confirmedOffset = offset;
    for (const listener of this.confirmListeners) listener(offset, false);
    this.waiters.confirmed(offset);
    this.layers.index.confirmed();
  }

  private flushed(flushedOffset: number, newestTimestamp: number): void {
    this.layers.checkpoint.setLog(newestTimestamp, flushedOffset);
    if (this.layers.config.flushDiskType === 'SYNC_FLUSH') this.confirm(flushedOffset);
  }

  private flushTimedOut(): void {
    const { clock } = this.layers.options;
    for (const listener of this.confirmListeners) listener(this.confirmedOffset, true);
    this.waiters.timedOut(clock.monotonic() - this.layers.config.syncFlushTimeout);
  }

  /** The first error ends writing for good: nothing unconfirmed is ever confirmed, the next start recovers. */
  private seal(cause: unknown): void {
    if (this.state !== 'open' && this.state !== 'closing') return;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.state = 'sealed';
    this.sealedBy = error;
    this.writer.isOpen = false;
    this.layers.ring.clear();
    this.layers.log.dropStaged();
    this.layers.options.logger.error('store sealed, restart the broker', { error: error.message, confirmedOffset: this.confirmedOffset });
    this.layers.index.stop();
    this.waiters.fail(error);
    this.layers.options.onSealed?.(error);
  }

  private async stopLayers(wasOpen: boolean): Promise<void> {
    if (wasOpen) this.commit();
    await this.flusher.stop();
    await this.background?.stop();
    this.leaveTurn?.();
    if (!wasOpen || this.isSealed()) {
      this.layers.index.stop();
      return;
    }
    const { log, checkpoint, abort } = this.layers;
    const offset = await log.flush();
    this.flushed(offset, this.writer.newestTimestamp);
    this.confirm(offset);
    await this.background?.flushQueues();
    await this.layers.index.close();
    while (log.series.fileCount > 0 && log.series.fileStarts.at(-1)! >= log.writtenOffset) log.series.remove(log.series.fileStarts.at(-1)!);
    await log.series.flush();
    await checkpoint.write();
    await abort.remove();
  }

  private isSealed(): boolean {
    return this.sealedBy !== undefined;
  }

  private isFull(): boolean {
    return this.background?.cleaner.isDiskFull ?? false;
  }

  private reasonOf(status: Exclude<StageStatus, 0>, staged: readonly StagedMessage[]): string {
    return this.writability().writable
      ? refusalReason(status, staged, this.layers.config, this.layers.log.recordBytesMax)
      : this.writability().reason;
  }

  private throwUnlessOpen(): void {
    if (this.sealedBy !== undefined) throw this.sealedBy;
    if (this.state !== 'open') throw new StoreClosedError(`it is ${this.state}`);
  }

  private throwUnlessReadable(): void {
    if (this.state !== 'open' && this.state !== 'sealed') throw new StoreClosedError(`it is ${this.state}`);
  }
}
