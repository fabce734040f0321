// The broker's tables and the services that keep them: topics, groups, offsets, clients, holds, delayed messages, registration.
// Must never hold decisions about requests: processors ask these.
import { Global, Module, type Provider } from '@nestjs/common';
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import type { Clock, Logger, Random, Turn } from 'rocketmq-core/common';
import type { RemotingClient, RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { ClientScan } from './client/client-scan.js';
import { ConsumerChangeNotifier } from './client/consumer-change-notifier.js';
import { ConsumerTable } from './client/consumer-table.js';
import { ProducerTable } from './client/producer-table.js';
import { RebalanceLockTable } from './client/rebalance-lock-table.js';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { DecisionVersion } from './decision-version.js';
import { ConsumerFilterTable } from './filter/consumer-filter-table.js';
import { FilterCompiler } from './filter/filter-compiler.js';
import { BrokerAddress } from './lifecycle/broker-address.js';
import { StateSettled } from './lifecycle/state-settled.js';
import { PullRequestHold } from './longpolling/pull-request-hold.js';
import { UniqueIds } from './message/unique-ids.js';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
import { OffsetReset } from './offset/offset-reset.js';
import { ResetOffsetTable } from './offset/reset-offset-table.js';
import { RegisterService } from './registration/register-service.js';
import { DelayLevels } from './schedule/delay-levels.js';
import { DelayOffsets } from './schedule/delay-offsets.js';
import { ScheduleService } from './schedule/schedule-service.js';
import { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_LOGGER, BROKER_RANDOM, BROKER_TURN, MESSAGE_STORE, NAME_SERVER_CLIENT } from './tokens.js';
import { TopicConfigTable } from './topic/topic-config-table.js';
import { ProducerQuestions } from './transaction/producer-questions.js';
import { TransactionService } from './transaction/transaction-service.js';

const tables: Provider[] = [
  { provide: DecisionVersion, useFactory: () => new DecisionVersion() },
  { provide: StateSettled, useFactory: () => new StateSettled() },
  { provide: BrokerAddress, inject: [BROKER_CONFIG], useFactory: (config: BrokerConfig) => new BrokerAddress(config.brokerIP1) },
  { provide: DelayLevels, inject: [BROKER_CONFIG], useFactory: (config: BrokerConfig) => new DelayLevels(config.messageDelayLevel) },
  {
    provide: TopicConfigTable,
    inject: [DecisionVersion, BROKER_CLOCK],
    useFactory: (decisions: DecisionVersion, clock: Clock) => new TopicConfigTable(decisions, () => clock.now()),
  },
  {
    provide: SubscriptionGroupTable,
    inject: [DecisionVersion, BROKER_CONFIG, BROKER_CLOCK],
    useFactory: (decisions: DecisionVersion, config: BrokerConfig, clock: Clock) =>
      new SubscriptionGroupTable(decisions, config.autoCreateSubscriptionGroup, () => clock.now()),
  },
  {
    provide: ConsumerOffsetTable,
    inject: [DecisionVersion, BROKER_CONFIG, BROKER_CLOCK],
    useFactory: (decisions: DecisionVersion, config: BrokerConfig, clock: Clock) =>
      new ConsumerOffsetTable(decisions, config.consumerOffsetUpdateVersionStep, () => clock.now()),
  },
  {
    provide: ResetOffsetTable,
    inject: [DecisionVersion],
    useFactory: (decisions: DecisionVersion) => new ResetOffsetTable(decisions),
  },
  {
    provide: DelayOffsets,
    inject: [BROKER_CONFIG, BROKER_CLOCK],
    useFactory: (config: BrokerConfig, clock: Clock) => new DelayOffsets(config.delayOffsetUpdateVersionStep, () => clock.now()),
  },
  { provide: ProducerTable, useFactory: () => new ProducerTable() },
  { provide: ConsumerTable, inject: [DecisionVersion], useFactory: (decisions: DecisionVersion) => new ConsumerTable(decisions) },
  {
    provide: ConsumerFilterTable,
    inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_LOGGER, ConsumerTable],
    useFactory: (config: BrokerConfig, clock: Clock, logger: Logger, consumers: ConsumerTable) => {
      const filters = new ConsumerFilterTable(config, new FilterCompiler(), () => clock.now(), logger);
      consumers.onChange(({ group, channels }) => {
        if (channels.size === 0) filters.unregister(group);
      });
      return filters;
    },
  },
  { provide: RebalanceLockTable, inject: [BROKER_CLOCK], useFactory: (clock: Clock) => new RebalanceLockTable(clock) },
  {
    provide: UniqueIds,
    inject: [BROKER_CLOCK, BROKER_RANDOM, BROKER_CONFIG],
    useFactory: (clock: Clock, random: Random, config: BrokerConfig) =>
      new UniqueIds({ clock, random, ip: config.brokerIP1, pid: process.pid }),
  },
];

