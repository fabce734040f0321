export { RocketMQTemplate } from './rocketmq-template.js';
export { type MessagePostProcessor, SendingTemplate } from './sending-template.js';
export type { RequestReplyOptions, SendCallback, TemplateSendOptions, TimeoutOrOptions } from './send-options.js';
export type { ProducerPort, ProducerRequest, ProducerSend, QueueSelector } from './producer-port.js';
export { type SendInterceptor, type Sending, type SendKind, interceptSends } from './send-interceptor.js';
export type { ReceiverPort } from './receiver-port.js';
export { selectQueueByHash } from './hash-queue-selector.js';
export type { MappingContext } from './message-mapping.js';
