// What a handler is told about its message or batch. Must never make anything that is seldom asked for before it is asked for.
import type { MessageExt } from 'rocketmq-core/message';
import type { BatchContext, MessageContext } from './listener.js';

/** `signalOf` makes the signal when somebody wants it. */
export function createMessageContext(message: MessageExt, consumerGroup: string, signalOf: () => AbortSignal): MessageContext {
  let keys: readonly string[] | undefined;
  let signal: AbortSignal | undefined;
  return {
    message,
    msgId: message.msgId,
    topic: message.topic,
    tags: message.tags,
    get keys() {
      return (keys ??= message.keys?.split(' ').filter((key) => key !== '') ?? []);
    },
    properties: message.properties,
    reconsumeTimes: message.reconsumeTimes,
    brokerName: message.brokerName,
    queueId: message.queueId,
    queueOffset: message.queueOffset,
    bornTimestamp: message.bornTimestamp,
    consumerGroup,
    get signal() {
      return (signal ??= signalOf());
    },
  };
}

/** `items`: at least one, as onMessages is not called for none. */
export function createBatchContext(items: readonly MessageContext[]): BatchContext {
  const { topic, brokerName, queueId, consumerGroup } = items[0]!;
  return {
    items,
    get messages() {
      return items.map(({ message }) => message);
    },
    topic,
    brokerName,
    queueId,
    consumerGroup,
    get signal() {
      return items[0]!.signal;
    },
  };
}