const services: Provider[] = [
  {
    provide: PullRequestHold,
    inject: [BROKER_CLOCK, BROKER_TURN, BROKER_LOGGER, BROKER_CONFIG, MESSAGE_STORE],
    useFactory: (clock: Clock, turn: Turn, logger: Logger, config: BrokerConfig, store: MessageStore) =>
      new PullRequestHold(clock, turn, logger, config, (topic, queueId) => store.findQueue(topic, queueId)?.maxOffset ?? 0),
  },
  {
    provide: ClientScan,
    inject: [BROKER_CLOCK, BROKER_LOGGER, BROKER_CONFIG, ProducerTable, ConsumerTable],
    useFactory: (clock: Clock, logger: Logger, config: BrokerConfig, producers: ProducerTable, consumers: ConsumerTable) =>
      new ClientScan(clock, logger, config.channelExpiredTimeout, [producers, consumers]),
  },
  {
    provide: OffsetReset,
    inject: [
      BROKER_CONFIG,
      MESSAGE_STORE,
      TopicConfigTable,
      SubscriptionGroupTable,
      ConsumerTable,
      ConsumerOffsetTable,
      ResetOffsetTable,
      PullRequestHold,
      REMOTING_SERVER,
    ],
    useFactory: (
      { brokerName, useServerSideResetOffset }: BrokerConfig,
      store: MessageStore,
      topics: TopicConfigTable,
      groups: SubscriptionGroupTable,
      consumers: ConsumerTable,
      offsets: ConsumerOffsetTable,
      resets: ResetOffsetTable,
      holds: PullRequestHold,
      server: RemotingServer,
    ) => new OffsetReset({ brokerName, useServerSideResetOffset, store, topics, groups, consumers, offsets, resets, holds, server }),
  },
  {
    provide: ConsumerChangeNotifier,
    inject: [REMOTING_SERVER, SubscriptionGroupTable, BROKER_LOGGER, BROKER_CONFIG],
    useFactory: (server: RemotingServer, groups: SubscriptionGroupTable, logger: Logger, config: BrokerConfig) =>
      new ConsumerChangeNotifier(server, groups, logger, config.notifyConsumerIdsChangedEnable),
  },
  {
    provide: ScheduleService,
    inject: [BROKER_CLOCK, BROKER_LOGGER, MESSAGE_STORE, DelayLevels, DelayOffsets],
    useFactory: (clock: Clock, logger: Logger, store: MessageStore, levels: DelayLevels, offsets: DelayOffsets) =>
      new ScheduleService(clock, logger, store, levels, offsets),
  },
  {
    provide: ProducerQuestions,
    inject: [REMOTING_SERVER, ProducerTable, BROKER_CONFIG, BROKER_LOGGER],
    useFactory: (server: RemotingServer, producers: ProducerTable, config: BrokerConfig, logger: Logger) =>
      new ProducerQuestions(server, producers, config.brokerName, logger),
  },
  {
    provide: TransactionService,
    inject: [
      BROKER_CONFIG,
      BROKER_CLOCK,
      BROKER_LOGGER,
      MESSAGE_STORE,
      TopicConfigTable,
      ConsumerOffsetTable,
      BrokerAddress,
      ProducerQuestions,
    ],
    useFactory: (
      config: BrokerConfig,
      clock: Clock,
      logger: Logger,
      store: MessageStore,
      topics: TopicConfigTable,
      offsets: ConsumerOffsetTable,
      address: BrokerAddress,
      questions: ProducerQuestions,
    ) => new TransactionService({ config, clock, logger, store, topics, offsets, address, questions }),
  },
  {
    provide: RegisterService,
    inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_LOGGER, NAME_SERVER_CLIENT, TopicConfigTable, BrokerAddress],
    useFactory: (
      config: BrokerConfig,
      clock: Clock,
      logger: Logger,
      client: RemotingClient,
      topics: TopicConfigTable,
      address: BrokerAddress,
    ) => new RegisterService(config, clock, logger, client, topics, address),
  },
];

const providers = [...tables, ...services];

@Global()
@Module({ providers, exports: providers.map((provider) => (provider as { provide: symbol }).provide) })
export class BrokerStateModule {}
