// brokerLiveTable: when each broker address was last heard of and over which connection. Must never remove an entry by itself: it only says
// which ones are due.
import type { DataVersion } from 'rocketmq-core/protocol';
import type { Connection } from 'rocketmq-core/remoting';

/** One running broker process: an address within a cluster. */
export interface BrokerIdentity {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly brokerName: string;
  readonly brokerId: number;
}

export interface BrokerLiveInfo {
  readonly identity: BrokerIdentity;
  /** Clock.monotonic() of the last registration or heartbeat. */
  lastUpdateMs: number;
  readonly timeoutMs: number;
  readonly dataVersion: DataVersion;
  readonly connection: Connection;
  readonly haServerAddr: string;
  readonly filterServers: readonly string[];
}

export class BrokerLiveTable {
  private readonly entries = new Map<string, BrokerLiveInfo>();

  get size(): number {
    return this.entries.size;
  }

  get(clusterName: string, brokerAddr: string): BrokerLiveInfo | undefined {
    return this.entries.get(keyOf(clusterName, brokerAddr));
  }

  put(info: BrokerLiveInfo): BrokerLiveInfo | undefined {
    const key = keyOf(info.identity.clusterName, info.identity.brokerAddr);
    const old = this.entries.get(key);
    this.entries.set(key, info);
    return old;
  }

  remove(clusterName: string, brokerAddr: string): boolean {
    return this.entries.delete(keyOf(clusterName, brokerAddr));
  }

  /** Brokers not heard of for longer than their time-out. */
  expired(nowMs: number): BrokerLiveInfo[] {
    return [...this.entries.values()].filter(({ lastUpdateMs, timeoutMs }) => lastUpdateMs + timeoutMs < nowMs);
  }

  /** Brokers whose last registration came over this connection. */
  ofConnection(connection: Connection): BrokerLiveInfo[] {
    return [...this.entries.values()].filter((info) => info.connection === connection);
  }
}

/** Names hold no control character, so the pair is unambiguous. */
function keyOf(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}
