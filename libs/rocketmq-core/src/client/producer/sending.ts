// What happens between send() and its result: checks, route, id, queue choice, attempts, back-pressure. One per running producer.
// Must never change what the application gave but for the message's id.
import type { Clock, Logger } from '../../common/index.js';
import { BrokerReplyError, IllegalMessageError } from '../../errors/index.js';
import type { Message, MessageQueue } from '../../message/index.js';
import type { SendMessageHook } from '../hooks/message-hooks.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { TopicRoute } from '../instance/topic-route.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { isTransportError } from '../transport-errors.js';
import { LatencyFaultTable } from './latency-fault-table.js';
import { checkBatch, checkMessage } from './message-check.js';
import { type OutgoingContext, type OutgoingMessage, toOutgoing, toOutgoingBatch } from './outgoing-message.js';
import type { ProducerSettings } from './producer-settings.js';
import { QueueRotation } from './queue-rotation.js';
import { selectQueue, type SendOptions, type SendTarget } from './send-arguments.js';
import { type AttemptGuide, SendAttempts } from './send-attempts.js';
import { SendPermits } from './send-permits.js';
import type { SendResult } from './send-result.js';
import { sendInParts } from './split-send.js';
import { InstanceSendTransport } from './send-transport.js';

export class Sending {
  private readonly instance: ClientInstance;
  private readonly settings: ProducerSettings;
  private readonly nextUniqueId: () => string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly transport: InstanceSendTransport;
  private readonly attempts: SendAttempts;
  private readonly faults: LatencyFaultTable;
  private readonly rotation: QueueRotation;
  private readonly permits: SendPermits;

  constructor(
    instance: ClientInstance,
    settings: ProducerSettings,
    producerGroup: string,
    nextUniqueId: () => string,
    hooks: readonly SendMessageHook[] = settings.sendMessageHooks,
  ) {
    this.instance = instance;
    this.settings = settings;
    this.nextUniqueId = nextUniqueId;
    this.clock = instance.ports.clock;
    this.logger = instance.ports.logger;
    const sender = {
      producerGroup,
      get createTopicKey() {
        return settings.createTopicKey;
      },
      get defaultTopicQueueNums() {
        return settings.defaultTopicQueueNums;
      },
    };
    this.transport = new InstanceSendTransport(instance, sender, hooks);
    this.attempts = new SendAttempts(this.transport, settings, this.logger);
    this.faults = new LatencyFaultTable(this.clock);
    this.rotation = new QueueRotation(instance.ports.random, this.faults);
    this.permits = new SendPermits(this.clock, () => ({
      messages: settings.backPressureForAsyncSendNum,
      bytes: settings.backPressureForAsyncSendSize,
    }));
  }

  async send(message: Message | readonly Message[], target: SendTarget, options: SendOptions): Promise<SendResult> {
    if (options.splitBatches !== true || !Array.isArray(message)) return this.sendWhole(message, target, options);
    // Before the first part is stored: what is wrong with the last message is wrong now.
    checkBatch(message as readonly Message[], this.settings.maxMessageSize);
    return sendInParts(message as readonly Message[], this.settings.maxMessageSize, (part) => this.sendWhole(part, target, options));
  }

  private async sendWhole(message: Message | readonly Message[], target: SendTarget, options: SendOptions): Promise<SendResult> {
    const startedAtMs = this.clock.monotonic();
    const timeoutMs = options.timeout ?? this.settings.sendMsgTimeout;
    options.signal?.throwIfAborted();
    const outgoing = this.prepare(message);
    const asynchronous = options.mode === 'async';
    const release =
      asynchronous && this.settings.enableBackpressureForAsyncMode
        ? await this.permits.take(outgoing.body.length, timeoutMs, options.signal)
        : undefined;
    try {
      const route = await this.routeOf(outgoing.topic);
      const budget = { startedAtMs, timeoutMs, signal: options.signal };
      const guide = this.guideTo(route, target, Array.isArray(message) ? message[0]! : (message as Message));
      let result: SendResult;
      if (target.kind !== 'any') result = await this.attempts.once(outgoing, guide, budget);
      else if (asynchronous) result = await this.attempts.async(outgoing, guide, budget);
      else result = await this.attempts.sync(outgoing, guide, budget);
      return this.asApplicationSees(result);
    } finally {
      release?.();
    }
  }

