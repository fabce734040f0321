// The attributes of @ExtRocketMQTemplateConfiguration and @ExtRocketMQConsumerConfiguration: Spring's names and units. What is left out is taken
// from the connection; must never contain behaviour.
import { namesOf, type RocketMQProducerOptions, type RocketMQPullConsumerOptions } from '../options/index.js';

interface ExtOptions {
  /** Name of the template: `@InjectRocketMQTemplate(value)`. Default: the class name, its first letter small. */
  value?: string | undefined;
  /** The connection whose settings count where the class says nothing. Default `default`. */
  connection?: string | undefined;
  /** `host:port;host:port`. */
  nameServer?: string | undefined;
  accessChannel?: 'LOCAL' | 'CLOUD' | undefined;
}

/** Every attribute: undefined, and Spring's -1 for a number, takes the connection's. */
export interface ExtRocketMQTemplateOptions extends ExtOptions, Partial<RocketMQProducerOptions> {
  /** The producer connects with its first send. */
  lazyConnect?: boolean | undefined;
}

/** What `receive()` of the template reads; undefined takes what the connection's option `pullConsumer` says. */
export interface ExtRocketMQConsumerOptions extends ExtOptions, Partial<RocketMQPullConsumerOptions> {}

// prettier-ignore
export const EXT_TEMPLATE_OPTIONS = namesOf<ExtRocketMQTemplateOptions>()({
  value: true, connection: true, nameServer: true, accessChannel: true, lazyConnect: true, group: true, sendMessageTimeout: true,
  compressMessageBodyThreshold: true, retryTimesWhenSendFailed: true, retryTimesWhenSendAsyncFailed: true, maxMessageSize: true,
  retryNextServer: true, instanceName: true, springHeaders: true, enableMsgTrace: true, customizedTraceTopic: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

// prettier-ignore
export const EXT_CONSUMER_OPTIONS = namesOf<ExtRocketMQConsumerOptions>()({
  value: true, connection: true, nameServer: true, accessChannel: true, group: true, topic: true, messageModel: true, selectorType: true,
  selectorExpression: true, pullBatchSize: true, instanceName: true, enableMsgTrace: true, customizedTraceTopic: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});
