// The ordered start and stop of the name server: what it needs first, then the port, then the scan. Must never hold a rule of its own.
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectRemotingServer, OrderedLifecycle } from 'nest-rocketmq/server';
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import { NAMESRV_CLOCK, NAMESRV_LOGGER, NAMESRV_SETTINGS } from '../config/namesrv.tokens.js';
import { KvConfigTable } from '../kv-config/kv-config-table.js';
import { RouteInfoManager } from '../route-info/route-info-manager.js';

/** The first scan for expired brokers. [java NamesrvController] */
const FIRST_SCAN_DELAY_MS = 5000;
/** Requests under way get so long when the server closes. */
const DRAIN_MS = 3000;

@Injectable()
export class NamesrvLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lifecycle: OrderedLifecycle;
  private bound: { host: string; port: number } | undefined;
  private scan: Timer | undefined;

  constructor(
    @InjectRemotingServer() private readonly server: RemotingServer,
    private readonly manager: RouteInfoManager,
    private readonly kvConfig: KvConfigTable,
    @Inject(NAMESRV_SETTINGS) private readonly config: NamesrvConfig,
    @Inject(NAMESRV_CLOCK) private readonly clock: Clock,
    @Inject(NAMESRV_LOGGER) logger: Logger,
  ) {
    this.lifecycle = new OrderedLifecycle(
      [
        { name: 'kv config', start: () => this.kvConfig.load(), stop: () => this.kvConfig.settled() },
        { name: 'expiry scan', start: () => this.startScan(), stop: () => this.scan?.cancel() },
        { name: 'remoting server', start: () => this.listen(), stop: () => this.server.close(DRAIN_MS) },
      ],
      logger,
    );
  }

  /** Where the server listens, once it does. */
  get address(): { host: string; port: number } {
    if (this.bound === undefined) throw new Error('the name server does not listen yet');
    return this.bound;
  }

  onApplicationBootstrap(): Promise<void> {
    return this.lifecycle.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.lifecycle.stop();
  }

  private async listen(): Promise<void> {
    this.server.onConnectionClosed((connection) => this.manager.connectionClosed(connection));
    this.bound = await this.server.listen({ host: this.config.bindAddress, port: this.config.listenPort });
  }

  private startScan(): void {
    this.scan = this.clock.setPeriodic(() => this.manager.removeExpired(), this.config.scanNotActiveBrokerInterval, FIRST_SCAN_DELAY_MS);
  }
}
