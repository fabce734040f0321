// Client instances by client id. Facades that are given the same registry share an instance when their ids are equal; there is no hidden global one.
// Must never keep an instance nobody uses.
import { IllegalSubscriptionError } from '../../errors/index.js';
import type { ClientPorts } from '../ports.js';
import { ClientInstance, type InstanceConfig } from './client-instance.js';

interface Shared {
  readonly instance: ClientInstance;
  users: number;
}

export class ClientRegistry {
  private readonly shared = new Map<string, Shared>();

  /** The instance of this client id, made if need be; give each back with release(). */
  acquire(config: InstanceConfig, ports: ClientPorts): ClientInstance {
    const known = this.shared.get(config.clientId);
    if (known === undefined) {
      const instance = new ClientInstance(config, ports);
      this.shared.set(config.clientId, { instance, users: 1 });
      return instance;
    }
    if (known.instance.config.nameServers.join(';') !== config.nameServers.join(';')) {
      // Java silently uses the first one's name servers, and messages go to the wrong cluster.
      throw new IllegalSubscriptionError(
        `client id ${config.clientId} is in use with name servers ${known.instance.config.nameServers.join(';')}; set another instanceName`,
        { clientId: config.clientId },
      );
    }
    known.users++;
    return known.instance;
  }

  /** Shuts the instance down when this was its last user. */
  async release(instance: ClientInstance): Promise<void> {
    const known = this.shared.get(instance.clientId);
    if (known === undefined || known.instance !== instance || --known.users > 0) return;
    this.shared.delete(instance.clientId);
    await instance.shutdown();
  }
}
