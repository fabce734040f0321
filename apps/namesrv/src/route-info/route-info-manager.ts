// Changes the four route tables: registration, goodbye, lost connection, expiry, permissions. Must never answer a request itself or read a
// frame: processors do.
import type { Clock, Logger } from 'rocketmq-core/common';
import type { DataVersion, QueueData, TopicConfig } from 'rocketmq-core/protocol';
import type { Connection } from 'rocketmq-core/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import type { BrokerMembers } from './broker-addr-table.js';
import type { BrokerIdentity } from './broker-live-table.js';
import { isUsableAddress, isUsableName } from './names.js';
import type { RouteTables } from './route-tables.js';

/** A broker not heard of for so long is gone, unless it asked for another time. [java RouteInfoManager] */
export const BROKER_EXPIRY_MS = 120_000;
export const MASTER_ID = 0;
export const PERM_READ = 4;
export const PERM_WRITE = 2;

export interface BrokerRegistration extends BrokerIdentity {
  readonly haServerAddr: string;
  /** Undefined: the broker does not know the field (4.x). */
  readonly enableActingMaster: boolean | undefined;
  readonly zoneName: string | undefined;
  readonly heartbeatTimeoutMs: number | undefined;
  readonly dataVersion: DataVersion;
  readonly topics: readonly TopicConfig[];
  readonly filterServers: readonly string[];
  readonly connection: Connection;
}

/** What a registered slave gets to know about its master. */
export type RegistrationResult =
  | { readonly registered: true; readonly masterAddr?: string | undefined; readonly haServerAddr?: string | undefined }
  | { readonly registered: false; readonly reason: string };

export class RouteInfoManager {
  /** Topics left out because of their name or the limit. */
  leftOutTopics = 0;

  private readonly tables: RouteTables;
  private readonly config: NamesrvConfig;
  private readonly clock: Clock;
  private readonly logger: Logger;

  constructor(tables: RouteTables, config: NamesrvConfig, clock: Clock, logger: Logger) {
    this.tables = tables;
    this.config = config;
    this.clock = clock;
    this.logger = logger;
  }

  register(registration: BrokerRegistration): RegistrationResult {
    const refusal = this.refusalOf(registration);
    if (refusal !== undefined) return { registered: false, reason: refusal };
    const { clusterName, brokerName, brokerAddr, brokerId } = registration;
    const known = this.tables.brokerAddr.get(brokerName);
    if (this.isOutdated(registration, known)) {
      // [java RouteInfoManager#registerBroker] a member with an older election epoch is ignored, with success.
      this.tables.brokerLive.remove(clusterName, brokerAddr);
      return { registered: true };
    }
    if (known?.addresses.get(brokerId) === undefined && registration.topics.length === 1) {
      return {
        registered: false,
        reason: `register broker failed: ${brokerName} has not registered in full before its first single topic`,
      };
    }
    const members = known ?? this.tables.brokerAddr.add(clusterName, brokerName);
    this.tables.clusterAddr.add(clusterName, brokerName);
    members.enableActingMaster = registration.enableActingMaster ?? false;
    members.zoneName = registration.zoneName;
    // One address has one id: a broker that changed its role leaves the old id. [java RouteInfoManager#registerBroker]
    for (const [id, address] of members.addresses) if (address === brokerAddr && id !== brokerId) members.addresses.delete(id);
    const isFirst = known === undefined || !members.addresses.has(brokerId);
    members.addresses.set(brokerId, brokerAddr);
    this.takeTopics(registration, members, isFirst);
    this.refreshLiveInfo(registration);
    return { registered: true, ...this.masterOf(members, brokerId) };
  }

