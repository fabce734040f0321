// Start, stop, ports and state files of the broker.
import { Module } from '@nestjs/common';
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import type { Clock, Logger, Turn } from 'rocketmq-core/common';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { Disk, MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { BrokerDataPlaneModule } from './data-plane.module.js';
import { HotAdmission } from './admission/hot-admission.js';
import { ConsumerTable } from './client/consumer-table.js';
import { DecisionVersion } from './decision-version.js';
import { BrokerAddress } from './lifecycle/broker-address.js';
import { BrokerHotPath } from './lifecycle/hot-path.js';
import { BrokerLifecycle } from './lifecycle/broker-lifecycle.js';
import { ListenPorts } from './lifecycle/listen-ports.js';
import { StateFiles } from './lifecycle/state-files.js';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
import { DelayLevels } from './schedule/delay-levels.js';
import { DelayOffsets } from './schedule/delay-offsets.js';
import { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_DISK, BROKER_LOGGER, BROKER_TURN, MESSAGE_STORE } from './tokens.js';
import { TopicConfigTable } from './topic/topic-config-table.js';

@Module({
  imports: [BrokerDataPlaneModule],
  providers: [
    BrokerLifecycle,
    {
      provide: ListenPorts,
      inject: [BROKER_CONFIG, BROKER_LOGGER, REMOTING_SERVER, BrokerAddress],
      useFactory: (config: BrokerConfig, logger: Logger, server: RemotingServer, address: BrokerAddress) =>
        new ListenPorts(config, logger, server, address),
    },
    {
      provide: HotAdmission,
      inject: [BROKER_CONFIG, BROKER_CLOCK, DecisionVersion, TopicConfigTable, SubscriptionGroupTable, ConsumerTable, ConsumerOffsetTable],
      useFactory: (
        config: BrokerConfig,
        clock: Clock,
        decisions: DecisionVersion,
        topics: TopicConfigTable,
        groups: SubscriptionGroupTable,
        consumers: ConsumerTable,
        offsets: ConsumerOffsetTable,
      ) => new HotAdmission({ config, topics, groups, consumers }, offsets, decisions, () => clock.now()),
    },
    {
      provide: BrokerHotPath,
      inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_TURN, MESSAGE_STORE, REMOTING_SERVER, HotAdmission, BrokerAddress],
      useFactory: (
        config: BrokerConfig,
        clock: Clock,
        turn: Turn,
        store: MessageStore,
        server: RemotingServer,
        admission: HotAdmission,
        address: BrokerAddress,
      ) => new BrokerHotPath({ config, clock, turn, store, server }, admission, address),
    },
    {
      provide: StateFiles,
      inject: [
        BROKER_CONFIG,
        BROKER_CLOCK,
        BROKER_LOGGER,
        BROKER_DISK,
        TopicConfigTable,
        SubscriptionGroupTable,
        ConsumerOffsetTable,
        DelayOffsets,
        DelayLevels,
      ],
      useFactory: (
        config: BrokerConfig,
        clock: Clock,
        logger: Logger,
        disk: Disk,
        topics: TopicConfigTable,
        groups: SubscriptionGroupTable,
        offsets: ConsumerOffsetTable,
        delayOffsets: DelayOffsets,
        levels: DelayLevels,
      ) => new StateFiles({ config, clock, logger, disk }, { topics, groups, offsets, delayOffsets, levels }),
    },
  ],
})
export class BrokerLifecycleModule {}
