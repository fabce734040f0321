// The door of the broker package: the module to run a broker inside any process, its configuration, and what to ask it afterwards.
export { BrokerModule } from './broker.module.js';
export { type BrokerOverrides } from './ports.module.js';
export { type BrokerConfig, type BrokerConfigInput } from './config/broker-config.schema.js';
export { type BrokerConfigSource, createBrokerConfig, type CreatedBrokerConfig } from './config/create-broker-config.js';
export { PullRequestHold } from './longpolling/pull-request-hold.js';
export { BrokerLifecycle } from './lifecycle/broker-lifecycle.js';
export { BrokerAddress } from './lifecycle/broker-address.js';
export { ConsumerOffsetTable } from './offset/consumer-offset-table.js';
export { SubscriptionGroupTable } from './subscription/subscription-group-table.js';
export { TopicConfigTable } from './topic/topic-config-table.js';
export { topicConfig } from './topic/system-topics.js';
export { RegisterService } from './registration/register-service.js';
export { MessageRequestModes } from './loadbalance/message-request-modes.js';
export { MESSAGE_STORE } from './tokens.js';
export { TransactionService, type UnresolvedTransaction } from './transaction/transaction-service.js';
export { TimerService } from './timer/timer-service.js';
