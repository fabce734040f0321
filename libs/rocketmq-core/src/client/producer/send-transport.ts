// One attempt: a prepared message to one queue's master, and what the answer means. Must never retry.
import type { Clock } from '../../common/index.js';
import { BrokerReplyError, ConnectError, MalformedCommandError } from '../../errors/index.js';
import type { MessageQueue } from '../../message/index.js';
import { type RequestHeader, responseCodeName, SEND_BATCH_MESSAGE, SEND_MESSAGE_V2, SEND_REPLY_MESSAGE_V2 } from '../../protocol/index.js';
import type { SendMessageHook } from '../hooks/message-hooks.js';
import { observeSend, type SendObservation } from '../hooks/observe-send.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { type SendResult, sendStatusOf, toSendResult } from './send-result.js';

export interface SendTransport {
  readonly clock: Clock;
  send(message: OutgoingMessage, queue: MessageQueue, timeoutMs: number, signal?: AbortSignal): Promise<SendResult>;
  /** `timeoutMs`: how long it may wait for room on a connection that stalls. */
  sendOneway(message: OutgoingMessage, queue: MessageQueue, timeoutMs: number): Promise<void>;
}

/** How a producer names itself and new topics. */
export interface Sender {
  readonly producerGroup: string;
  readonly createTopicKey: string;
  readonly defaultTopicQueueNums: number;
}

export class InstanceSendTransport implements SendTransport {
  readonly clock: Clock;
  private readonly instance: ClientInstance;
  private readonly sender: Sender;
  private readonly observation: SendObservation;

  constructor(instance: ClientInstance, sender: Sender, hooks: readonly SendMessageHook[] = []) {
    this.instance = instance;
    this.sender = sender;
    this.observation = { hooks, logger: instance.ports.logger, producerGroup: sender.producerGroup };
    this.clock = instance.ports.clock;
  }

  async send(message: OutgoingMessage, queue: MessageQueue, timeoutMs: number, signal?: AbortSignal): Promise<SendResult> {
    const address = await this.masterOf(queue);
    return observeSend(this.observation, { message, queue, address, oneway: false }, () =>
      this.exchange(message, queue, address, timeoutMs, signal),
    );
  }

  async sendOneway(message: OutgoingMessage, queue: MessageQueue, timeoutMs: number): Promise<void> {
    const address = await this.masterOf(queue);
    await observeSend(this.observation, { message, queue, address, oneway: true }, async () => {
      await this.instance.remoting.invokeOneWay(rowOf(message), address, this.headerOf(message, queue), { body: message.body, timeoutMs });
      return undefined;
    });
  }

  private async exchange(
    message: OutgoingMessage,
    queue: MessageQueue,
    address: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<SendResult> {
    const row = rowOf(message);
    const response = await this.instance.remoting.invoke(row, address, this.headerOf(message, queue), {
      body: message.body,
      timeoutMs,
      signal,
    });
    const status = sendStatusOf(response.code);
    if (status === undefined) {
      throw new BrokerReplyError(address, row.name, response.code, responseCodeName(response.code), response.remark);
    }
    if (response.header === undefined) {
      throw new MalformedCommandError(`the answer to ${row.name} lacks msgId, queueId or queueOffset`, { address, code: response.code });
    }
    return toSendResult(status, response.header, response, message.msgId, queue);
  }

  private async masterOf(queue: MessageQueue): Promise<string> {
    const known = this.instance.brokers.masterOf(queue.brokerName);
    if (known !== undefined) return known;
    await this.instance.routes.refresh(queue.topic);
    const found = this.instance.brokers.masterOf(queue.brokerName);
    if (found === undefined) throw new ConnectError(queue.brokerName, `no master address of this broker is known`);
    return found;
  }

  private headerOf(message: OutgoingMessage, queue: MessageQueue): RequestHeader<typeof SEND_MESSAGE_V2> {
    return {
      ...message.header,
      producerGroup: this.sender.producerGroup,
      defaultTopic: this.sender.createTopicKey,
      defaultTopicQueueNums: this.sender.defaultTopicQueueNums,
      queueId: queue.queueId,
      brokerName: queue.brokerName,
    };
  }
}

function rowOf(message: OutgoingMessage): typeof SEND_MESSAGE_V2 {
  if (message.reply) return SEND_REPLY_MESSAGE_V2;
  return message.batch ? SEND_BATCH_MESSAGE : SEND_MESSAGE_V2;
}