  async sendOneway(message: Message, target: SendTarget): Promise<void> {
    const outgoing = this.prepare(message);
    const route = await this.routeOf(outgoing.topic);
    const queue = this.guideTo(route, target, message).nextQueue(undefined);
    await this.transport.sendOneway(outgoing, queue, this.settings.sendMsgTimeout);
  }

  async publishQueues(topic: string): Promise<readonly MessageQueue[]> {
    return (await this.instance.routes.askExistingToPublish(topic)).publishQueues;
  }

  /** True when the topic's route was not known before: there may be brokers that do not know this client. */
  async meet(topic: string): Promise<boolean> {
    const onWire = withNamespace(this.settings.namespace, topic);
    const known = this.instance.routes.knows(onWire);
    await this.routeOf(onWire);
    return !known;
  }

  private prepare(message: Message | readonly Message[]): OutgoingMessage {
    const { maxMessageSize } = this.settings;
    if (Array.isArray(message)) {
      checkBatch(message as readonly Message[], maxMessageSize);
      return this.onWire(toOutgoingBatch(message as readonly Message[], this.context()));
    }
    checkMessage(message as Message, maxMessageSize);
    return this.onWire(toOutgoing(message as Message, this.context()));
  }

  private onWire(outgoing: OutgoingMessage): OutgoingMessage {
    const topic = withNamespace(this.settings.namespace, outgoing.topic);
    return topic === outgoing.topic ? outgoing : { ...outgoing, topic, header: { ...outgoing.header, topic } };
  }

  private context(): OutgoingContext {
    const { settings } = this;
    return {
      nowMs: this.clock.now(),
      maxMessageSize: settings.maxMessageSize,
      compressFrom: settings.compressMsgBodyOverHowmuch,
      compressType: settings.compressType,
      compressLevel: settings.compressLevel,
      unitMode: settings.unitMode,
      namespace: settings.namespace,
      nextUniqueId: this.nextUniqueId,
    };
  }

  private async routeOf(topic: string): Promise<TopicRoute> {
    return this.instance.routes.findToPublish(topic, this.settings);
  }

  private guideTo(route: TopicRoute, target: SendTarget, message: Message): AttemptGuide {
    const { settings } = this;
    return {
      nextQueue: (lastBrokerName) => {
        if (target.kind === 'any') return this.rotation.select(route, lastBrokerName, settings.sendLatencyFaultEnable);
        const { namespace } = settings;
        const chosen =
          target.kind === 'queue'
            ? target.queue
            : selectQueue(
                target,
                route.publishQueues.map((queue) => ({ ...queue, topic: withoutNamespace(namespace, queue.topic) })),
                message,
              );
        const queue = { topic: withNamespace(namespace, chosen.topic), brokerName: chosen.brokerName, queueId: chosen.queueId };
        if (queue.topic !== route.topic) {
          throw new IllegalMessageError("message's topic not equal mq's topic", { topic: message.topic, queueTopic: chosen.topic });
        }
        return queue;
      },
      answered: (queue, latencyMs) => {
        if (settings.sendLatencyFaultEnable) this.faults.recordAnswer(queue.brokerName, latencyMs);
      },
      failed: (queue, error) => {
        if (!settings.sendLatencyFaultEnable) return;
        if (isTransportError(error) || error instanceof BrokerReplyError)
          this.faults.recordFailure(queue.brokerName, !isTransportError(error));
      },
    };
  }

  private asApplicationSees(result: SendResult): SendResult {
    const topic = withoutNamespace(this.settings.namespace, result.messageQueue.topic);
    return topic === result.messageQueue.topic ? result : { ...result, messageQueue: { ...result.messageQueue, topic } };
  }
}
