// What a start found on disk, as plain values: the input of the decision what to do about it. Must never hold a handle or a function.
import type { CheckpointFacts } from '../checkpoint/store-checkpoint.js';
import type { ScanEnd } from './log-scan.js';

/** Something behind the valid log that says that more was there once. */
export interface LaterRecord {
  physicalOffset: number;
  storeTimestamp: number;
}

export interface LogFacts {
  /** Position of the first byte, and behind the last file. */
  minOffset: number;
  filesEnd: number;
  directory: string;
  /** File that holds the end of the valid log. */
  endPath: string;
  /** Start of a file that is missing between two others. */
  gapAt: number | undefined;
  end: ScanEnd;
  /** Store time of the last valid record, 0 without one. */
  lastTimestamp: number;
  /** The last record when it ends in zero bytes where no whole record does. */
  tornRecordAt: number | undefined;
  /** Head of a record that stands exactly at the end but is damaged. */
  damagedHead: LaterRecord | undefined;
  /** First whole record found behind the end that is not older than what is before it. */
  later: LaterRecord | undefined;
  /** Behind the last byte that is not zero. */
  dataEnd: number;
}

export interface QueueFacts {
  topic: string;
  queueId: number;
  /** Ordinals the log's records have, [first, next), and where in the log they begin. Undefined when no record of this queue was seen. */
  expected: { first: number; next: number; beginsAt: number } | undefined;
  /** Units in the files, up to the first that was never written. */
  unitsEnd: number;
  /** First ordinal whose unit is not what the log says. */
  mismatchAt: number | undefined;
  /** Units behind `expected.next` that must go. */
  hasExtra: boolean;
  /** Without records: all units from the log's minimum on point to records. */
  unitsAreSound: boolean;
}

export interface RecoveryFacts {
  /** No abort marker: the last stop was orderly. */
  isClean: boolean;
  checkpoint: CheckpointFacts;
  log: LogFacts;
  queues: QueueFacts[];
}
