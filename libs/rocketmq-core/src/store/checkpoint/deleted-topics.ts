// Topics that were deleted, with the end of the log at that time: what the log still has of them must not come back when queues are rebuilt.
// Ours alone: a Java broker leaves the file be. Must never hide a record that was stored after the deletion.
import { JsonConfigFile } from '../config-file/json-config-file.js';
import type { Logger } from '../../common/index.js';
import type { Disk } from '../disk/disk.js';

export class DeletedTopics {
  private readonly file: JsonConfigFile<ReadonlyMap<string, number>>;
  private topics = new Map<string, number>();

  constructor(path: string, disk: Disk, logger: Logger) {
    this.file = new JsonConfigFile({ disk, path, encode: encodeTopics, decode: decodeTopics, logger });
  }

  load(minPhysicalOffset: number): void {
    this.topics = new Map([...(this.file.load() ?? [])].filter(([, end]) => end > minPhysicalOffset));
  }

  covers(topic: string, physicalOffset: number): boolean {
    return physicalOffset < (this.topics.get(topic) ?? 0);
  }

  /** Durable when it resolves. */
  async add(topic: string, endOffset: number): Promise<void> {
    this.topics.set(topic, endOffset);
    await this.file.persist(this.topics);
  }
}

function encodeTopics(topics: ReadonlyMap<string, number>): string {
  return JSON.stringify([...topics].map(([topic, endOffset]) => ({ topic, endOffset })));
}

function decodeTopics(text: string): ReadonlyMap<string, number> {
  const rows = JSON.parse(text) as Array<{ topic: unknown; endOffset: unknown }>;
  return new Map(
    rows.map(({ topic, endOffset }) => {
      if (typeof topic !== 'string' || !Number.isSafeInteger(endOffset)) throw new TypeError('expected rows of {topic, endOffset}');
      return [topic, endOffset as number];
    }),
  );
}
