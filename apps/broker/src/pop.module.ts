// POP consumption: its tables, its services and their wiring. Must never hold decisions about requests: processors ask these.
import { Global, Module, type Provider } from '@nestjs/common';
import type { Clock, Logger, Turn } from 'rocketmq-core/common';
import type { RemotingClient } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { BrokerAddress } from './lifecycle/broker-address.js';
import { MessageRequestModes } from './loadbalance/message-request-modes.js';
import { TopicQueues } from './loadbalance/topic-queues.js';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
import { AckService } from './pop/ack-service.js';
import { NotificationWaits } from './pop/notification-waits.js';
import { PopOffsetRecovery } from './pop/offset-recovery.js';
import { OrderInfoTable } from './pop/order-info-table.js';
import { PopConsumption } from './pop/pop-consumption.js';
import { PopOffsets } from './pop/pop-offsets.js';
import { PopService } from './pop/pop-service.js';
import { PopWaits } from './pop/pop-waits.js';
import { ReviveLog } from './pop/revive-log.js';
import { ReviveService } from './pop/revive-service.js';
import { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
import { TimerService } from './timer/timer-service.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_LOGGER, BROKER_TURN, MESSAGE_STORE, NAME_SERVER_CLIENT } from './tokens.js';
import { TopicConfigTable } from './topic/topic-config-table.js';

const WAITS_PARTS = [BROKER_CLOCK, BROKER_TURN, BROKER_LOGGER, BROKER_CONFIG];

const tables: Provider[] = [
  {
    provide: MessageRequestModes,
    inject: [BROKER_CONFIG],
    useFactory: (config: BrokerConfig) => new MessageRequestModes(config),
  },
  {
    provide: OrderInfoTable,
    inject: [BROKER_CLOCK, TopicConfigTable, SubscriptionGroupTable],
    useFactory: (clock: Clock, topics: TopicConfigTable, groups: SubscriptionGroupTable) =>
      new OrderInfoTable(clock, {
        readQueueNums: (topic) => topics.find(topic)?.readQueueNums,
        hasGroup: (group) => groups.find(group) !== undefined,
      }),
  },
  {
    provide: PopWaits,
    inject: WAITS_PARTS,
    useFactory: (clock: Clock, turn: Turn, logger: Logger, config: BrokerConfig) => new PopWaits(clock, turn, logger, config),
  },
  {
    provide: NotificationWaits,
    inject: WAITS_PARTS,
    useFactory: (clock: Clock, turn: Turn, logger: Logger, config: BrokerConfig) => new NotificationWaits(clock, turn, logger, config),
  },
  {
    provide: TopicQueues,
    inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_LOGGER, NAME_SERVER_CLIENT, TopicConfigTable],
    useFactory: (config: BrokerConfig, clock: Clock, logger: Logger, client: RemotingClient, topics: TopicConfigTable) =>
      new TopicQueues(config, clock, logger, client, topics),
  },
];

const services: Provider[] = [
  ReviveLog,
  PopOffsets,
  PopOffsetRecovery,
  PopService,
  AckService,
  {
    provide: ReviveService,
    inject: [
      BROKER_CONFIG,
      BROKER_CLOCK,
      BROKER_LOGGER,
      MESSAGE_STORE,
      TopicConfigTable,
      SubscriptionGroupTable,
      ConsumerOffsetTable,
      BrokerAddress,
      ReviveLog,
      TimerService,
    ],
    useFactory: (
      config: BrokerConfig,
      clock: Clock,
      logger: Logger,
      store: MessageStore,
      topics: TopicConfigTable,
      groups: SubscriptionGroupTable,
      offsets: ConsumerOffsetTable,
      address: BrokerAddress,
      log: ReviveLog,
      timer: TimerService,
    ) => {
      const timerDeliveredUpToMs = (): number => timer.deliveredUpToMs;
      return new ReviveService({ config, clock, logger, store, topics, groups, offsets, address, log, timerDeliveredUpToMs });
    },
  },
  PopConsumption,
];

const providers = [...tables, ...services];

@Global()
@Module({
  providers,
  exports: [MessageRequestModes, OrderInfoTable, PopWaits, NotificationWaits, TopicQueues, PopService, AckService, PopConsumption],
})
export class BrokerPopModule {}
