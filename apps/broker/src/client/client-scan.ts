// Ends clients that fell silent: every 10 s, whoever sent no heartbeat for `channelExpiredTimeout` loses its connection.
// Must never judge by wall time: a clock that jumps would throw every client out.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import type { ClientChannel } from './client-channel.js';

export const CLIENT_SCAN_PERIOD_MS = 10_000;

export interface ChannelSource {
  channels(): Iterable<ClientChannel>;
}

export class ClientScan {
  private timer: Timer | undefined;
  private expired = 0;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly expireMs: number,
    private readonly tables: readonly ChannelSource[],
  ) {}

  start(): void {
    this.timer = this.clock.setPeriodic(() => this.scan(), CLIENT_SCAN_PERIOD_MS);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Clients closed for silence since start. */
  get expiredClients(): number {
    return this.expired;
  }

  private scan(): void {
    const oldest = this.clock.monotonic() - this.expireMs;
    const silent = new Set<ClientChannel>();
    const alive = new Set<unknown>();
    for (const table of this.tables) {
      for (const channel of table.channels()) {
        if (channel.lastHeartbeatMs < oldest) silent.add(channel);
        else alive.add(channel.connection);
      }
    }
    for (const channel of silent) {
      if (alive.has(channel.connection)) continue;
      this.expired++;
      this.logger.warn('client expired', { clientId: channel.clientId, address: channel.connection.remoteAddress, afterMs: this.expireMs });
      // Closing tells the tables, exactly as a client that went away by itself.
      channel.connection.close(`no heartbeat for ${this.expireMs} ms`);
    }
  }
}
