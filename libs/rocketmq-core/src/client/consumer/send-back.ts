// Gives a message that failed back to the broker, which delivers it later or dead-letters it [java DefaultMQPushConsumerImpl#sendMessageBack].
// Must never lose one: when neither way works the caller is told.
import { reasonOf } from '../../common/index.js';
import { createUniqueIdGenerator, Message, type MessageExt, PROPERTY, retryTopicOf } from '../../message/index.js';
import { CONSUMER_SEND_MSG_BACK } from '../../protocol/index.js';
import { localAddress } from '../client-config.js';
import { CLIENT_INNER_PRODUCER_GROUP } from '../instance/heartbeat.js';
import { withNamespace } from '../namespace.js';
import { ProducerSettings } from '../producer/producer-settings.js';
import { Sending } from '../producer/sending.js';
import type { ConsumerContext } from './consumer-context.js';
import { maxReconsumeTimesOf, type PushConsumerSettings } from './push-consumer-settings.js';

const SEND_BACK_TIMEOUT_MS = 5000;
/** Delay level of the first retry; each further one is a level higher. */
const FIRST_RETRY_LEVEL = 3;
/** Put on by the consumer, of no meaning to others. */
const LOCAL_PROPERTIES = [PROPERTY.MIN_OFFSET, PROPERTY.MAX_OFFSET, PROPERTY.CONSUME_START_TIMESTAMP];

export type SendBackContext = ConsumerContext<Pick<PushConsumerSettings, 'namespace' | 'unitMode' | 'maxReconsumeTimes'>>;

export class SendBack {
  private readonly context: SendBackContext;
  /** Sends as the client's inner producer. */
  private readonly innerProducer: Sending;

  constructor(context: SendBackContext) {
    const { clock, random } = context.instance.ports;
    const nextUniqueId = createUniqueIdGenerator({ clock, random, ip: localAddress(), pid: process.pid });
    this.context = context;
    const settings = new ProducerSettings();
    settings.unitMode = context.settings.unitMode;
    this.innerProducer = new Sending(context.instance, settings, CLIENT_INNER_PRODUCER_GROUP, nextUniqueId);
  }

  /** True: the broker has it. False: it is still ours. */
  async send(message: MessageExt, delayLevel: number): Promise<boolean> {
    try {
      await this.request(message, delayLevel);
      return true;
    } catch (error) {
      this.warn('sending a message back failed, sending it to the retry topic instead', message, error);
    }
    return this.sendToRetryTopic(message);
  }

  /** As an ordinary message, which the broker delivers later, or dead-letters when there were attempts enough or the group holds queue locks. */
  async sendToRetryTopic(message: MessageExt): Promise<boolean> {
    try {
      await this.innerProducer.send(this.retryMessage(message), { kind: 'any' }, {});
      return true;
    } catch (error) {
      this.warn('sending a message to the retry topic failed', message, error);
      return false;
    }
  }

  private async request(message: MessageExt, delayLevel: number): Promise<void> {
    const { instance, consumerGroup, settings } = this.context;
    const address = instance.brokers.masterOf(message.brokerName) ?? message.storeHost;
    await instance.remoting.call(
      CONSUMER_SEND_MSG_BACK,
      address,
      {
        offset: message.commitLogOffset,
        group: consumerGroup,
        delayLevel,
        originMsgId: message.msgId,
        originTopic: withNamespace(settings.namespace, message.topic),
        unitMode: settings.unitMode,
        maxReconsumeTimes: maxReconsumeTimesOf(settings),
        brokerName: message.brokerName,
      },
      { timeoutMs: SEND_BACK_TIMEOUT_MS },
    );
  }

  private retryMessage(message: MessageExt): Message {
    const { consumerGroup, settings } = this.context;
    const retry = new Message(retryTopicOf(consumerGroup), message.body);
    retry.flag = message.flag;
    for (const [name, value] of message.properties) retry.properties.set(name, value);
    for (const name of [...LOCAL_PROPERTIES, PROPERTY.TRANSACTION_PREPARED]) retry.properties.delete(name);
    retry.properties.set(PROPERTY.ORIGIN_MESSAGE_ID, message.properties.get(PROPERTY.ORIGIN_MESSAGE_ID) ?? message.msgId);
    retry.properties.set(PROPERTY.RETRY_TOPIC, withNamespace(settings.namespace, message.topic));
    retry.properties.set(PROPERTY.RECONSUME_TIME, String(message.reconsumeTimes + 1));
    retry.properties.set(PROPERTY.MAX_RECONSUME_TIMES, String(maxReconsumeTimesOf(settings)));
    retry.delayTimeLevel = FIRST_RETRY_LEVEL + message.reconsumeTimes;
    return retry;
  }

  private warn(what: string, message: MessageExt, error: unknown): void {
    this.context.instance.ports.logger.warn(`${what}: ${reasonOf(error)}`, fieldsOf(this.context, message));
  }
}

/** A broadcasting group has no retry topic and no dead-letter queue: what failed is gone, but not silently. */
export function warnOfDrop(context: ConsumerContext, message: MessageExt, why: string): void {
  context.instance.ports.logger.warn(`a message of a broadcasting group is dropped: ${why}`, fieldsOf(context, message));
}

function fieldsOf({ consumerGroup }: SendBackContext, message: MessageExt): Record<string, unknown> {
  return {
    consumerGroup,
    topic: message.topic,
    msgId: message.msgId,
    brokerName: message.brokerName,
    queueOffset: message.queueOffset,
  };
}
