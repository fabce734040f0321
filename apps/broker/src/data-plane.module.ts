// The hot path as the container sees it: one object with a start and a stop, made of plain classes (D16).
import { Module } from '@nestjs/common';
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import type { Clock, Turn } from 'rocketmq-core/common';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { HotAdmission } from './admission/hot-admission.js';
import { ConsumerTable } from './client/consumer-table.js';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { HotPathStarter } from './data-plane/hot-path-starter.js';
import { DecisionVersion } from './decision-version.js';
import { BrokerAddress } from './lifecycle/broker-address.js';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
import { ResetOffsetTable } from './offset/reset-offset-table.js';
import { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_TURN, MESSAGE_STORE } from './tokens.js';
import { TopicConfigTable } from './topic/topic-config-table.js';

@Module({
  providers: [
    {
      provide: HotAdmission,
      inject: [
        BROKER_CONFIG,
        BROKER_CLOCK,
        DecisionVersion,
        TopicConfigTable,
        SubscriptionGroupTable,
        ConsumerTable,
        ConsumerOffsetTable,
        ResetOffsetTable,
      ],
      useFactory: (
        config: BrokerConfig,
        clock: Clock,
        decisions: DecisionVersion,
        topics: TopicConfigTable,
        groups: SubscriptionGroupTable,
        consumers: ConsumerTable,
        offsets: ConsumerOffsetTable,
        resets: ResetOffsetTable,
      ) => new HotAdmission({ config, topics, groups, consumers }, offsets, resets, decisions, () => clock.now()),
    },
    {
      provide: HotPathStarter,
      inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_TURN, MESSAGE_STORE, REMOTING_SERVER, BrokerAddress, HotAdmission],
      useFactory: (
        config: BrokerConfig,
        clock: Clock,
        turn: Turn,
        store: MessageStore,
        server: RemotingServer,
        address: BrokerAddress,
        admission: HotAdmission,
      ) => new HotPathStarter({ config, clock, turn, store, server, address, admission }),
    },
  ],
  exports: [HotPathStarter],
})
export class BrokerDataPlaneModule {}
