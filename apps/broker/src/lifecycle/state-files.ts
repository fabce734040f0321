// Brings the tables from `config/*.json` at start and keeps the files current: topics and groups on every change, offsets periodically,
// everything at stop. Must never start a broker over unreadable state: that would silently reset it.
import { join } from 'node:path';
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { type Disk, JsonConfigFile } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { ConsumerFilterTable } from '../filter/consumer-filter-table.js';
import type { MessageRequestModes } from '../loadbalance/message-request-modes.js';
import type { ConsumerOffsetFile, ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { OrderInfoTable } from '../pop/order-info-table.js';
import type { DelayLevels } from '../schedule/delay-levels.js';
import type { DelayOffsets } from '../schedule/delay-offsets.js';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { systemTopics } from '../topic/system-topics.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import {
  readConsumerFilters,
  readDelayOffsets,
  readGroups,
  readOffsets,
  readOrderInfos,
  readRequestModes,
  readTopics,
  writeConsumerFilters,
  writeDelayOffsets,
  writeGroups,
  writeOffsets,
  writeOrderInfos,
  writeRequestModes,
  writeTopics,
} from './state-file-codecs.js';
import { WriteBehind } from './write-behind.js';

export interface StateTables {
  topics: TopicConfigTable;
  groups: SubscriptionGroupTable;
  offsets: ConsumerOffsetTable;
  delayOffsets: DelayOffsets;
  levels: DelayLevels;
  filters: ConsumerFilterTable;
  orders: OrderInfoTable;
  modes: MessageRequestModes;
}

export interface StatePorts {
  config: BrokerConfig;
  clock: Clock;
  logger: Logger;
  disk: Disk;
}

/** One file: how it is read at start, and how it is written afterwards. */
interface StateFile {
  load(): void;
  readonly writer: WriteBehind;
}

/** Period of writing consumerFilter.json [java BrokerController]. */
const FILTER_PERSIST_MS = 10_000;

export class StateFiles {
  private readonly topics: StateFile;
  private readonly groups: StateFile;
  private readonly offsets: StateFile;
  private readonly delayOffsets: StateFile;
  private readonly filters: StateFile;
  private readonly orders: StateFile;
  private readonly modes: StateFile;
  private readonly timers: Timer[] = [];
  private started = false;

  constructor(
    private readonly ports: StatePorts,
    private readonly tables: StateTables,
  ) {
    const { topics, groups, offsets, delayOffsets, filters, orders, modes } = tables;
    this.topics = this.file(
      'topics.json',
      readTopics,
      (file) => topics.load(file),
      () => writeTopics(topics.toFile()),
    );
    this.groups = this.file(
      'subscriptionGroup.json',
      readGroups,
      (file) => groups.load(file),
      () => writeGroups(groups.toFile()),
    );
    this.offsets = this.file(
      'consumerOffset.json',
      readOffsets,
      (file) => this.takeOffsets(file),
      () => writeOffsets(offsets.toFile()),
    );
    this.delayOffsets = this.file(
      'delayOffset.json',
      readDelayOffsets,
      (file) => delayOffsets.load(file),
      () => writeDelayOffsets(delayOffsets.toFile()),
    );
    this.filters = this.file(
      'consumerFilter.json',
      readConsumerFilters,
      (file) => filters.load(file),
      () => writeConsumerFilters(filters.toFile()),
    );
    this.orders = this.file(
      'consumerOrderInfo.json',
      readOrderInfos,
      (file) => orders.load(file),
      () => writeOrderInfos(orders.toFile()),
    );
    this.modes = this.file(
      'messageRequestMode.json',
      readRequestModes,
      (file) => modes.load(file),
      () => writeRequestModes(modes.toFile()),
    );
    topics.onChange(() => this.changed(this.topics));
    modes.onChange(() => this.changed(this.modes));
    groups.onChange(() => this.changed(this.groups));
  }

  /** Reads the files, makes the system topics, starts the periodic writes. */
  async start(): Promise<void> {
    const { tables, ports } = this;
    for (const file of this.all()) file.load();
    this.started = true;
    tables.topics.ensure(systemTopics({ ...ports.config, delayLevels: tables.levels.max }));
    this.groups.writer.request();
    this.every(ports.config.flushConsumerOffsetInterval, this.offsets);
    this.every(ports.config.flushConsumerOffsetInterval, this.orders);
    this.every(ports.config.flushDelayOffsetInterval, this.delayOffsets);
    this.every(FILTER_PERSIST_MS, this.filters);
    await this.settled();
  }

  /** Writes everything. */
  async stop(): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.cancel();
    const all = this.all().map((file) => file.writer);
    for (const writer of all) writer.request();
    await Promise.all(all.map((writer) => writer.settled()));
    this.started = false;
  }

  /** Resolves when the topics, groups and request modes as they are now are on disk. */
  async settled(): Promise<void> {
    await Promise.all([this.topics, this.groups, this.modes].map((file) => file.writer.settled()));
  }

  /** Writes the consumer offsets before their period is over. */
  writeOffsetsSoon(): void {
    this.changed(this.offsets);
  }

  /** In the order they are read. */
  private all(): StateFile[] {
    return [this.topics, this.groups, this.delayOffsets, this.offsets, this.filters, this.orders, this.modes];
  }

  private changed(file: StateFile): void {
    if (this.started) file.writer.request();
  }

  private every(periodMs: number, file: StateFile): void {
    this.timers.push(this.ports.clock.setPeriodic(() => file.writer.request(), periodMs));
  }

  private takeOffsets(file: ConsumerOffsetFile): void {
    const refused = this.tables.offsets.load(file);
    if (refused > 0) this.ports.logger.warn('impossible entries of consumerOffset.json left out', { refused });
  }

  private file<T>(name: string, read: (text: string) => T, take: (value: T) => void, text: () => string): StateFile {
    const { config, disk, logger } = this.ports;
    const file = new JsonConfigFile<string>({
      disk,
      path: join(config.storePathRootDir, 'config', name),
      encode: (content) => content,
      // Reading it is the check: a text that cannot be read makes the file give way to its backup.
      decode: (content) => {
        read(content);
        return content;
      },
      logger,
    });
    return {
      load: () => {
        const content = file.load();
        if (content !== undefined) take(read(content));
      },
      writer: new WriteBehind(file.path, text, (content) => file.persist(content), logger),
    };
  }
}
