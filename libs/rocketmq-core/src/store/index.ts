// The door of the store.
export { JsonConfigFile, type JsonConfigFileOptions } from './config-file/json-config-file.js';
export type { Disk, DiskFile, DiskLock, DiskUsage, FileStat } from './disk/disk.js';
export { NodeDisk } from './disk/node-disk.js';
export { createMessageStore } from './message-store.js';
export { messageStoreDefaults } from './store-config.js';
export type { MessageStoreOptions } from './store-layers.js';
export {
  type ArrivalListener,
  type GatherTarget,
  type GetMessageResult,
  type GetMessageStatus,
  type MessageIndex,
  type MessageQuery,
  type MessageQueryResult,
  type MessageStore,
  type MessageStoreConfig,
  type PutMessage,
  type PutMessageResult,
  type PutMessageStatus,
  type QueueRef,
  STAGE_BUSY,
  STAGE_CREATE_FILE_FAILED,
  STAGE_MESSAGE_ILLEGAL,
  STAGE_OK,
  STAGE_PROPERTIES_SIZE_EXCEEDED,
  STAGE_SERVICE_NOT_AVAILABLE,
  type StagedMessage,
  type StageStatus,
  type TagCodeFilter,
} from './store-types.js';
export {
  TIMER_SLOTS_TOTAL,
  type TimerCommitLog,
  type TimerEntry,
  TimerStore,
  type TimerStoreOptions,
  type WaitingEntry,
} from './timer/timer-store.js';
