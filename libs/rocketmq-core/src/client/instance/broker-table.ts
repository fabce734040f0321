// Addresses and versions of the brokers that routes name. Filled by routes and heartbeats; must never keep an address no route names any more.
import type { Random } from '../../common/index.js';
import type { BrokerData } from '../../protocol/index.js';
import { MASTER_ID } from './topic-route.js';

export interface BrokerAddress {
  readonly brokerName: string;
  readonly brokerId: number;
  readonly address: string;
}

export class BrokerTable {
  private readonly random: Random;
  private readonly addresses = new Map<string, ReadonlyMap<number, string>>();
  private readonly versions = new Map<string, number>();

  constructor(random: Random) {
    this.random = random;
  }

  /** Takes the addresses of a new route. */
  update(brokers: readonly BrokerData[]): void {
    for (const broker of brokers) this.addresses.set(broker.brokerName, broker.brokerAddrs);
  }

  /** Drops every address that none of the routes names. */
  retain(brokers: Iterable<BrokerData>): void {
    const named = new Map<string, Set<string>>();
    for (const broker of brokers) {
      const known = named.get(broker.brokerName) ?? new Set<string>();
      for (const address of broker.brokerAddrs.values()) known.add(address);
      named.set(broker.brokerName, known);
    }
    for (const [brokerName, byId] of this.addresses) {
      const kept = [...byId].filter(([, address]) => named.get(brokerName)?.has(address));
      if (kept.length === 0) this.addresses.delete(brokerName);
      else if (kept.length < byId.size) this.addresses.set(brokerName, new Map(kept));
    }
    const alive = new Set([...this.addresses.values()].flatMap((byId) => [...byId.values()]));
    for (const address of this.versions.keys()) if (!alive.has(address)) this.versions.delete(address);
  }

  all(): BrokerAddress[] {
    const list: BrokerAddress[] = [];
    for (const [brokerName, byId] of this.addresses) for (const [brokerId, address] of byId) list.push({ brokerName, brokerId, address });
    return list;
  }

  /** Where to send, to lock, to send back. */
  masterOf(brokerName: string): string | undefined {
    return this.addresses.get(brokerName)?.get(MASTER_ID);
  }

  /** The master, else any replica: offsets. */
  masterOrAny(brokerName: string): BrokerAddress | undefined {
    return this.toPullFrom(brokerName, MASTER_ID);
  }

  /** [java MQClientInstance#findBrokerAddressInSubscribe]: the wanted replica, the next one, any. */
  toPullFrom(brokerName: string, brokerId: number): BrokerAddress | undefined {
    const byId = this.addresses.get(brokerName);
    if (byId === undefined) return undefined;
    for (const id of [brokerId, ...(brokerId === MASTER_ID ? [] : [brokerId + 1])]) {
      const address = byId.get(id);
      if (address !== undefined) return { brokerName, brokerId: id, address };
    }
    for (const [id, address] of byId) return { brokerName, brokerId: id, address };
    return undefined;
  }

  /** One broker of the list by chance, its master if it has one: for what any broker of a topic can answer. */
  anyOf(brokers: readonly BrokerData[]): string | undefined {
    const reachable = brokers.filter((broker) => broker.brokerAddrs.size > 0);
    if (reachable.length === 0) return undefined;
    const { brokerAddrs } = reachable[this.random.int(reachable.length)]!;
    return brokerAddrs.get(MASTER_ID) ?? [...brokerAddrs.values()][this.random.int(brokerAddrs.size)];
  }

  setVersion(address: string, version: number): void {
    this.versions.set(address, version);
  }

  /** Version of the last heartbeat answer; 0 before the first. */
  versionOf(address: string): number {
    return this.versions.get(address) ?? 0;
  }
}
