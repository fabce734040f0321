// Who consumes what: group -> members and the group's subscriptions, as told by heartbeats. The broker's word on membership;
// must never tell anybody itself: changes go to the listener, which notifies the clients.
import type { SubscriptionData } from 'rocketmq-core/message';
import type { ConsumerData } from 'rocketmq-core/protocol';
import type { Connection } from 'rocketmq-core/remoting';
import type { DecisionVersion } from '../decision-version.js';
import type { ClientChannel } from './client-channel.js';
import { type SubscriptionConflict, SubscriptionConflicts } from './subscription-conflicts.js';

/** One consumer group as this broker sees it. Type and model are those of the last heartbeat [java ConsumerGroupInfo]. */
export interface ConsumerGroup {
  readonly group: string;
  consumeType: string;
  messageModel: string;
  consumeFromWhere: string;
  readonly subscriptions: Map<string, SubscriptionData>;
  readonly channels: Map<Connection, ClientChannel>;
  /** Fingerprint of the last full heartbeat (heartbeat V2), 0 when none was kept. */
  heartbeatFingerprint: number;
}

/** Told of members of a group that subscribe to different things, once each. */
export type ConflictListener = (conflict: SubscriptionConflict) => void;

/** Told when members come or go, or when the set of subscribed topics changes. */
export type ConsumerChangeListener = (group: ConsumerGroup) => void;

export class ConsumerTable {
  private readonly groups = new Map<string, ConsumerGroup>();
  private readonly groupsOf = new Map<Connection, Set<string>>();
  private readonly listeners: ConsumerChangeListener[] = [];
  private readonly conflictListeners: ConflictListener[] = [];
  private readonly disagreements = new SubscriptionConflicts();

  constructor(private readonly decisions: DecisionVersion) {}

  onChange(listener: ConsumerChangeListener): void {
    this.listeners.push(listener);
  }

  onConflict(listener: ConflictListener): void {
    this.conflictListeners.push(listener);
  }

  /** Groups whose members subscribe to different things at present. */
  conflicts(): SubscriptionConflict[] {
    return [...this.disagreements.all()];
  }

  find(group: string): ConsumerGroup | undefined {
    return this.groups.get(group);
  }

  /** Takes one consumer of a heartbeat. `keepSubscriptions`: a heartbeat without subscriptions, the stored ones stay. */
  register(data: ConsumerData, channel: ClientChannel, options: { fingerprint: number; keepSubscriptions: boolean }): void {
    const entry = this.groups.get(data.groupName) ?? this.create(data.groupName);
    entry.consumeType = data.consumeType;
    entry.messageModel = data.messageModel;
    entry.consumeFromWhere = data.consumeFromWhere;
    let changed = this.join(entry, channel);
    if (!options.keepSubscriptions) {
      changed = this.updateSubscriptions(entry, data.subscriptionDataSet) || changed;
      entry.heartbeatFingerprint = options.fingerprint;
      const found = this.disagreements.note(entry.group, channel.clientId, data.subscriptionDataSet);
      for (const conflict of found) for (const listener of this.conflictListeners) listener(conflict);
    }
    if (changed) this.tell(entry);
  }

  unregister(group: string, connection: Connection): void {
    const entry = this.groups.get(group);
    if (entry === undefined) return;
    const groups = this.groupsOf.get(connection);
    if (groups?.delete(group) && groups.size === 0) this.groupsOf.delete(connection);
    this.leave(entry, connection);
  }

  /** The connection has gone: leaves all its groups. */
  forget(connection: Connection): void {
    const groups = this.groupsOf.get(connection);
    this.groupsOf.delete(connection);
    for (const group of groups ?? []) {
      const entry = this.groups.get(group);
      if (entry !== undefined) this.leave(entry, connection);
    }
  }

  groupNames(): string[] {
    return [...this.groups.keys()];
  }

  *channels(): IterableIterator<ClientChannel> {
    for (const entry of this.groups.values()) yield* entry.channels.values();
  }

  private create(group: string): ConsumerGroup {
    const entry: ConsumerGroup = {
      group,
      consumeType: '',
      messageModel: '',
      consumeFromWhere: '',
      subscriptions: new Map(),
      channels: new Map(),
      heartbeatFingerprint: 0,
    };
    this.groups.set(group, entry);
    this.decisions.bump();
    return entry;
  }

  private join(entry: ConsumerGroup, channel: ClientChannel): boolean {
    const known = entry.channels.has(channel.connection);
    entry.channels.set(channel.connection, channel);
    let groups = this.groupsOf.get(channel.connection);
    if (groups === undefined) this.groupsOf.set(channel.connection, (groups = new Set()));
    groups.add(entry.group);
    return !known;
  }

  private leave(entry: ConsumerGroup, connection: Connection): void {
    const channel = entry.channels.get(connection);
    if (channel === undefined) return;
    entry.channels.delete(connection);
    const stays = [...entry.channels.values()].some(({ clientId }) => clientId === channel.clientId);
    if (!stays) this.disagreements.leave(entry.group, channel.clientId);
    if (entry.channels.size === 0) {
      this.groups.delete(entry.group);
      this.decisions.bump();
    }
    this.tell(entry);
  }

  /** A topic's entry gives way only to a greater subVersion; topics no longer named go. True when the set of topics changed. */
  private updateSubscriptions(entry: ConsumerGroup, next: readonly SubscriptionData[]): boolean {
    let topicsChanged = false;
    const named = new Set<string>();
    for (const subscription of next) {
      named.add(subscription.topic);
      const old = entry.subscriptions.get(subscription.topic);
      if (old !== undefined && subscription.subVersion <= old.subVersion) continue;
      if (old === undefined) topicsChanged = true;
      entry.subscriptions.set(subscription.topic, subscription);
      this.decisions.bump();
    }
    for (const topic of entry.subscriptions.keys()) {
      if (named.has(topic)) continue;
      entry.subscriptions.delete(topic);
      this.decisions.bump();
      topicsChanged = true;
    }
    return topicsChanged;
  }

  private tell(entry: ConsumerGroup): void {
    for (const listener of this.listeners) listener(entry);
  }
}
