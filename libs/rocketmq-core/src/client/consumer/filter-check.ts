// Asks a broker before a consumer starts whether it serves the filters the consumer wants [java MQClientInstance#checkClientInBroker].
// Must never ask about tags, nor let a consumer start that would receive nothing.
import { BrokerReplyError, IllegalSubscriptionError } from '../../errors/index.js';
import { compileSql } from '../../filter/index.js';
import type { SubscriptionData } from '../../message/index.js';
import { CHECK_CLIENT_CONFIG, encodeCheckClientRequest, RESPONSE_CODES } from '../../protocol/index.js';
import type { ClientInstance } from '../instance/client-instance.js';

export interface FilteringConsumer {
  readonly instance: Pick<ClientInstance, 'clientId' | 'routes' | 'brokers' | 'remoting' | 'config' | 'ports'>;
  readonly consumerGroup: string;
  readonly namespace: string | undefined;
  readonly subscriptions: Iterable<SubscriptionData>;
}

/** Throws IllegalSubscriptionError when a broker of a topic refuses the filter. A topic nobody has yet is not asked about. */
export async function checkFilters({ instance, consumerGroup, namespace, subscriptions }: FilteringConsumer): Promise<void> {
  for (const subscriptionData of subscriptions) {
    if (subscriptionData.expressionType === 'TAG') continue;
    warnOfUnread(instance, subscriptionData);
    const route = await instance.routes.find(subscriptionData.topic);
    const address = instance.brokers.anyOf(route?.data.brokerDatas ?? []);
    if (address === undefined) continue;
    const body = encodeCheckClientRequest({ clientId: instance.clientId, group: consumerGroup, namespace, subscriptionData });
    try {
      await instance.remoting.call(CHECK_CLIENT_CONFIG, address, {}, { body, timeoutMs: instance.config.mqClientApiTimeout });
    } catch (error) {
      throw error instanceof BrokerReplyError ? refusalOf(subscriptionData, error) : error;
    }
  }
}

function refusalOf({ topic, expressionType, subString }: SubscriptionData, error: BrokerReplyError): Error {
  const { address, responseCode, remark = '' } = error;
  const context = { topic, address, responseCode, expression: subString };
  if (responseCode === RESPONSE_CODES.SYSTEM_ERROR) {
    const advice = 'set enablePropertyFilter=true there or subscribe by tags';
    return new IllegalSubscriptionError(
      `subscription of ${topic}: broker ${address} does not filter by ${expressionType}; ${advice} (it says: ${remark})`,
      context,
      error,
    );
  }
  if (responseCode !== RESPONSE_CODES.SUBSCRIPTION_PARSE_FAILED) return error;
  return new IllegalSubscriptionError(
    `subscription of ${topic}: broker ${address} does not understand "${subString}": ${firstLine(remark)}`,
    context,
    error,
  );
}

/** Brokers stop reading at the end of a complete expression: what follows looks as if it counted. */
function warnOfUnread(instance: FilteringConsumer['instance'], { topic, subString }: SubscriptionData): void {
  const { unread } = compileSql(subString);
  if (unread === undefined) return;
  instance.ports.logger.warn(
    `subscription of ${topic}: brokers do not read the SQL92 expression from line ${unread.line}, column ${unread.column} on`,
    { expression: subString, unread: unread.text },
  );
}

function firstLine(text: string): string {
  const [first = ''] = text.split('\n');
  return first;
}
