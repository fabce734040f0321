// Puts messages into the turn's staging area: offsets, store time and the place in the consume queue are decided here and nowhere else.
// Must never answer a caller: what is staged is neither written nor confirmed yet.
import type { Clock, Turn } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { CommitLog } from '../commit-log/commit-log.js';
import { recordSizeOf, storedPropertiesLength } from '../commit-log/record-encoder.js';
import { hostBytesOf, isQueued, PROPERTIES_BYTES_MAX, SYS_FLAG_BORN_HOST_V6, SYS_FLAG_STORE_HOST_V6 } from '../commit-log/record-layout.js';
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import type { ConsumeQueueStore } from '../consume-queue/consume-queue-store.js';
import type { DispatchRing } from '../dispatch/dispatch-ring.js';
import {
  type MessageStoreConfig,
  STAGE_BUSY,
  STAGE_CREATE_FILE_FAILED,
  STAGE_MESSAGE_ILLEGAL,
  STAGE_OK,
  STAGE_PROPERTIES_SIZE_EXCEEDED,
  STAGE_SERVICE_NOT_AVAILABLE,
  type StagedMessage,
  type StageStatus,
} from '../store-types.js';

export interface WriterPorts {
  config: MessageStoreConfig;
  clock: Clock;
  turn: Turn;
  log: CommitLog;
  queues: ConsumeQueueStore;
  ring: DispatchRing;
  /** Told of an error that ends writing. */
  onFailure(error: unknown): void;
}

export class MessageWriter {
  private readonly ports: WriterPorts;
  private readonly log: CommitLog;
  private readonly queues: ConsumeQueueStore;
  private readonly ring: DispatchRing;
  private readonly maxMessageSize: number;
  private readonly maxUnconfirmedBytes: number;
  /** False: nothing is taken; why is the store's to say. */
  isOpen = false;
  /** True: the disk has no room; nothing is taken until it has. */
  isDiskFull = false;
  confirmedOffset = 0;
  /** Never goes back, whatever the wall clock does: recovery and searches by time rely on it. */
  newestTimestamp = 0;
  private isTurnOpen = false;

  constructor(ports: WriterPorts) {
    this.ports = ports;
    this.log = ports.log;
    this.queues = ports.queues;
    this.ring = ports.ring;
    this.maxMessageSize = ports.config.maxMessageSize;
    this.maxUnconfirmedBytes = ports.config.maxUnconfirmedBytes;
  }

  stage(message: StagedMessage): StageStatus {
    const status = this.check(message);
    if (status !== STAGE_OK) return status;
    const reserved = this.reserve(message.recordSize);
    if (reserved !== STAGE_OK) return reserved;
    this.openTurn();
    this.append(message);
    return STAGE_OK;
  }

  stageBatch(messages: readonly StagedMessage[], count: number): StageStatus {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const status = this.check(messages[i]!);
      if (status !== STAGE_OK) return status;
      total += messages[i]!.recordSize;
    }
    if (count === 0 || total > this.log.recordBytesMax) return STAGE_MESSAGE_ILLEGAL;
    const reserved = this.reserve(total);
    if (reserved !== STAGE_OK) return reserved;
    this.openTurn();
    for (let i = 0; i < count; i++) this.append(messages[i]!);
    return STAGE_OK;
  }

  /** The turn is over: the next message begins another one. */
  endTurn(): void {
    this.isTurnOpen = false;
  }

  /** Sets recordSize when the message can be stored. */
  private check(message: StagedMessage): StageStatus {
    if (!this.isOpen || this.isDiskFull || this.queues.at(message.queue.index) !== message.queue) return STAGE_SERVICE_NOT_AVAILABLE;
    if (this.log.stagedOffset - this.confirmedOffset > this.maxUnconfirmedBytes) return STAGE_BUSY;
    const propertiesLength = storedPropertiesLength(message);
    if (propertiesLength > PROPERTIES_BYTES_MAX) return STAGE_PROPERTIES_SIZE_EXCEEDED;
    const { sysFlag, bodyLength, bornHost, storeHost } = message;
    if (bodyLength > this.maxMessageSize) return STAGE_MESSAGE_ILLEGAL;
    if (bornHost.length !== hostBytesOf(sysFlag, SYS_FLAG_BORN_HOST_V6)) return STAGE_MESSAGE_ILLEGAL;
    if (storeHost.length !== hostBytesOf(sysFlag, SYS_FLAG_STORE_HOST_V6)) return STAGE_MESSAGE_ILLEGAL;
    message.recordSize = recordSizeOf(message, (message.queue as ConsumeQueue).topicView.byteLength, propertiesLength);
    return message.recordSize > this.log.recordBytesMax ? STAGE_MESSAGE_ILLEGAL : STAGE_OK;
  }

  private reserve(byteCount: number): StageStatus {
    try {
      this.log.reserve(byteCount);
      return STAGE_OK;
    } catch (error) {
      if (error instanceof StoreIoError && error.context['operation'] === 'create') return STAGE_CREATE_FILE_FAILED;
      this.ports.onFailure(error);
      return STAGE_SERVICE_NOT_AVAILABLE;
    }
  }

  private append(message: StagedMessage): void {
    const queue = message.queue as ConsumeQueue;
    const queued = isQueued(message.sysFlag);
    message.physicalOffset = this.log.stagedOffset;
    message.queueOffset = queued ? queue.nextOffset : 0;
    message.storeTimestamp = this.newestTimestamp;
    this.log.append(message, queue.topicView, storedPropertiesLength(message));
    if (!queued) return;
    queue.nextOffset++;
    this.ring.push(queue.index, message.physicalOffset, message.recordSize, message.tagsCodeHigh, message.tagsCodeLow);
  }

  private openTurn(): void {
    if (this.isTurnOpen) return;
    this.isTurnOpen = true;
    const now = this.ports.clock.now();
    if (now > this.newestTimestamp) this.newestTimestamp = now;
    this.ports.turn.request();
  }
}
