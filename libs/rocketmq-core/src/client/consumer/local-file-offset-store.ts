// Offsets of one broadcasting member, in a file of Apache's format [java LocalFileOffsetStore, OffsetSerializeWrapper].
// Must never take broken files for none: then the member would begin elsewhere and nobody would know.
import { type Logger, reasonOf } from '../../common/index.js';
import { ConfigError } from '../../errors/index.js';
import { type MessageQueue, messageQueueKey } from '../../message/index.js';
import { decodeResetOffsetBody, jsonBytes, writeJson } from '../../protocol/index.js';
import { OffsetStore, type PersistFailure } from './offset-store.js';

/** The file system as far as this store needs it. */
export interface OffsetFile {
  /** For logs. */
  readonly path: string;
  /** Undefined: there is none. */
  read(): Promise<string | undefined>;
  readBackup(): Promise<string | undefined>;
  /** Replaces the file at once and durably; `keepsBackup`: the one before becomes the backup. */
  write(text: string, keepsBackup: boolean): Promise<void>;
}

interface Found {
  readonly offsets: Map<string, { queue: MessageQueue; offset: number }>;
  /** Of the file itself; undefined when the backup had to do. */
  readonly text: string | undefined;
}

export class LocalFileOffsetStore extends OffsetStore {
  private readonly file: OffsetFile;
  private readonly logger: Logger;
  private readonly consumerGroup: string;
  /** What the file holds, as far as this store wrote or read it. */
  private readonly saved = new Map<string, number>();
  private lastText: string | undefined;
  private warnedOfOthers = false;
  /** Writes run one after the other. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(file: OffsetFile, consumerGroup: string, logger: Logger) {
    super();
    this.file = file;
    this.consumerGroup = consumerGroup;
    this.logger = logger;
  }

  async load(): Promise<void> {
    const { offsets, text } = await this.readFiles();
    this.lastText = text;
    for (const [key, { queue, offset }] of offsets) {
      this.set(queue, offset);
      this.saved.set(key, offset);
    }
    this.logger.info(`${offsets.size} offsets of broadcasting group ${this.consumerGroup} are known from ${this.file.path}`);
  }

  fetch(queue: MessageQueue): Promise<number | undefined> {
    return Promise.resolve(this.get(queue));
  }

  persist(queues: Iterable<MessageQueue>): Promise<readonly PersistFailure[]> {
    const wanted = [...queues];
    const writing = this.writing.then(() => this.write(wanted));
    this.writing = writing;
    return writing;
  }

  /** Memory is the first to know an offset: it stays, but may be moved again. */
  override forget(queue: MessageQueue): void {
    const entry = this.known.get(messageQueueKey(queue));
    if (entry !== undefined) entry.frozen = false;
  }

  private async write(queues: readonly MessageQueue[]): Promise<readonly PersistFailure[]> {
    const changed = queues.filter((queue) => this.get(queue) !== this.saved.get(messageQueueKey(queue)));
    if (changed.length === 0) return [];
    try {
      const { offsets, text: before } = await this.readToMerge();
      for (const queue of changed) offsets.set(messageQueueKey(queue), { queue, offset: this.get(queue)! });
      const text = textOfTable(offsets.values());
      await this.file.write(text, before !== undefined);
      this.lastText = text;
      for (const queue of changed) this.saved.set(messageQueueKey(queue), offsets.get(messageQueueKey(queue))!.offset);
      return [];
    } catch (error) {
      this.logger.warn(`writing the offsets of a broadcasting group to ${this.file.path} failed: ${reasonOf(error)}`, {
        consumerGroup: this.consumerGroup,
      });
      return changed.map((queue) => ({ queue, error }));
    }
  }

  /** What the file holds now; all of memory when it was broken meanwhile. */
  private async readToMerge(): Promise<Found> {
    try {
      const found = await this.readFiles();
      if (found.text !== this.lastText && !this.warnedOfOthers) {
        this.warnedOfOthers = true;
        this.logger.warn(
          `${this.file.path} is written by another member too: after a restart each goes on where the other was. Give each member an instanceName of its own`,
          { consumerGroup: this.consumerGroup },
        );
      }
      return found;
    } catch (error) {
      this.logger.error(`${reasonOf(error)}; it is written anew from memory`, { consumerGroup: this.consumerGroup });
      return { offsets: new Map([...this.known].map(([key, { queue, offset }]) => [key, { queue, offset }])), text: undefined };
    }
  }

  /** The file, or its backup when the file is missing, empty or broken. Rejects when the backup is broken too. */
  private async readFiles(): Promise<Found> {
    const text = await this.file.read();
    if (text !== undefined && text !== '') {
      try {
        return { offsets: tableOf(text), text };
      } catch (error) {
        this.logger.error(`${this.file.path} cannot be read, its backup is taken: ${reasonOf(error)}`, {
          consumerGroup: this.consumerGroup,
        });
      }
    }
    const backup = await this.file.readBackup();
    if (backup === undefined || backup === '') return { offsets: new Map(), text: undefined };
    try {
      return { offsets: tableOf(backup), text: undefined };
    } catch (error) {
      throw new ConfigError(`consumer group ${this.consumerGroup}`, [
        {
          key: 'localOffsetStoreDir',
          problem: `neither ${this.file.path} nor its backup can be read: ${reasonOf(error)}. Repair or remove both`,
        },
      ]);
    }
  }
}

function tableOf(text: string): Found['offsets'] {
  const offsets: Found['offsets'] = new Map();
  for (const [queue, offset] of decodeResetOffsetBody(jsonBytes(text))) {
    if (offset >= 0) offsets.set(messageQueueKey(queue), { queue, offset });
  }
  return offsets;
}

function textOfTable(entries: Iterable<{ queue: MessageQueue; offset: number }>): string {
  return writeJson({ offsetTable: new Map([...entries].map(({ queue, offset }) => [queue, offset])) }, { pretty: true });
}
