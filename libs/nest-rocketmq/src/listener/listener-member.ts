// One listener as a part of its group: its handler, what is under way in it, what it has done. Must never talk to a consumer.
import type { MessageExt } from 'rocketmq-core/message';
import type { Verdict } from './consume-interceptor.js';
import type { ConsumerCall, ConsumerFactory } from './consumer-port.js';
import type { HandlerServices } from './handler-services.js';
import type { ListenerDefinition } from './listener-definition.js';
import { JoinedSignal } from './joined-signal.js';
import { ListenerRecord } from './listener-stats.js';
import { createMessagesHandler, type MessagesHandler } from './messages-handler.js';
import { type Subscription, subscriptionsOf, tagsOf } from './subscriptions.js';

export interface ContainerServices extends HandlerServices {
  readonly createConsumer: ConsumerFactory;
  /** A listener of the group has given a message up, the first one of its run: it is about to be sent to the dead-letter topic. */
  readonly gaveUp?: ((consumerGroup: string) => void) | undefined;
}

export class ListenerMember {
  readonly subscriptions: readonly Subscription[];
  readonly record: ListenerRecord;
  private readonly wanted: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  private readonly underWay = new Set<MessageExt>();
  private handler: MessagesHandler | undefined;
  private signal: AbortSignal = AbortSignal.abort();
  private hasGivenUp = false;

  constructor(
    readonly definition: ListenerDefinition,
    private readonly services: ContainerServices,
  ) {
    this.subscriptions = subscriptionsOf(definition.options);
    this.record = new ListenerRecord(services.clock, definition.options);
    this.wanted = new Map(this.subscriptions.map((each) => [each.topic, each.selectorType === 'TAG' ? tagsOf(each) : undefined]));
  }

  /** Messages whose handler has not come back yet. */
  get inFlight(): ReadonlySet<MessageExt> {
    return this.underWay;
  }

  /** Whether a message is this listener's, among those of its group. */
  wants({ topic, tags }: MessageExt): boolean {
    if (!this.wanted.has(topic)) return false;
    const tagsWanted = this.wanted.get(topic);
    return tagsWanted === undefined || (tags !== undefined && tagsWanted.has(tags));
  }

  /** Makes it ready for the messages of one run; `signal` tells its handlers that their time is over. */
  async prepare(signal: AbortSignal): Promise<void> {
    this.handler = await createMessagesHandler(this.definition, this.services);
    this.signal = signal;
    this.hasGivenUp = false;
  }

  /** One verdict for each message, in their order. */
  async handle(messages: readonly MessageExt[], call: ConsumerCall): Promise<readonly Verdict[]> {
    const { handler, signal } = this;
    if (handler === undefined) throw new Error(`${this.definition.id} got a message before it was ready`);
    const ended = messages.map((message) => this.record.begin(message));
    for (const message of messages) this.underWay.add(message);
    const over = new JoinedSignal(() => [signal, call.signal]);
    try {
      const verdicts = await handler(messages, () => over.get());
      for (const [index, verdict] of verdicts.entries()) if (ended[index]!(verdict)) this.giveUp();
      return verdicts;
    } finally {
      over.release();
      for (const message of messages) this.underWay.delete(message);
    }
  }

  private giveUp(): void {
    if (this.hasGivenUp) return;
    this.hasGivenUp = true;
    this.services.gaveUp?.(this.definition.options.consumerGroup);
  }
}
