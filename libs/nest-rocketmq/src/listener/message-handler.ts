// Runs messages one by one through conversion and handler and says what becomes of each. Must never talk to a broker: the consumer carries the
// verdicts out.
import { reasonOf } from 'rocketmq-core/common';
import { type MessageExt, PROPERTY } from 'rocketmq-core/message';
import { type Delivery, interceptDelivery, type Verdict } from './consume-interceptor.js';
import { DeliveryReading } from './delivery-reading.js';
import type { HandlerRoutes, Route } from './handler-routes.js';
import type { HandlerServices } from './handler-services.js';
import type { ListenerDefinition } from './listener-definition.js';
import { createMessageContext } from './message-context.js';
import { isConsumeOutcome } from './outcome.js';
import { runHandling } from './current-context.js';
import { Verdicts } from './verdicts.js';

export class MessageHandler {
  private readonly verdicts: Verdicts;

  constructor(
    private readonly definition: ListenerDefinition,
    private readonly routes: HandlerRoutes,
    private readonly services: HandlerServices,
  ) {
    this.verdicts = new Verdicts(definition, services.logger);
  }

  /** One after the other. */
  async handleAll(messages: readonly MessageExt[], signalOf: () => AbortSignal): Promise<readonly Verdict[]> {
    if (messages.length === 1) return [await this.handle(messages[0]!, signalOf)];
    const verdicts: Verdict[] = [];
    for (const message of messages) verdicts.push(await this.handle(message, signalOf));
    return verdicts;
  }

  handle(message: MessageExt, signalOf: () => AbortSignal): Promise<Verdict> {
    const context = createMessageContext(message, this.definition.options.consumerGroup, signalOf);
    const route = this.routes.find(message);
    const method = route?.handler.method ?? '';
    const reading = new DeliveryReading(this.verdicts, method, message, route?.read);
    const delivery: Delivery = { listener: this.definition, handler: method, context, payload: () => reading.payload() };
    const consume = (): Promise<Verdict> => this.consume(route, delivery, reading);
    const deliver = (): Promise<Verdict> =>
      interceptDelivery(this.services.interceptors ?? [], delivery, consume, (error) => reading.judge(error));
    return this.definition.options.asyncContext ? runHandling({ message: context }, deliver) : deliver();
  }

  private async consume(route: Route | undefined, { context, handler: method }: Delivery, reading: DeliveryReading): Promise<Verdict> {
    const { message } = context;
    if (route === undefined) return this.verdicts.ofUnmatched(message);
    try {
      const payload = await reading.payload();
      const said = await route.handler.invoke(payload, context);
      if (this.definition.mode === 'REQUEST' && !isConsumeOutcome(said)) await this.reply(message, method, said);
      return this.verdicts.ofReturned(message, method, said);
    } catch (error) {
      return reading.judge(error);
    }
  }

  /** Throws for an answer that is none. A reply that cannot be handed over is told and no more: the work has been done [spring]. */
  private async reply(request: MessageExt, method: string, answer: unknown): Promise<void> {
    if (answer === undefined || answer === null) throw new TypeError(`returned ${answer}: who asked waits for an answer`);
    if (!request.properties.has(PROPERTY.REPLY_TO_CLIENT))
      return this.verdicts.note('is no request, its answer is dropped', request, method, 'no REPLY_TO_CLIENT');
    const { body } = this.services.converter.toBytes(answer);
    try {
      await this.services.sendReply(request, body, this.definition.options.replyTimeout);
    } catch (error) {
      const reason = reasonOf(error);
      this.verdicts.note('answered, but the reply was not taken', request, method, reason);
    }
  }
}
