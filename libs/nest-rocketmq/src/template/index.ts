export { RocketMQTemplate } from './rocketmq-template.js';
export { type MessagePostProcessor, SendingTemplate } from './sending-template.js';
export type {
  OneWayOptions,
  RequestReplyOptions,
  RocketMQLocalRequestCallback,
  SendCallback,
  TemplateSendOptions,
  TimeoutOrOptions,
} from './send-options.js';
export type { ProducerPort, ProducerRequest, ProducerSend, QueueSelector } from './producer-port.js';
export { type SendInterceptor, type Sending, type SendKind, interceptSends } from './send-interceptor.js';
export type { ReceiveOptions } from './receiving.js';
export type { ReceiverPort } from './receiver-port.js';
export { producerPortOf, receiverPortOf } from './client-ports.js';
export { TemplateSettings } from './template-settings.js';
export type { MappingContext } from './message-mapping.js';
export { BIND_TEMPLATE, type BindableTemplate, isBindableTemplate, type TemplatePorts } from './late-ports.js';
