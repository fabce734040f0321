// Names and values of span attributes, of OpenTelemetry's semantic conventions for messaging and RocketMQ. Pure.
import type { Attributes } from '@opentelemetry/api';
import { PROPERTY } from 'rocketmq-core/message';
import type { Delivery } from '../listener/index.js';
import type { Sending } from '../template/index.js';

const SYSTEM = 'rocketmq';

export function sendAttributes({ kind, messages }: Sending): Attributes {
  const [first] = messages;
  if (first === undefined) return { 'messaging.system': SYSTEM };
  return {
    'messaging.system': SYSTEM,
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': first.topic,
    ...given('messaging.rocketmq.message.tag', first.tags),
    ...given('messaging.rocketmq.message.keys', words(first.keys)),
    'messaging.rocketmq.message.type': messageType(kind, first.properties),
    ...(kind === 'BATCH' ? { 'messaging.batch.message_count': messages.length } : { 'messaging.message.body.size': first.body.length }),
  };
}

export function deliveryAttributes({ listener, handler, context }: Delivery): Attributes {
  const { message } = context;
  return {
    'messaging.system': SYSTEM,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': context.topic,
    'messaging.destination.partition.id': `${context.brokerName}/${context.queueId}`,
    'messaging.consumer.group.name': context.consumerGroup,
    'messaging.message.id': context.msgId,
    'messaging.message.body.size': message.body.length,
    ...given('messaging.rocketmq.message.tag', context.tags),
    ...given('messaging.rocketmq.message.keys', words(message.keys)),
    'messaging.rocketmq.consumption_model': listener.options.messageModel === 'BROADCASTING' ? 'broadcasting' : 'clustering',
    'messaging.rocketmq.reconsume_times': context.reconsumeTimes,
    'code.function.name': `${listener.className}.${handler}`,
  };
}

/** The result of a send, as far as it has one. */
export function resultAttributes(result: unknown): Attributes {
  if (typeof result !== 'object' || result === null) return {};
  const { msgId, sendStatus, messageQueue } = result as {
    msgId?: unknown;
    sendStatus?: unknown;
    messageQueue?: { brokerName: string; queueId: number };
  };
  return {
    ...given('messaging.message.id', typeof msgId === 'string' ? msgId : undefined),
    ...given('messaging.rocketmq.send_status', typeof sendStatus === 'string' ? sendStatus : undefined),
    ...given('messaging.destination.partition.id', messageQueue && `${messageQueue.brokerName}/${messageQueue.queueId}`),
  };
}

function messageType(kind: Sending['kind'], properties: ReadonlyMap<string, string>): string {
  if (kind === 'TRANSACTION') return 'transaction';
  const delays = [PROPERTY.DELAY_TIME_LEVEL, PROPERTY.TIMER_DELIVER_MS, PROPERTY.TIMER_DELAY_MS, PROPERTY.TIMER_DELAY_SEC];
  return delays.some((name) => properties.has(name)) ? 'delay' : 'normal';
}

const words = (keys: string | undefined): string[] | undefined => keys?.split(' ').filter((key) => key !== '');
const given = <T>(name: string, value: T | undefined): Record<string, T> => (value === undefined ? {} : { [name]: value });
