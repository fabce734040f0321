// What handling messages needs from the connection. Types only.
import type { Clock, Logger } from 'rocketmq-core/common';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import type { ConsumeInterceptor } from './consume-interceptor.js';
import type { SendReply } from './reply-port.js';

export interface HandlerServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly converter: RocketMQMessageConverter;
  readonly sendReply: SendReply;
  /** Around each message, the first outermost. */
  readonly interceptors?: readonly ConsumeInterceptor[] | undefined;
}
