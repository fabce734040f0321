// The part of the broker's configuration that the store takes. Pure mapping; names are equal on both sides.
import type { MessageStoreConfig } from 'rocketmq-core/store';
import type { BrokerConfig } from './broker-config.schema.js';

export function storeConfigOf(config: BrokerConfig): MessageStoreConfig {
  return {
    storePathRootDir: config.storePathRootDir,
    storePathCommitLog: config.storePathCommitLog,
    mappedFileSizeCommitLog: config.mappedFileSizeCommitLog,
    mappedFileSizeConsumeQueue: config.mappedFileSizeConsumeQueue,
    maxMessageSize: config.maxMessageSize,
    flushDiskType: config.flushDiskType,
    flushIntervalCommitLog: config.flushIntervalCommitLog,
    flushCommitLogThoroughInterval: config.flushCommitLogThoroughInterval,
    flushIntervalConsumeQueue: config.flushIntervalConsumeQueue,
    syncFlushTimeout: config.syncFlushTimeout,
    warmMapedFileEnable: config.warmMapedFileEnable,
    maxTransferBytesOnMessageInMemory: config.maxTransferBytesOnMessageInMemory,
    maxTransferCountOnMessageInMemory: config.maxTransferCountOnMessageInMemory,
    maxTransferBytesOnMessageInDisk: config.maxTransferBytesOnMessageInDisk,
    maxTransferCountOnMessageInDisk: config.maxTransferCountOnMessageInDisk,
    accessMessageInMemoryMaxRatio: config.accessMessageInMemoryMaxRatio,
    diskMaxUsedSpaceRatio: config.diskMaxUsedSpaceRatio,
    fileReservedTime: config.fileReservedTime,
    deleteWhen: config.deleteWhen,
    messageIndexEnable: config.messageIndexEnable,
    maxHashSlotNum: config.maxHashSlotNum,
    maxIndexNum: config.maxIndexNum,
    maxMsgsNumBatch: config.maxMsgsNumBatch,
    maxUnconfirmedBytes: config.maxUnconfirmedBytes,
  };
}
