// The store's settings: Apache's names and defaults, and the check that they can be used. Must never guess a value.
import { ConfigError, type ConfigProblem } from '../errors/index.js';
import type { MessageStoreConfig } from './store-types.js';
import { indexFileBytes } from './index/index-file.js';
import { UNIT_BYTES } from './consume-queue/unit-codec.js';

const MIB = 1024 * 1024;

/** Defaults for a store below `storePathRootDir`. */
export function messageStoreDefaults(storePathRootDir: string): MessageStoreConfig {
  return {
    storePathRootDir,
    storePathCommitLog: `${storePathRootDir}/commitlog`,
    mappedFileSizeCommitLog: 1024 * MIB,
    mappedFileSizeConsumeQueue: 300_000 * UNIT_BYTES,
    maxMessageSize: 4 * MIB,
    flushDiskType: 'ASYNC_FLUSH',
    flushIntervalCommitLog: 500,
    flushCommitLogThoroughInterval: 10_000,
    flushIntervalConsumeQueue: 1000,
    syncFlushTimeout: 5000,
    warmMapedFileEnable: false,
    maxTransferBytesOnMessageInMemory: 256 * 1024,
    maxTransferCountOnMessageInMemory: 32,
    maxTransferBytesOnMessageInDisk: 64 * 1024,
    maxTransferCountOnMessageInDisk: 8,
    accessMessageInMemoryMaxRatio: 40,
    diskMaxUsedSpaceRatio: 75,
    fileReservedTime: 72,
    deleteWhen: '04',
    messageIndexEnable: true,
    maxHashSlotNum: 5_000_000,
    maxIndexNum: 20_000_000,
    maxMsgsNumBatch: 64,
    maxUnconfirmedBytes: 64 * MIB,
  };
}

/** File sizes rounded as Java does; throws ConfigError naming every value that cannot be used. */
export function usableStoreConfig(config: MessageStoreConfig): MessageStoreConfig {
  const problems: ConfigProblem[] = [];
  const bound = (key: keyof MessageStoreConfig, min: number, max: number): void => {
    const value = config[key];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      problems.push({ key, problem: `${JSON.stringify(value)} is no integer within ${min}..${max}` });
    }
  };
  bound('mappedFileSizeCommitLog', 1024, 2 ** 31 - 1);
  bound('mappedFileSizeConsumeQueue', UNIT_BYTES, 2 ** 31 - 1);
  bound('maxMessageSize', 1, 2 ** 30);
  bound('flushIntervalCommitLog', 1, 2 ** 31 - 1);
  bound('flushCommitLogThoroughInterval', 1, 2 ** 31 - 1);
  bound('flushIntervalConsumeQueue', 1, 2 ** 31 - 1);
  bound('syncFlushTimeout', 1, 2 ** 31 - 1);
  bound('maxHashSlotNum', 1, 2 ** 28);
  bound('maxIndexNum', 2, 2 ** 26);
  bound('maxMsgsNumBatch', 1, 10_000);
  bound('maxUnconfirmedBytes', 1, Number.MAX_SAFE_INTEGER);
  if (indexFileBytes({ slots: config.maxHashSlotNum, entries: config.maxIndexNum }) > 2 ** 31 - 1)
    problems.push({ key: 'maxIndexNum', problem: 'makes index files of more than 2147483647 bytes, with maxHashSlotNum' });
  for (const key of ['storePathRootDir', 'storePathCommitLog'] as const) {
    if (config[key] === '') problems.push({ key, problem: 'is empty' });
    else if (config[key].includes(',')) problems.push({ key, problem: 'several directories are not supported' });
  }
  if (problems.length > 0) throw new ConfigError('message store', problems);
  return { ...config, mappedFileSizeConsumeQueue: Math.ceil(config.mappedFileSizeConsumeQueue / UNIT_BYTES) * UNIT_BYTES };
}
