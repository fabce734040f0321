// The broker as a Nest module: usable from main.ts and inside any other process. Imports only; must never hold logic.
import { type DynamicModule, Module } from '@nestjs/common';
import { RemotingServerModule } from 'nest-rocketmq/server';
import type { Clock, Logger, Network, Turn } from 'rocketmq-core/common';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { lanesOf } from './config/lanes.js';
import { BrokerIntakeModule } from './intake.module.js';
import { BrokerLifecycleModule } from './lifecycle.module.js';
import { BrokerPopModule } from './pop.module.js';
import { type BrokerOverrides, BrokerPortsModule } from './ports.module.js';
import { BrokerProcessorModule } from './processor.module.js';
import { BrokerStateModule } from './state.module.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_LOGGER, BROKER_NETWORK, BROKER_TURN } from './tokens.js';

@Module({})
export class BrokerModule {
  /** `config` comes from createBrokerConfig(). `ports`: clock, logger, network, turn, disk, random; the real ones unless given. */
  static forRoot(config: BrokerConfig, ports: Partial<BrokerOverrides> = {}): DynamicModule {
    return {
      module: BrokerModule,
      imports: [
        BrokerPortsModule.forRoot(config, ports),
        RemotingServerModule.forRootAsync({
          inject: [BROKER_CONFIG, BROKER_NETWORK, BROKER_CLOCK, BROKER_TURN, BROKER_LOGGER],
          useFactory: (broker: BrokerConfig, network: Network, clock: Clock, turn: Turn, logger: Logger) => ({
            server: {
              network,
              clock,
              turn,
              logger,
              lanes: lanesOf(broker),
              maxConnections: broker.maxConnections,
              idleTimeoutMs: broker.serverChannelMaxIdleTimeSeconds * 1000,
            },
          }),
        }),
        BrokerStateModule,
        BrokerIntakeModule,
        BrokerPopModule,
        BrokerProcessorModule,
        BrokerLifecycleModule,
      ],
    };
  }
}
