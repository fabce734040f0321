// One broker of the embedded cluster: start, stop, start again at the same address. Must never remove its store.
import { BrokerLifecycle, BrokerModule, createBrokerConfig } from '@nest-rocketmq/broker';
import type { Clock, Logger } from 'rocketmq-core/common';
import { EmbeddedServer } from './embedded-server.js';
import type { EmbeddedRocketMQOptions } from './embedded-options.js';

export interface EmbeddedBrokerSettings {
  readonly name: string;
  readonly storePath: string;
  readonly nameServer: string;
  readonly brokerConfig: EmbeddedRocketMQOptions['brokerConfig'];
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOPBACK = '127.0.0.1';

export class EmbeddedBroker {
  private server: EmbeddedServer | undefined;
  /** 0 until the first start has picked one. */
  private port = 0;

  constructor(private readonly settings: EmbeddedBrokerSettings) {}

  get name(): string {
    return this.settings.name;
  }

  /** `host:port`. */
  get address(): string {
    return `${LOOPBACK}:${this.port}`;
  }

  get storePath(): string {
    return this.settings.storePath;
  }

  get isRunning(): boolean {
    return this.server !== undefined;
  }

  async start(): Promise<void> {
    if (this.server !== undefined) return;
    const { name, storePath, nameServer, brokerConfig, clock, logger } = this.settings;
    const { config } = createBrokerConfig({
      where: 'embedded broker',
      overrides: {
        ...brokerConfig,
        brokerName: name,
        namesrvAddr: [nameServer],
        bindAddress: LOOPBACK,
        listenPort: this.port,
        storePathRootDir: storePath,
      },
    });
    const server = await EmbeddedServer.start(BrokerModule.forRoot(config, { clock, logger }));
    this.server = server;
    this.port = server.get(BrokerLifecycle).address.port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await server?.stop();
  }
}
