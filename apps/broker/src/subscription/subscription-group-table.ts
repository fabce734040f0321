// The consumer groups this broker knows: lookup, creation on demand, and their file form (`config/subscriptionGroup.json`).
// Must never create a group whose name is illegal: everything named after it (retry topic, files) would be illegal too.
import { validateGroupName } from 'rocketmq-core/message';
import type { DataVersion, SubscriptionGroupConfig } from 'rocketmq-core/protocol';
import type { DecisionVersion } from '../decision-version.js';
import { SYSTEM_GROUP_PREFIX, SYSTEM_GROUPS } from './system-groups.js';

export interface SubscriptionGroupFile {
  dataVersion: DataVersion;
  /** group -> topic -> bits of what is forbidden; bit 1 = pull. */
  forbiddenTable: Map<string, Map<string, number>>;
  subscriptionGroupTable: Map<string, SubscriptionGroupConfig>;
}

const FORBIDDEN_PULL_BIT = 1;

export class SubscriptionGroupTable {
  private readonly groups = new Map<string, SubscriptionGroupConfig>();
  private readonly forbidden = new Map<string, Map<string, number>>();
  private readonly listeners: Array<() => void> = [];
  private version: DataVersion = { counter: 0, stateVersion: 0, timestamp: 0 };

  constructor(
    private readonly decisions: DecisionVersion,
    private readonly autoCreate: boolean,
    private readonly now: () => number,
  ) {
    for (const group of SYSTEM_GROUPS) this.groups.set(group, groupConfig(group));
  }

  find(group: string): SubscriptionGroupConfig | undefined {
    return this.groups.get(group);
  }

  /** The group, made when it is unknown and may be. Undefined: no such group, and none may be made of this name. */
  findOrCreate(group: string): SubscriptionGroupConfig | undefined {
    const known = this.groups.get(group);
    if (known !== undefined) return known;
    if (!this.autoCreate && !group.startsWith(SYSTEM_GROUP_PREFIX)) return undefined;
    if (!isLegalGroup(group)) return undefined;
    const made = groupConfig(group);
    this.put(made);
    return made;
  }

  put(config: SubscriptionGroupConfig): void {
    this.groups.set(config.groupName, config);
    this.changed();
  }

  remove(group: string): boolean {
    if (!this.groups.delete(group)) return false;
    this.changed();
    return true;
  }

  all(): ReadonlyMap<string, SubscriptionGroupConfig> {
    return this.groups;
  }

  isPullForbidden(group: string, topic: string): boolean {
    return (((this.forbidden.get(group)?.get(topic) ?? 0) >> FORBIDDEN_PULL_BIT) & 1) === 1;
  }

  get dataVersion(): DataVersion {
    return this.version;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  toFile(): SubscriptionGroupFile {
    return { dataVersion: this.version, forbiddenTable: this.forbidden, subscriptionGroupTable: this.groups };
  }

  /** Takes what a file held; the built-in groups stay. Tells no listener. */
  load(file: SubscriptionGroupFile): void {
    for (const [name, config] of file.subscriptionGroupTable) this.groups.set(name, config);
    for (const [name, topics] of file.forbiddenTable) this.forbidden.set(name, topics);
    this.version = file.dataVersion;
    this.decisions.bump();
  }

  private changed(): void {
    this.version = { counter: this.version.counter + 1, stateVersion: this.version.stateVersion, timestamp: this.now() };
    this.decisions.bump();
    for (const listener of this.listeners) listener();
  }
}

/** A group as it is made on demand [java SubscriptionGroupConfig]. */
export function groupConfig(groupName: string): SubscriptionGroupConfig {
  return {
    groupName,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    consumeMessageOrderly: false,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    groupRetryPolicy: { type: 'CUSTOMIZED' },
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
    groupSysFlag: 0,
    consumeTimeoutMinute: 15,
    attributes: new Map(),
  };
}

function isLegalGroup(group: string): boolean {
  try {
    validateGroupName(group);
    return true;
  } catch {
    // The validator's only outcome besides success: an illegal name. Its wording is for clients, here the answer is a code.
    return false;
  }
}