  unregister(identity: BrokerIdentity, why: string): void {
    const { clusterName, brokerAddr, brokerName, brokerId } = identity;
    const wasAlive = this.tables.brokerLive.remove(clusterName, brokerAddr);
    const members = this.tables.brokerAddr.get(brokerName);
    // The id may belong to another address by now: only the broker that leaves is taken out.
    if (members?.addresses.get(brokerId) === brokerAddr) members.addresses.delete(brokerId);
    if (wasAlive) this.logger.info(`unregisterBroker, remove ${brokerName} ${brokerAddr}: ${why}`, { clusterName, brokerId });
    if (members === undefined || members.addresses.size > 0) return;
    this.tables.brokerAddr.remove(brokerName);
    this.tables.clusterAddr.remove(brokerName);
    this.tables.topicQueue.removeBroker(brokerName);
  }

  /** The connection that carried a registration ended: its brokers are gone at once. */
  connectionClosed(connection: Connection): void {
    for (const { identity } of this.tables.brokerLive.ofConnection(connection)) this.unregister(identity, "the broker's channel destroyed");
  }

  removeExpired(): void {
    for (const { identity, timeoutMs, connection } of this.tables.brokerLive.expired(this.clock.monotonic())) {
      this.logger.warn(`The broker channel expired, ${identity.brokerAddr} ${timeoutMs}ms`, { brokerName: identity.brokerName });
      this.unregister(identity, 'expired');
      connection.close('broker expired');
    }
  }

  /** A sign of life without a registration. */
  heartbeat(clusterName: string, brokerAddr: string): void {
    const info = this.tables.brokerLive.get(clusterName, brokerAddr);
    if (info !== undefined) info.lastUpdateMs = this.clock.monotonic();
  }

  wipeWritePermission(brokerName: string): number {
    return this.tables.topicQueue.changePermissions(brokerName, (perm) => perm & ~PERM_WRITE);
  }

  addWritePermission(brokerName: string): number {
    return this.tables.topicQueue.changePermissions(brokerName, () => PERM_READ | PERM_WRITE);
  }

  /** Forgets a topic, everywhere or on the brokers of one cluster, until a broker registers it again. */
  deleteTopic(topic: string, clusterName: string | undefined): void {
    if (clusterName === undefined) this.tables.topicQueue.removeTopic(topic);
    else for (const brokerName of this.tables.clusterAddr.brokerNames(clusterName) ?? []) this.tables.topicQueue.remove(topic, brokerName);
  }

  /** Queues given by an administrator; those of unknown brokers are left out. */
  registerTopic(topic: string, queues: readonly QueueData[]): void {
    for (const queueData of queues) if (this.tables.brokerAddr.has(queueData.brokerName)) this.putQueues(topic, queueData);
  }

  private refusalOf({ clusterName, brokerName, brokerAddr, brokerId, haServerAddr, connection }: BrokerRegistration): string | undefined {
    if (!isUsableName(clusterName)) return 'clusterName is empty, too long or has control characters';
    if (!isUsableName(brokerName)) return 'brokerName is empty, too long or has control characters';
    if (!isUsableAddress(brokerAddr)) return 'brokerAddr is no host:port';
    if (haServerAddr !== '' && !isUsableAddress(haServerAddr)) return 'haServerAddr is no host:port';
    if (brokerId < 0) return `brokerId is ${brokerId}, it must not be negative`;
    if (connection.closed) return 'the connection is closed';
    const { brokerLive } = this.tables;
    if (brokerLive.size >= this.config.maxBrokerCount && brokerLive.get(clusterName, brokerAddr) === undefined) {
      return `${brokerLive.size} brokers are registered, maxBrokerCount allows no more`;
    }
    return undefined;
  }

  /** Another member with this id is registered in a later election epoch. */
  private isOutdated(registration: BrokerRegistration, known: BrokerMembers | undefined): boolean {
    const address = known?.addresses.get(registration.brokerId);
    if (address === undefined || address === registration.brokerAddr) return false;
    const holder = this.tables.brokerLive.get(registration.clusterName, address);
    if (holder === undefined || holder.dataVersion.stateVersion <= registration.dataVersion.stateVersion) return false;
    this.logger.warn(
      `Registering Broker conflicts with the existed one, just ignore: ${registration.brokerName} ${registration.brokerAddr}`,
      {
        existing: address,
        existingStateVersion: holder.dataVersion.stateVersion,
        stateVersion: registration.dataVersion.stateVersion,
      },
    );
    return true;
  }

