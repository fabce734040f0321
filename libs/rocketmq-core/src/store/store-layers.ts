// Builds the layers of one store and the paths they use. Must never touch the disk.
import { join } from 'node:path';
import type { Clock, Logger, Turn } from '../common/index.js';
import { AbortMarker } from './checkpoint/abort-marker.js';
import { DeletedTopics } from './checkpoint/deleted-topics.js';
import { StoreCheckpoint } from './checkpoint/store-checkpoint.js';
import { CommitLog } from './commit-log/commit-log.js';
import { ConsumeQueueStore } from './consume-queue/consume-queue-store.js';
import type { Disk } from './disk/disk.js';
import { DispatchRing } from './dispatch/dispatch-ring.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { HandleCache } from './file/handle-cache.js';
import { IndexFiles } from './index/index-files.js';
import { IndexService } from './index/index-service.js';
import { StoredMessageIndex } from './index/message-index.js';
import { MessageReader } from './read/message-reader.js';
import { usableStoreConfig } from './store-config.js';
import type { MessageStoreConfig } from './store-types.js';

/** Log files, consume queue files and the odd other one; well below the usual limit of 1024. */
const OPEN_FILES_MAX = 256;

export interface MessageStoreOptions {
  config: MessageStoreConfig;
  disk: Disk;
  clock: Clock;
  turn: Turn;
  logger: Logger;
  /** The first I/O error sealed the store: end the process with a code other than 0, recovery is at the next start (D7). */
  onSealed?: (error: Error) => void;
  /** Delay of a delay level, for consume queues of SCHEDULE_TOPIC_XXXX that must be rebuilt. Default: Apache's 18 levels. */
  delayMsOfLevel?: (level: number) => number;
}

export interface StoreLayers {
  readonly options: MessageStoreOptions;
  readonly config: MessageStoreConfig;
  readonly handles: HandleCache;
  readonly log: CommitLog;
  readonly queues: ConsumeQueueStore;
  readonly ring: DispatchRing;
  readonly dispatcher: Dispatcher;
  readonly reader: MessageReader;
  readonly index: IndexService;
  readonly messageIndex: StoredMessageIndex;
  /** Set by the store. */
  readonly progress: { confirmedOffset: () => number };
  readonly checkpoint: StoreCheckpoint;
  readonly abort: AbortMarker;
  readonly deletedTopics: DeletedTopics;
}

export function createLayers(options: MessageStoreOptions): StoreLayers {
  const { disk } = options;
  const config = usableStoreConfig(options.config);
  const root = config.storePathRootDir;
  const handles = new HandleCache(disk, OPEN_FILES_MAX);
  const ports = { disk, handles };
  const log = new CommitLog(config.storePathCommitLog, config.mappedFileSizeCommitLog, ports);
  const queues = new ConsumeQueueStore(join(root, 'consumequeue'), config.mappedFileSizeConsumeQueue, ports);
  const ring = new DispatchRing();
  const reader = new MessageReader(log, config, disk.memoryBytes());
  const checkpoint = new StoreCheckpoint(join(root, 'checkpoint'), disk);
  const progress = { confirmedOffset: () => 0 };
  const { index, messageIndex } = indexOf(options, config, { log, handles, reader, checkpoint, progress });
  return {
    options,
    config,
    handles,
    log,
    queues,
    ring,
    dispatcher: new Dispatcher(ring, queues),
    reader,
    index,
    messageIndex,
    progress,
    checkpoint,
    abort: new AbortMarker(root, join(root, 'abort'), disk),
    deletedTopics: new DeletedTopics(join(root, 'deletedTopics.json'), disk, options.logger),
  };
}

type IndexParts = Pick<StoreLayers, 'log' | 'handles' | 'reader' | 'checkpoint' | 'progress'>;

function indexOf(
  { disk, clock, logger }: MessageStoreOptions,
  config: MessageStoreConfig,
  { log, handles, reader, checkpoint, progress }: IndexParts,
): Pick<StoreLayers, 'index' | 'messageIndex'> {
  const files = new IndexFiles({
    directory: join(config.storePathRootDir, 'index'),
    shape: { slots: config.maxHashSlotNum, entries: config.maxIndexNum },
    disk,
    handles,
    clock,
    logger,
  });
  const confirmedOffset = (): number => progress.confirmedOffset();
  const index = new IndexService({ isEnabled: config.messageIndexEnable, log, files, handles, checkpoint, clock, logger, confirmedOffset });
  const readRecord = (physicalOffset: number): Uint8Array | undefined => reader.readRecord(physicalOffset, confirmedOffset());
  return { index, messageIndex: new StoredMessageIndex({ files, service: index, clock, maxMessages: config.maxMsgsNumBatch, readRecord }) };
}
