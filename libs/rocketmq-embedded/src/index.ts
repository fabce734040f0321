// The public door: a cluster inside the process, for development and tests.
export { EmbeddedRocketMQ } from './embedded-rocketmq.js';
export type { EmbeddedRocketMQOptions } from './embedded-options.js';
export type { EmbeddedBroker } from './embedded-broker.js';
