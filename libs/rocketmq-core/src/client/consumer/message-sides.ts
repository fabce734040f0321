// A message as its listener sees it: the topic it was sent to, without namespace [java DefaultMQPushConsumerImpl#resetRetryAndNamespace].
import { type MessageExt, type MessageQueue, PROPERTY } from '../../message/index.js';
import { withNamespace, withoutNamespace } from '../namespace.js';

export function toApplicationSide(message: MessageExt, retryTopic: string, namespace: string | undefined): void {
  if (message.topic === retryTopic) message.topic = message.properties.get(PROPERTY.RETRY_TOPIC) ?? message.topic;
  message.topic = withoutNamespace(namespace, message.topic);
}

export function queueOnApplicationSide(queue: MessageQueue, namespace: string | undefined): MessageQueue {
  return { topic: withoutNamespace(namespace, queue.topic), brokerName: queue.brokerName, queueId: queue.queueId };
}

/** As brokers know it; the counterpart of queueOnApplicationSide. */
export function queueOnBrokerSide(queue: MessageQueue, namespace: string | undefined): MessageQueue {
  return { topic: withNamespace(namespace, queue.topic), brokerName: queue.brokerName, queueId: queue.queueId };
}
