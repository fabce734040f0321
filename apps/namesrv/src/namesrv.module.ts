// Puts the name server together: configuration and ports in, tables, processors and lifecycle inside. Must never read the environment.
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { loadConfig, RemotingServerModule } from 'nest-rocketmq/server';
import { type Clock, type Logger, type Network, silentLogger, SystemClock, LoopTurn, type Turn } from 'rocketmq-core/common';
import { REQUEST_TABLE } from 'rocketmq-core/protocol';
import { NodeNetwork } from 'rocketmq-core/remoting';
import { type Disk, NodeDisk } from 'rocketmq-core/store';
import { NAMESRV_CONFIG, type NamesrvConfig } from './config/namesrv-config.js';
import { NAMESRV_CLOCK, NAMESRV_LOGGER, NAMESRV_SETTINGS } from './config/namesrv.tokens.js';
import { KvConfigTable } from './kv-config/kv-config-table.js';
import { kvConfigFile } from './kv-config/kv-config-file.js';
import { NamesrvLifecycle } from './lifecycle/namesrv-lifecycle.js';
import { BrokerProcessor } from './processor/broker.processor.js';
import { ClusterProcessor } from './processor/cluster.processor.js';
import { ConfigProcessor } from './processor/config.processor.js';
import { KvConfigProcessor } from './processor/kv-config.processor.js';
import { RouteProcessor } from './processor/route.processor.js';
import { TopicProcessor } from './processor/topic.processor.js';
import { RouteInfoManager } from './route-info/route-info-manager.js';
import { RouteQueries } from './route-info/route-queries.js';
import { RouteTables } from './route-info/route-tables.js';

/** Ports and collaborators a caller may replace: tests and the embedded cluster do. */
export interface NamesrvOverrides {
  clock?: Clock;
  logger?: Logger;
  network?: Network;
  turn?: Turn;
  disk?: Disk;
}

@Module({})
export class NamesrvModule {
  /** A name server as a module. Missing keys get their defaults; wrong ones throw ConfigError. After bootstrap `NamesrvLifecycle.address` says where it listens. */
  static forRoot(config: Partial<NamesrvConfig> = {}, overrides: NamesrvOverrides = {}): DynamicModule {
    const settings = loadConfig(NAMESRV_CONFIG, { where: 'name server options', overrides: config }).config;
    const clock = overrides.clock ?? new SystemClock();
    const logger = overrides.logger ?? silentLogger;
    const disk = overrides.disk ?? new NodeDisk();
    return {
      module: NamesrvModule,
      imports: [
        RemotingServerModule.forRoot({
          server: {
            network: overrides.network ?? new NodeNetwork(),
            clock,
            turn: overrides.turn ?? new LoopTurn(),
            logger,
            idleTimeoutMs: settings.serverChannelMaxIdleTimeSeconds * 1000,
          },
          mustServe: [...REQUEST_TABLE.values()].filter(({ servedBy }) => servedBy.includes('namesrv')),
        }),
      ],
      providers: [
        { provide: NAMESRV_SETTINGS, useValue: settings },
        { provide: NAMESRV_CLOCK, useValue: clock },
        { provide: NAMESRV_LOGGER, useValue: logger },
        {
          provide: KvConfigTable,
          useValue: new KvConfigTable(kvConfigFile(settings.kvConfigPath, { disk, logger }), () => settings.maxKvItemCount, logger),
        },
        ...routeProviders(settings, clock, logger),
        RouteProcessor,
        BrokerProcessor,
        ClusterProcessor,
        TopicProcessor,
        KvConfigProcessor,
        ConfigProcessor,
        NamesrvLifecycle,
      ],
      exports: [NamesrvLifecycle, RouteQueries],
    };
  }
}

function routeProviders(config: NamesrvConfig, clock: Clock, logger: Logger): Provider[] {
  const tables = new RouteTables();
  return [
    { provide: RouteTables, useValue: tables },
    { provide: RouteInfoManager, useValue: new RouteInfoManager(tables, config, clock, logger) },
    { provide: RouteQueries, useValue: new RouteQueries(tables) },
  ];
}
