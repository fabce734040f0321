// Committed consumer offsets by topic and group, and their file form (`config/consumerOffset.json`, Apache's format).
// Memory is the truth between two writes: a crash rewinds consumers by up to `flushConsumerOffsetInterval`, never forward.
import type { DataVersion } from 'rocketmq-core/protocol';
import type { DecisionVersion } from '../decision-version.js';
import { QueueOffsets } from './queue-offsets.js';

/** Ours: ordinals above this are refused, in requests and in files. */
export const MAX_QUEUE_ID = 65_535;

const SEPARATOR = '@';

/** What the file holds, as values. */
export interface ConsumerOffsetFile {
  dataVersion: DataVersion;
  /** `topic@group` -> queueId -> offset. */
  offsetTable: Map<string, Map<number, number>>;
}

export class ConsumerOffsetTable {
  private readonly topics = new Map<string, Map<string, QueueOffsets>>();
  private commits = 0;
  private version: DataVersion = { counter: 0, stateVersion: 0, timestamp: 0 };

  constructor(
    private readonly decisions: DecisionVersion,
    /** Commits between two steps of the data version (`consumerOffsetUpdateVersionStep`). */
    private readonly versionStep: number,
    private readonly now: () => number,
  ) {}

  /** The offsets of a group on a topic, made on first use. Valid until the decision version changes. */
  of(topic: string, group: string): QueueOffsets {
    let groups = this.topics.get(topic);
    if (groups === undefined) this.topics.set(topic, (groups = new Map()));
    let offsets = groups.get(group);
    if (offsets === undefined) groups.set(group, (offsets = new QueueOffsets(topic, group)));
    return offsets;
  }

  /** Stores an offset, forward or backward. `queueId` has been checked by the caller. */
  commit(topic: string, group: string, queueId: number, offset: number): void {
    this.of(topic, group).set(queueId, offset);
    this.noteCommit();
  }

  /** Counts a commit that went to a QueueOffsets directly. */
  noteCommit(): void {
    if (++this.commits % this.versionStep === 0) this.nextVersion();
  }

  /** Committed offset, -1 when none. */
  query(topic: string, group: string, queueId: number): number {
    return this.topics.get(topic)?.get(group)?.get(queueId) ?? -1;
  }

  /** Gives `target` the offsets `source` has committed on a topic, in place of its own; without any nothing changes. */
  clone(topic: string, source: string, target: string): void {
    const entries = this.topics.get(topic)?.get(source)?.entries();
    if (entries === undefined || entries.size === 0 || source === target) return;
    this.of(topic, target).replaceWith(entries);
    this.noteCommit();
  }

  removeTopic(topic: string): void {
    if (this.topics.delete(topic)) this.decisions.bump();
  }

  removeGroup(group: string): void {
    for (const [topic, groups] of this.topics) {
      if (groups.delete(group)) this.decisions.bump();
      if (groups.size === 0) this.topics.delete(topic);
    }
  }

  /** Topics the group has committed on. */
  topicsOf(group: string): string[] {
    return [...this.topics].filter(([, groups]) => groups.has(group)).map(([topic]) => topic);
  }

  toFile(): ConsumerOffsetFile & { groupTopicMap: Map<string, string[]>; pullOffsetTable: Map<string, unknown> } {
    const offsetTable = new Map<string, Map<number, number>>();
    const groupTopicMap = new Map<string, string[]>();
    for (const [topic, groups] of this.topics) {
      for (const [group, offsets] of groups) {
        const entries = offsets.entries();
        if (entries.size === 0) continue;
        offsetTable.set(topic + SEPARATOR + group, entries);
        const topics = groupTopicMap.get(group);
        if (topics === undefined) groupTopicMap.set(group, [topic]);
        else topics.push(topic);
      }
    }
    return { dataVersion: this.version, groupTopicMap, offsetTable, pullOffsetTable: new Map() };
  }

  /** Replaces everything. Returns how many entries were refused because their queueId or offset is impossible. */
  load(file: ConsumerOffsetFile): number {
    this.topics.clear();
    this.version = file.dataVersion;
    let refused = 0;
    for (const [key, entries] of file.offsetTable) {
      const at = key.indexOf(SEPARATOR);
      if (at < 1 || at === key.length - 1) {
        refused++;
        continue;
      }
      const offsets = this.of(key.slice(0, at), key.slice(at + 1));
      for (const [queueId, offset] of entries) {
        if (queueId < 0 || queueId > MAX_QUEUE_ID || offset < 0) refused++;
        else offsets.set(queueId, offset);
      }
    }
    this.decisions.bump();
    return refused;
  }

  private nextVersion(): void {
    this.version = { counter: this.version.counter + 1, stateVersion: this.version.stateVersion, timestamp: this.now() };
  }
}
