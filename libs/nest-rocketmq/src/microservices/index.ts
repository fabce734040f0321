// The door `nest-rocketmq/microservices`: RocketMQ as a transport of @nestjs/microservices. Needs that package; nothing else here does.
export { ServerRocketMQ, type ServerRocketMQClients } from './server-rocketmq.js';
export type { RocketMQServerOptions, UnhandledMessagePolicy } from './server-options.js';
export { ClientRocketMQ } from './client-rocketmq.js';
export type { RocketMQClientOptions } from './client-options.js';
export { RocketMQContext, type RocketMQContextArgs } from './rocketmq-context.js';
export { RocketMQRecord, RocketMQRecordBuilder, type RocketMQRecordOptions } from './rocketmq-record.js';
export { RocketMQRemoteException } from './remote-exception.js';
export type { RocketMQHandlerExtras } from './handler-table.js';
export type { RocketMQPattern } from './pattern.js';
export { ROCKETMQ_TRANSPORT, RocketMQStatus, type RocketMQTransportEvents } from './transport.js';
