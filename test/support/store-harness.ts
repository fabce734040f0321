// A store in a temporary directory for tests: deterministic clock, silent log, messages by a few words. Must never leave files behind.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, LoopTurn, ManualClock, silentLogger } from 'rocketmq-core/common';
import {
  createMessageStore,
  type Disk,
  type GatherTarget,
  type GetMessageResult,
  type MessageStore,
  type MessageStoreConfig,
  messageStoreDefaults,
  NodeDisk,
  type PutMessage,
  type QueueRef,
  type StagedMessage,
} from 'rocketmq-core/store';

const HOST = Uint8Array.of(127, 0, 0, 1, 0, 0, 0x2a, 0x9f);
const NONE = new Uint8Array(0);

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'store-spec-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestStoreOptions {
  root: string;
  config?: Partial<MessageStoreConfig>;
  disk?: Disk;
  clock?: ManualClock;
  logger?: Logger;
  onSealed?: (error: Error) => void;
}

export function testStore({
  root,
  config = {},
  disk = new NodeDisk(),
  clock = new ManualClock(),
  logger = silentLogger,
  onSealed,
}: TestStoreOptions) {
  const turn = new LoopTurn();
  const small = { mappedFileSizeCommitLog: 16 * 1024, mappedFileSizeConsumeQueue: 400, maxHashSlotNum: 40, maxIndexNum: 200 };
  const settings = { ...messageStoreDefaults(root), ...small, ...config };
  const store = createMessageStore({ config: settings, disk, clock, turn, logger, ...(onSealed === undefined ? {} : { onSealed }) });
  return { store, clock, turn, config: settings };
}

export function putMessage(topic: string, queueId: number, body: string, properties: Record<string, string> = {}): PutMessage {
  return {
    topic,
    queueId,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: HOST,
    storeHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: new TextEncoder().encode(body),
    properties: new Map(Object.entries(properties)),
  };
}

export function stagedMessage(queue: QueueRef, body: string | Uint8Array, properties = ''): StagedMessage {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const propertyBytes = new TextEncoder().encode(properties);
  return {
    queue,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: HOST,
    storeHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: bytes,
    bodyStart: 0,
    bodyLength: bytes.length,
    properties: propertyBytes,
    propertiesStart: 0,
    propertiesLength: propertyBytes.length,
    extraProperties: NONE,
    extraPropertiesLength: 0,
    tagsCodeHigh: 0,
    tagsCodeLow: 0,
    physicalOffset: 0,
    queueOffset: 0,
    recordSize: 0,
    storeTimestamp: 0,
  };
}

/** A gather target that grows. */
export class GatherBuffer implements GatherTarget {
  outBytes: Uint8Array = new Uint8Array(64);
  outEnd = 0;

  reserve(length: number): void {
    if (this.outEnd + length <= this.outBytes.length) return;
    const larger = new Uint8Array(Math.max(this.outBytes.length * 2, this.outEnd + length));
    larger.set(this.outBytes.subarray(0, this.outEnd));
    this.outBytes = larger;
  }

  advance(length: number): void {
    this.outEnd += length;
  }

  clear(): void {
    this.outEnd = 0;
  }
}

export function emptyResult(): GetMessageResult {
  return {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };
}

/** Sizes of the records gathered, in order, cut apart. */
export function recordsOf(target: GatherBuffer): Buffer[] {
  const bytes = Buffer.from(target.outBytes.subarray(0, target.outEnd));
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at)) records.push(bytes.subarray(at, at + bytes.readInt32BE(at)));
  return records;
}

/** Every record of a queue, read as a consumer would: pull after pull from minOffset on. */
export function readQueue(store: MessageStore, queue: QueueRef): Buffer[] {
  const all: Buffer[] = [];
  const result = emptyResult();
  let offset = queue.minOffset;
  while (offset < queue.maxOffset) {
    const target = new GatherBuffer();
    store.get(queue, offset, 32, undefined, target, result);
    all.push(...recordsOf(target));
    if (result.nextBeginOffset <= offset) throw new Error(`no progress at ${offset}: ${result.status}`);
    offset = result.nextBeginOffset;
  }
  return all;
}

/** Body text of a record with IPv4 hosts. */
export function bodyOf(record: Buffer): string {
  const length = record.readInt32BE(84);
  return record.subarray(88, 88 + length).toString('utf8');
}
