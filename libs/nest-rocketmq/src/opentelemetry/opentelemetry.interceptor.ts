// A span for each send and each delivery, joined by the context in the message's properties. Must never fail a send or a delivery.
import {
  context,
  type Context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { RocketMQInterceptor } from '../interceptor/index.js';
import { type ConsumeInterceptor, type Delivery, isConsumeOutcome, outcomeOf, type Verdict } from '../listener/index.js';
import type { Sending, SendInterceptor } from '../template/index.js';
import { MESSAGE_GETTER, MESSAGE_SETTER } from './message-carrier.js';
import type { RocketMQOpenTelemetryOptions } from './opentelemetry-options.js';
import { deliveryAttributes, resultAttributes, sendAttributes } from './span-attributes.js';

/** Outside of what applications add, so that their work is part of the span. */
const ORDER = -1000;

@RocketMQInterceptor({ order: ORDER })
export class OpenTelemetryInterceptor implements SendInterceptor, ConsumeInterceptor {
  constructor(private readonly options: RocketMQOpenTelemetryOptions) {}

  async interceptSend<R>(sending: Sending, next: () => Promise<R>): Promise<R> {
    const topic = sending.messages[0]?.topic ?? '';
    const span = this.tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes: sendAttributes(sending) });
    const inside = trace.setSpan(context.active(), span);
    for (const { properties } of sending.messages) propagation.inject(inside, properties, MESSAGE_SETTER);
    try {
      const result = await context.with(inside, next);
      span.setAttributes(resultAttributes(result));
      return result;
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  async interceptConsume(delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const sent = propagation.extract(ROOT_CONTEXT, delivery.context.properties, MESSAGE_GETTER);
    const { parent, links } = this.relate(sent);
    const span = this.tracer.startSpan(
      `process ${delivery.context.topic}`,
      { kind: SpanKind.CONSUMER, attributes: deliveryAttributes(delivery), links },
      parent,
    );
    try {
      const verdict = await context.with(trace.setSpan(parent, span), next);
      span.setAttribute('messaging.rocketmq.outcome', outcomeOf(verdict, delivery.listener.options, delivery.context.reconsumeTimes));
      // What a listener says on purpose is no error of it.
      if (verdict.kind === 'AGAIN' && verdict.error !== undefined && !isConsumeOutcome(verdict.error)) fail(span, verdict.error);
      return verdict;
    } finally {
      span.end();
    }
  }

  private get tracer(): Tracer {
    return (this.options.tracerProvider ?? trace).getTracer('nest-rocketmq');
  }

  private relate(sent: Context): { parent: Context; links: Link[] } {
    const spanContext = trace.getSpanContext(sent);
    if (this.options.relation !== 'link' || spanContext === undefined) return { parent: sent, links: [] };
    return { parent: trace.deleteSpan(sent), links: [{ context: spanContext }] };
  }
}

function fail(span: Span, error: unknown): void {
  const known = error instanceof Error ? error : new Error(String(error));
  span.recordException(known);
  span.setStatus({ code: SpanStatusCode.ERROR, message: known.message });
  span.setAttribute('error.type', known.name);
}
