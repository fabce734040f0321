// Runs a batch through conversion and `onMessages` and says what becomes of each item. Must never let one item's fate decide another's, unless
// the handler said one thing for all.
import type { MessageExt } from 'rocketmq-core/message';
import { BatchGathering } from './batch-gathering.js';
import { type Delivery, interceptDelivery, type Verdict } from './consume-interceptor.js';
import { DeliveryReading } from './delivery-reading.js';
import type { HandlerRoutes, Route } from './handler-routes.js';
import type { HandlerServices } from './handler-services.js';
import type { ListenerDefinition } from './listener-definition.js';
import type { MessageContext } from './listener.js';
import { createBatchContext, createMessageContext } from './message-context.js';
import { isConsumeOutcome } from './outcome.js';
import { type Handling, runHandling } from './current-context.js';
import { Verdicts } from './verdicts.js';

interface BatchItem {
  readonly payload: unknown;
  readonly context: MessageContext;
}

export class BatchHandler {
  private readonly verdicts: Verdicts;

  constructor(
    private readonly definition: ListenerDefinition,
    private readonly routes: HandlerRoutes,
    private readonly services: HandlerServices,
  ) {
    this.verdicts = new Verdicts(definition, services.logger);
  }

  /** What cannot be converted, and what an interceptor keeps, leaves the batch by itself; the others are handled together. */
  async handleAll(messages: readonly MessageExt[], signalOf: () => AbortSignal): Promise<readonly Verdict[]> {
    const gathering = new BatchGathering<BatchItem>(messages.length, this.services.clock, (items) => this.call(items));
    return Promise.all(
      messages.map(async (message) => {
        try {
          return await this.handleItem(message, signalOf, gathering);
        } finally {
          gathering.left();
        }
      }),
    );
  }

  private handleItem(message: MessageExt, signalOf: () => AbortSignal, gathering: BatchGathering<BatchItem>): Promise<Verdict> {
    const context = createMessageContext(message, this.definition.options.consumerGroup, signalOf);
    const route = this.routes.find(message)!;
    const { method } = route.handler;
    const reading = new DeliveryReading(this.verdicts, method, message, route.read);
    const delivery: Delivery = { listener: this.definition, handler: method, context, payload: () => reading.payload() };
    const consume = async (): Promise<Verdict> => {
      let payload: unknown;
      try {
        payload = await reading.payload();
      } catch (error) {
        return reading.judge(error);
      }
      return gathering.join({ payload, context });
    };
    return this.within({ message: context }, () =>
      interceptDelivery(this.services.interceptors ?? [], delivery, consume, (error) => reading.judge(error)),
    );
  }

  private within<R>(handling: Handling, call: () => R): R {
    return this.definition.options.asyncContext ? runHandling(handling, call) : call();
  }

  private async call(items: readonly BatchItem[]): Promise<readonly Verdict[]> {
    const { handler }: Route = this.routes.find(items[0]!.context.message)!;
    const batch = createBatchContext(items.map(({ context }) => context));
    const forAll = (thrown: unknown): readonly Verdict[] =>
      items.map(({ context: { message } }) => this.verdicts.ofThrown(message, handler.method, thrown));
    try {
      const payloads = items.map(({ payload }) => payload);
      const said = await this.within({ batch }, () => handler.invoke(payloads, batch));
      if (isConsumeOutcome(said)) return forAll(said);
      if (!Array.isArray(said)) return items.map(() => ({ kind: 'CONSUMED' }));
      const results: readonly unknown[] = said;
      if (results.length !== items.length) throw new TypeError(`returned ${results.length} results for ${items.length} messages`);
      return items.map(({ context: { message } }, index) => this.ofResult(message, handler.method, results[index]));
    } catch (error) {
      return forAll(error);
    }
  }

  /** An outcome, an Error, one of `Promise.allSettled`; everything else is consumed. */
  private ofResult(message: MessageExt, method: string, result: unknown): Verdict {
    if (isConsumeOutcome(result) || result instanceof Error) return this.verdicts.ofThrown(message, method, result);
    if (typeof result === 'object' && result !== null && 'status' in result) {
      if (result.status === 'rejected' && 'reason' in result) return this.verdicts.ofThrown(message, method, result.reason);
      if (result.status === 'fulfilled' && 'value' in result) return this.verdicts.ofReturned(message, method, result.value);
    }
    return this.verdicts.ofReturned(message, method, result);
  }
}
