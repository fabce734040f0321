// Who produces: group -> live connections, as told by heartbeats. Keyed by the connection object; must never hold a closed one.
import type { Connection } from 'rocketmq-core/remoting';
import type { ClientChannel } from './client-channel.js';

export class ProducerTable {
  private readonly groups = new Map<string, Map<Connection, ClientChannel>>();
  private readonly groupsOf = new Map<Connection, Set<string>>();
  /** A client that came back under its old id counts by its newest connection. */
  private readonly byClientId = new Map<string, ClientChannel>();

  /** Returns true when the connection is new in the group. */
  register(group: string, channel: ClientChannel): boolean {
    let members = this.groups.get(group);
    if (members === undefined) this.groups.set(group, (members = new Map()));
    const known = members.has(channel.connection);
    members.set(channel.connection, channel);
    let groups = this.groupsOf.get(channel.connection);
    if (groups === undefined) this.groupsOf.set(channel.connection, (groups = new Set()));
    groups.add(group);
    this.byClientId.set(channel.clientId, channel);
    return !known;
  }

  unregister(group: string, connection: Connection): void {
    const members = this.groups.get(group);
    const channel = members?.get(connection);
    if (members?.delete(connection) && members.size === 0) this.groups.delete(group);
    const groups = this.groupsOf.get(connection);
    if (groups?.delete(group) && groups.size === 0) {
      this.groupsOf.delete(connection);
      this.forgetClient(channel);
    }
  }

  /** The connection has gone: leaves all its groups. */
  forget(connection: Connection): void {
    for (const group of this.groupsOf.get(connection) ?? []) {
      const members = this.groups.get(group);
      this.forgetClient(members?.get(connection));
      if (members?.delete(connection) && members.size === 0) this.groups.delete(group);
    }
    this.groupsOf.delete(connection);
  }

  channelsOf(group: string): ClientChannel[] {
    return [...(this.groups.get(group)?.values() ?? [])];
  }

  /** The client of this id, whatever it produces. */
  findClient(clientId: string): ClientChannel | undefined {
    return this.byClientId.get(clientId);
  }

  groupNames(): string[] {
    return [...this.groups.keys()];
  }

  /** Every channel, once per group it is in. */
  *channels(): IterableIterator<ClientChannel> {
    for (const members of this.groups.values()) yield* members.values();
  }

  private forgetClient(channel: ClientChannel | undefined): void {
    if (channel === undefined || this.byClientId.get(channel.clientId)?.connection !== channel.connection) return;
    this.byClientId.delete(channel.clientId);
  }
}
