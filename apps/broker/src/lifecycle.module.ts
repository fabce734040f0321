// Start, stop, ports and state files of the broker.
import { Module } from '@nestjs/common';
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import type { Clock, Logger } from 'rocketmq-core/common';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { Disk } from 'rocketmq-core/store';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { BrokerDataPlaneModule } from './data-plane.module.js';
import { ConsumerFilterTable } from './filter/consumer-filter-table.js';
import { BrokerAddress } from './lifecycle/broker-address.js';
import { BrokerLifecycle } from './lifecycle/broker-lifecycle.js';
import { ListenPorts } from './lifecycle/listen-ports.js';
import { StateFiles } from './lifecycle/state-files.js';
import { MessageRequestModes } from './loadbalance/message-request-modes.js';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
import { OrderInfoTable } from './pop/order-info-table.js';
import { DelayLevels } from './schedule/delay-levels.js';
import { DelayOffsets } from './schedule/delay-offsets.js';
import { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_DISK, BROKER_LOGGER } from './tokens.js';
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
        ConsumerFilterTable,
        OrderInfoTable,
        MessageRequestModes,
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
        filters: ConsumerFilterTable,
        orders: OrderInfoTable,
        modes: MessageRequestModes,
      ) => new StateFiles({ config, clock, logger, disk }, { topics, groups, offsets, delayOffsets, levels, filters, orders, modes }),
    },
  ],
})
export class BrokerLifecycleModule {}