  /** Topics count from the master, or from the member with the smallest id when it is a 5.x slave, then without write permission. */
  private takeTopics(registration: BrokerRegistration, members: BrokerMembers, isFirst: boolean): void {
    const { brokerName, brokerId } = registration;
    const isPrimeSlave =
      brokerId !== MASTER_ID && registration.enableActingMaster !== undefined && brokerId === Math.min(...members.addresses.keys());
    if (brokerId !== MASTER_ID && !isPrimeSlave) return;
    const live = this.tables.brokerLive.get(registration.clusterName, registration.brokerAddr);
    const isChanged = isFirst || live === undefined || !sameVersion(live.dataVersion, registration.dataVersion);
    if (isChanged && this.config.deleteTopicWithBrokerRegistration) this.removeMissing(brokerName, registration.topics);
    for (const topic of registration.topics) {
      if (!isChanged && this.tables.topicQueue.has(topic.topicName, brokerName)) continue;
      const perm = isPrimeSlave && members.enableActingMaster ? topic.perm & ~PERM_WRITE : topic.perm;
      const { readQueueNums, writeQueueNums, topicSysFlag } = topic;
      this.putQueues(topic.topicName, { brokerName, perm, readQueueNums, topicSysFlag, writeQueueNums });
    }
  }

  private removeMissing(brokerName: string, topics: readonly TopicConfig[]): void {
    const registered = new Set(topics.map(({ topicName }) => topicName));
    for (const topic of this.tables.topicQueue.topicsOfBroker(brokerName)) {
      if (!registered.has(topic)) this.tables.topicQueue.remove(topic, brokerName);
    }
  }

  private putQueues(topic: string, queueData: QueueData): void {
    const { topicQueue } = this.tables;
    const isFull = topicQueue.topicCount >= this.config.maxTopicCount && topicQueue.queuesOf(topic) === undefined;
    if (isFull || !isUsableName(topic)) {
      this.leftOutTopics++;
      this.logger.warn('topic left out', { topic, brokerName: queueData.brokerName, reason: isFull ? 'maxTopicCount' : 'name' });
      return;
    }
    const outcome = topicQueue.put(topic, queueData);
    if (outcome !== 'same') this.logger.info(`${outcome === 'new' ? 'new topic registered' : 'topic changed'}, ${topic}`, { ...queueData });
  }

  private refreshLiveInfo(registration: BrokerRegistration): void {
    const { clusterName, brokerAddr, brokerName, brokerId, haServerAddr } = registration;
    const old = this.tables.brokerLive.put({
      identity: { clusterName, brokerAddr, brokerName, brokerId },
      lastUpdateMs: this.clock.monotonic(),
      timeoutMs: registration.heartbeatTimeoutMs ?? BROKER_EXPIRY_MS,
      dataVersion: registration.dataVersion,
      connection: registration.connection,
      haServerAddr,
      filterServers: registration.filterServers,
    });
    if (old === undefined)
      this.logger.info(`new broker registered, ${brokerAddr} HAServer: ${haServerAddr}`, { clusterName, brokerName, brokerId });
  }

  private masterOf(members: BrokerMembers, brokerId: number): { masterAddr?: string; haServerAddr?: string } {
    if (brokerId === MASTER_ID) return {};
    const masterAddr = members.addresses.get(MASTER_ID);
    if (masterAddr === undefined) return {};
    const master = this.tables.brokerLive.get(members.cluster, masterAddr);
    return master === undefined ? {} : { masterAddr, haServerAddr: master.haServerAddr };
  }
}

export function sameVersion(a: DataVersion, b: DataVersion): boolean {
  return a.counter === b.counter && a.stateVersion === b.stateVersion && a.timestamp === b.timestamp;
}
