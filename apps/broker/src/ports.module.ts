// What a broker stands on: configuration, clock, log, randomness, turn, disk, sockets, the store and the client to name servers.
// Each can be given from outside. Must never start anything.
import { type DynamicModule, Module } from '@nestjs/common';
import {
  type Clock,
  type Logger,
  LoopTurn,
  type Network,
  type Random,
  silentLogger,
  SystemClock,
  SystemRandom,
  type Turn,
} from 'rocketmq-core/common';
import { createRemotingClient, NodeNetwork } from 'rocketmq-core/remoting';
import { createMessageStore, type Disk, type MessageStoreOptions, NodeDisk } from 'rocketmq-core/store';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { storeConfigOf } from './config/store-config.js';
import { DelayLevels } from './schedule/delay-levels.js';
import {
  BROKER_CLOCK,
  BROKER_CONFIG,
  BROKER_DISK,
  BROKER_LOGGER,
  BROKER_NETWORK,
  BROKER_RANDOM,
  BROKER_TURN,
  MESSAGE_STORE,
  NAME_SERVER_CLIENT,
} from './tokens.js';

/** What may be given from outside; what is not given is the real thing, except the log: silent. */
export interface BrokerOverrides {
  clock: Clock;
  logger: Logger;
  random: Random;
  /** Shared by store and sockets: what arrives in one poll is stored before it is answered. */
  turn: Turn;
  disk: Disk;
  network: Network;
  /** Told once when the first I/O error sealed the store: the process has to end, the next start recovers (D7). Default: only logged. */
  onStoreSealed: (error: Error) => void;
}

@Module({})
export class BrokerPortsModule {
  static forRoot(config: BrokerConfig, ports: Partial<BrokerOverrides>): DynamicModule {
    const clock = ports.clock ?? new SystemClock();
    const logger = ports.logger ?? silentLogger;
    const turn = ports.turn ?? new LoopTurn();
    const disk = ports.disk ?? new NodeDisk();
    const network = ports.network ?? new NodeNetwork();
    const random = ports.random ?? new SystemRandom();
    const values = [
      { provide: BROKER_CONFIG, useValue: config },
      { provide: BROKER_CLOCK, useValue: clock },
      { provide: BROKER_LOGGER, useValue: logger },
      { provide: BROKER_RANDOM, useValue: random },
      { provide: BROKER_TURN, useValue: turn },
      { provide: BROKER_DISK, useValue: disk },
      { provide: BROKER_NETWORK, useValue: network },
    ];
    const made = [
      { provide: MESSAGE_STORE, useFactory: () => createMessageStore({ ...storeOptionsOf(config, ports), disk, clock, turn, logger }) },
      { provide: NAME_SERVER_CLIENT, useFactory: () => createRemotingClient({ network, clock, logger }) },
    ];
    const providers = [...values, ...made];
    return { module: BrokerPortsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}

function storeOptionsOf(
  config: BrokerConfig,
  ports: Partial<BrokerOverrides>,
): Pick<MessageStoreOptions, 'config' | 'delayMsOfLevel' | 'onSealed'> {
  const levels = new DelayLevels(config.messageDelayLevel);
  return {
    config: storeConfigOf(config),
    delayMsOfLevel: (level) => levels.delayMsOf(levels.clamp(level)),
    ...(ports.onStoreSealed === undefined ? {} : { onSealed: ports.onStoreSealed }),
  };
}
