// The topics of this broker: lookup, creation, change, and their file form (`config/topics.json`). The only place topics come from.
// Must never register or write files itself: whoever listens to changes does.
import type { DataVersion, TopicConfig } from 'rocketmq-core/protocol';
import type { DecisionVersion } from '../decision-version.js';
import { PERM_INHERIT, isInherited } from './permission.js';
import { topicConfig } from './system-topics.js';

export interface TopicConfigFile {
  dataVersion: DataVersion;
  topicConfigTable: Map<string, TopicConfig>;
}

/** Told after topics were made, changed or removed; `undefined` config = removed. */
export type TopicChangeListener = (topics: ReadonlyMap<string, TopicConfig | undefined>) => void;

export interface CreateOnSend {
  topic: string;
  /** The template, usually TBW102. */
  defaultTopic: string;
  defaultTopicQueueNums: number;
  /** Default 0. */
  topicSysFlag?: number;
}

export class TopicConfigTable {
  private readonly topics = new Map<string, TopicConfig>();
  private readonly listeners: TopicChangeListener[] = [];
  private version: DataVersion = { counter: 0, stateVersion: 0, timestamp: 0 };

  constructor(
    private readonly decisions: DecisionVersion,
    private readonly now: () => number,
  ) {}

  find(topic: string): TopicConfig | undefined {
    return this.topics.get(topic);
  }

  all(): ReadonlyMap<string, TopicConfig> {
    return this.topics;
  }

  get dataVersion(): DataVersion {
    return this.version;
  }

  onChange(listener: TopicChangeListener): void {
    this.listeners.push(listener);
  }

  /** Makes or replaces a topic. */
  put(config: TopicConfig): void {
    this.topics.set(config.topicName, config);
    this.changed(new Map([[config.topicName, config]]));
  }

  remove(topic: string): boolean {
    if (!this.topics.delete(topic)) return false;
    this.changed(new Map([[topic, undefined]]));
    return true;
  }

  /** Topics that exist stay as they are; the others are made. */
  ensure(configs: readonly TopicConfig[]): void {
    const made = new Map<string, TopicConfig>();
    for (const config of configs) {
      if (this.topics.has(config.topicName)) continue;
      this.topics.set(config.topicName, config);
      made.set(config.topicName, config);
    }
    if (made.size > 0) this.changed(made);
  }

  /** Auto-creation by a send: the template must exist and allow it. Undefined when it does not. */
  createOnSend(request: CreateOnSend): TopicConfig | undefined {
    const known = this.topics.get(request.topic);
    if (known !== undefined) return known;
    const template = this.topics.get(request.defaultTopic);
    if (template === undefined || !isInherited(template.perm)) return undefined;
    const queues = Math.max(0, Math.min(request.defaultTopicQueueNums, template.writeQueueNums));
    const made: TopicConfig = {
      ...topicConfig(request.topic, queues, template.perm & ~PERM_INHERIT, request.topicSysFlag),
      topicFilterType: template.topicFilterType,
    };
    this.put(made);
    return made;
  }

  /** Retry and dead-letter topics: made on first need, whatever autoCreateTopicEnable says. */
  createInternal(topic: string, queues: number, perm: number, topicSysFlag = 0): TopicConfig {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    const made = topicConfig(topic, queues, perm, topicSysFlag);
    this.put(made);
    return made;
  }

  /** Topics a name server lists as ordered (KV namespace ORDER_TOPIC_CONFIG) are, all others are not. */
  applyOrderTopics(ordered: ReadonlySet<string>): void {
    const changed = new Map<string, TopicConfig>();
    for (const [name, config] of this.topics) {
      if (config.order === ordered.has(name)) continue;
      const next = { ...config, order: ordered.has(name) };
      this.topics.set(name, next);
      changed.set(name, next);
    }
    if (changed.size > 0) this.changed(changed);
  }

  toFile(): TopicConfigFile {
    return { dataVersion: this.version, topicConfigTable: this.topics };
  }

  /** Replaces everything by what a file held; tells no listener. */
  load(file: TopicConfigFile): void {
    this.topics.clear();
    for (const [name, config] of file.topicConfigTable) this.topics.set(name, config);
    this.version = file.dataVersion;
    this.decisions.bump();
  }

  /** Every change has a version of its own: a name server ignores a registration whose version it has seen. */
  private changed(topics: ReadonlyMap<string, TopicConfig | undefined>): void {
    this.version = { counter: this.version.counter + 1, stateVersion: this.version.stateVersion, timestamp: this.now() };
    this.decisions.bump();
    for (const listener of this.listeners) listener(topics);
  }
}
