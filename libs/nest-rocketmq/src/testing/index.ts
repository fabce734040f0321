// The door `nest-rocketmq/testing`: needs the package rocketmq-embedded.
export type { Duration } from '../options/index.js';
export { type FaultOptions, RocketMQFaults } from './faults.js';
export { type ExpectationOptions, MessageExpectation } from './message-expectation.js';
export type { MessageFilter } from './message-filter.js';
export type { DeliveryRecord, SentRecord } from './message-recorder.js';
export { RocketMQTesting, type TestClock } from './rocketmq-testing.js';
export { RocketMQTestingModule } from './rocketmq-testing.module.js';
export type { TestClusterOptions } from './test-cluster.js';
