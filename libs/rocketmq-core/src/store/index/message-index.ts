// Answers which messages of a topic have a key: entries of the index, checked against the records they point to.
// Must never return a message that has not the key, nor hold the loop for longer than a few milliseconds.
import { type Clock, sleep } from '../../common/index.js';
import { getInt64 } from '../commit-log/record-encoder.js';
import { storeTimestampAt, SYS_FLAG_AT } from '../commit-log/record-layout.js';
import type { MessageIndex, MessageQuery, MessageQueryResult } from '../store-types.js';
import type { IndexFiles } from './index-files.js';
import { indexKeyHash } from './index-key.js';
import type { IndexService } from './index-service.js';
import { IndexWalk } from './index-walk.js';
import { RecordKeys } from './record-keys.js';

/** Entries followed, and records read, before other work gets its turn. */
const STEPS_PER_TURN = 2000;
const RECORDS_PER_TURN = 64;
/** Entries followed for one question: a key that millions of messages share is not searched to its end. */
const STEPS_MAX = 5_000_000;

export interface MessageIndexPorts {
  readonly files: IndexFiles;
  readonly service: IndexService;
  readonly clock: Clock;
  /** `maxMsgsNumBatch`. */
  readonly maxMessages: number;
  readonly readRecord: (physicalOffset: number) => Uint8Array | undefined;
}

export class StoredMessageIndex implements MessageIndex {
  private readonly ports: MessageIndexPorts;
  private readonly keys = new RecordKeys();
  queries = 0;

  constructor(ports: MessageIndexPorts) {
    this.ports = ports;
  }

  async query(query: MessageQuery): Promise<MessageQueryResult> {
    this.queries++;
    const { files, service, clock } = this.ports;
    await service.catchUp();
    const newest = files.last?.header;
    const found = new Map<number, Uint8Array>();
    const maxMessages = Math.min(query.maxMessages, this.ports.maxMessages);
    let bytes = 0;
    if (maxMessages > 0) {
      const walk = new IndexWalk(files.all, indexKeyHash(query.topic, query.key, query.type), query);
      let records = 0;
      while (found.size < maxMessages && walk.steps < STEPS_MAX) {
        const physicalOffset = walk.next(STEPS_PER_TURN);
        if (physicalOffset === -1) break;
        if (physicalOffset !== -2 && !found.has(physicalOffset)) {
          const record = this.matching(query, physicalOffset);
          if (record !== undefined && bytes + record.length > query.maxBytes && found.size > 0) break;
          if (record !== undefined) found.set(physicalOffset, record);
          bytes += record?.length ?? 0;
          records++;
        }
        if (physicalOffset === -2 || records >= RECORDS_PER_TURN) {
          records = 0;
          if (found.size < maxMessages) await sleep(clock, 0);
        }
      }
    }
    const isFound = found.size > 0 && newest !== undefined;
    return {
      records: [...found].toSorted(([a], [b]) => a - b).map(([, record]) => record),
      indexLastUpdateTimestamp: isFound ? newest.endTimestamp : 0,
      indexLastUpdatePhysicalOffset: isFound ? newest.endPhysicalOffset : 0,
    };
  }

  /** The record when it is of the topic, has the key and lies within the time. */
  private matching(query: MessageQuery, physicalOffset: number): Uint8Array | undefined {
    const record = this.ports.readRecord(physicalOffset);
    if (record === undefined) return undefined;
    const { keys } = this;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const timestamp = getInt64(view, storeTimestampAt(view.getInt32(SYS_FLAG_AT)));
    if (timestamp < query.begin || timestamp > query.end || !keys.find(record, view, 0, record.length)) return undefined;
    const text = (start: number, end: number): string =>
      start < 0 ? '' : Buffer.from(record.buffer, record.byteOffset + start, end - start).toString('utf8');
    if (text(keys.topicStart, keys.topicEnd) !== query.topic) return undefined;
    if (query.type === 'tag') return text(keys.tagStart, keys.tagEnd) === query.key ? record : undefined;
    const has = text(keys.uniqueStart, keys.uniqueEnd) === query.key || text(keys.keysStart, keys.keysEnd).split(' ').includes(query.key);
    return has ? record : undefined;
  }
}
