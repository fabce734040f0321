// What ClientRocketMQ takes: the names, defaults and units of the module's producer where they mean the same. Must never contain behaviour.
import type { Clock } from 'rocketmq-core/common';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import type { RocketMQSecurityOptions } from '../options/index.js';

export interface RocketMQClientOptions extends RocketMQSecurityOptions {
  /** `host:port;host:port`. Required. */
  nameServer: string;
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
  /** Default `nest-rocketmq-client`. */
  producerGroup?: string | undefined;
  /** Ms for `send`: both ways and the handler together. Default 5000. */
  requestTimeout?: number | undefined;
  /** Ms for `emit`, retries included. Default 3000. */
  sendMessageTimeout?: number | undefined;
  /** Default 2: three attempts. */
  retryTimesWhenSendFailed?: number | undefined;
  /** Try another broker when a message was taken but not stored as configured. Default false. */
  retryNextServer?: boolean | undefined;
  /** Bodies above this many bytes are compressed. Default 4096. */
  compressMessageBodyThreshold?: number | undefined;
  /** Bytes. Default 4194304. */
  maxMessageSize?: number | undefined;
  /** User properties of every message; those of a record win. */
  headers?: Readonly<Record<string, unknown>> | undefined;
  /** Part of the client id. Default: unique per client. */
  instanceName?: string | undefined;
  enableMsgTrace?: boolean | undefined;
  customizedTraceTopic?: string | undefined;
  /** Replaces the conversion of payloads and answers. */
  messageConverter?: RocketMQMessageConverter | undefined;
  /** Time, for tests. */
  clock?: Clock | undefined;
}

export const CLIENT_GROUP = 'nest-rocketmq-client';
export const REQUEST_TIMEOUT_MS = 5000;
