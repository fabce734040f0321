// The client's producer behind the template, set up from the module's options. Must never retry or convert anything itself.
import { type ProducerOptions, TransactionMQProducer } from 'rocketmq-core';
import { NoRouteError } from 'rocketmq-core/errors';
import { DEFAULT_TOPIC } from 'rocketmq-core/message';
import { DEFAULT_CONNECTION_NAME, type RocketMQOptions, type RocketMQProducerOptions, securitySettings } from '../options/index.js';
import { producerPortOf } from '../template/index.js';
import type { TransactionRouter } from '../transaction/index.js';
import type { ClientServices } from './client-services.js';
import { connectionInstanceName } from './listener-switches.js';
import type { ManagedProducer } from './managed-client.js';

/** Group of a connection that names none: good enough for sending, as only transactions look at it. */
const DEFAULT_GROUP = 'nest-rocketmq-producer';

export function createClientProducer(
  connectionName: string,
  nameServer: string,
  { producer: options, accessChannel }: Pick<RocketMQOptions, 'producer' | 'accessChannel'>,
  services: ClientServices,
  transactions?: TransactionRouter,
): ManagedProducer {
  const fallbackGroup = connectionName === DEFAULT_CONNECTION_NAME ? DEFAULT_GROUP : `${DEFAULT_GROUP}-${connectionName}`;
  const producer = new TransactionMQProducer({
    ...clientSettings(options ?? { group: fallbackGroup }),
    instanceName: connectionInstanceName(options?.instanceName, connectionName),
    accessChannel,
    transactionListener: transactions?.listener,
    checkThreadPoolMaxSize: transactions?.maximumPoolSize,
    checkRequestHoldMax: transactions?.blockingQueueSize,
    namesrvAddr: nameServer,
    clock: services.clock,
    logger: services.logger,
  });
  return {
    ...producerPortOf(producer),
    start: () => producer.start(),
    reach: async () => {
      try {
        await producer.fetchPublishMessageQueues(DEFAULT_TOPIC);
      } catch (error) {
        // An answer, if an unhelpful one: the name server is there.
        if (!(error instanceof NoRouteError)) throw error;
      }
    },
    shutdown: () => producer.shutdown(),
  };
}

/** Spring's names to the client's; what is absent keeps the client's default. */
function clientSettings(options: RocketMQProducerOptions): ProducerOptions {
  return {
    producerGroup: options.group,
    sendMsgTimeout: options.sendMessageTimeout,
    compressMsgBodyOverHowmuch: options.compressMessageBodyThreshold,
    retryTimesWhenSendFailed: options.retryTimesWhenSendFailed,
    retryTimesWhenSendAsyncFailed: options.retryTimesWhenSendAsyncFailed,
    retryAnotherBrokerWhenNotStoreOK: options.retryNextServer,
    maxMessageSize: options.maxMessageSize,
    instanceName: options.instanceName,
    ...securitySettings(options),
    enableTrace: options.enableMsgTrace,
    traceTopic: options.customizedTraceTopic,
  };
}
