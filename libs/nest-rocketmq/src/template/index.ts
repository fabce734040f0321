export { type MessagePostProcessor, RocketMQTemplate } from './rocketmq-template.js';
export type { SendCallback, TemplateSendOptions, TimeoutOrOptions } from './send-options.js';
export type { ProducerPort, ProducerSend, QueueSelector } from './producer-port.js';
export { selectQueueByHash } from './hash-queue-selector.js';
export type { MappingContext } from './message-mapping.js';
