// Brings the tables from `config/*.json` at start and keeps the files current: topics and groups on every change, offsets periodically,
// everything at stop. Must never start a broker over unreadable state: that would silently reset it.
import { join } from 'node:path';
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { type Disk, loadConfigFile, persistConfigFile } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { DelayLevels } from '../schedule/delay-levels.js';
import type { DelayOffsets } from '../schedule/delay-offsets.js';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { systemTopics } from '../topic/system-topics.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import {
  readDelayOffsets,
  readGroups,
  readOffsets,
  readTopics,
  writeDelayOffsets,
  writeGroups,
  writeOffsets,
  writeTopics,
} from './state-file-codecs.js';
import { WriteBehind } from './write-behind.js';

export interface StateTables {
  topics: TopicConfigTable;
  groups: SubscriptionGroupTable;
  offsets: ConsumerOffsetTable;
  delayOffsets: DelayOffsets;
  levels: DelayLevels;
}

export interface StatePorts {
  config: BrokerConfig;
  clock: Clock;
  logger: Logger;
  disk: Disk;
}

export class StateFiles {
  private readonly topics: WriteBehind;
  private readonly groups: WriteBehind;
  private readonly offsets: WriteBehind;
  private readonly delayOffsets: WriteBehind;
  private readonly timers: Timer[] = [];
  private started = false;

  constructor(
    private readonly ports: StatePorts,
    private readonly tables: StateTables,
  ) {
    this.topics = this.file('topics.json', () => writeTopics(tables.topics.toFile()));
    this.groups = this.file('subscriptionGroup.json', () => writeGroups(tables.groups.toFile()));
    this.offsets = this.file('consumerOffset.json', () => writeOffsets(tables.offsets.toFile()));
    this.delayOffsets = this.file('delayOffset.json', () => writeDelayOffsets(tables.delayOffsets.toFile()));
    tables.topics.onChange(() => this.changed(this.topics));
    tables.groups.onChange(() => this.changed(this.groups));
  }

  /** Reads the files, makes the system topics, starts the periodic writes. */
  async start(): Promise<void> {
    const { tables, ports } = this;
    await this.load('topics.json', readTopics, (file) => tables.topics.load(file));
    await this.load('subscriptionGroup.json', readGroups, (file) => tables.groups.load(file));
    await this.load('delayOffset.json', readDelayOffsets, (file) => tables.delayOffsets.load(file));
    await this.load('consumerOffset.json', readOffsets, (file) => {
      const refused = tables.offsets.load(file);
      if (refused > 0) ports.logger.warn('impossible entries of consumerOffset.json left out', { refused });
    });
    this.started = true;
    tables.topics.ensure(systemTopics({ ...ports.config, delayLevels: tables.levels.max }));
    this.groups.request();
    this.every(ports.config.flushConsumerOffsetInterval, this.offsets);
    this.every(ports.config.flushDelayOffsetInterval, this.delayOffsets);
    await this.settled();
  }

  /** Writes everything. */
  async stop(): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.cancel();
    const all = [this.topics, this.groups, this.offsets, this.delayOffsets];
    for (const file of all) file.request();
    await Promise.all(all.map((file) => file.settled()));
    this.started = false;
  }

  /** Resolves when the topics and groups as they are now are on disk. */
  async settled(): Promise<void> {
    await Promise.all([this.topics.settled(), this.groups.settled()]);
  }

  private changed(file: WriteBehind): void {
    if (this.started) file.request();
  }

  private every(periodMs: number, file: WriteBehind): void {
    this.timers.push(this.ports.clock.setPeriodic(() => file.request(), periodMs));
  }

  private file(name: string, text: () => string): WriteBehind {
    const path = this.pathOf(name);
    return new WriteBehind(path, text, (content) => persistConfigFile(this.ports.disk, path, content), this.ports.logger);
  }

  private async load<T>(name: string, read: (text: string) => T, take: (value: T) => void): Promise<void> {
    const value = await loadConfigFile(this.ports.disk, this.pathOf(name), read);
    if (value !== undefined) take(value);
  }

  private pathOf(name: string): string {
    return join(this.ports.config.storePathRootDir, 'config', name);
  }
}
