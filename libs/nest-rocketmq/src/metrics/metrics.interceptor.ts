// Counts and times sends and deliveries. Must never use what is on the wire as a label, but for topics, which are limited.
import { Counter, Histogram, type Metric } from 'prom-client';
import type { Clock } from 'rocketmq-core/common';
import { RocketMQInterceptor } from '../interceptor/index.js';
import { type ConsumeInterceptor, type Delivery, outcomeOf, type Verdict } from '../listener/index.js';
import type { Sending, SendInterceptor } from '../template/index.js';
import { TopicLabel } from './topic-label.js';

/** Outside of everything an application adds. */
const ORDER = -2000;
const MS_PER_SECOND = 1000;

export interface MetricsSetting {
  readonly prefix: string;
  readonly buckets: readonly number[];
}

@RocketMQInterceptor({ order: ORDER })
export class MetricsInterceptor implements SendInterceptor, ConsumeInterceptor {
  private readonly topics = new TopicLabel();
  private readonly sends: Counter<'connection' | 'topic' | 'kind' | 'result'>;
  private readonly sendSeconds: Histogram<'connection' | 'kind'>;
  private readonly deliveries: Counter<'listener' | 'group' | 'topic' | 'outcome'>;
  private readonly handleSeconds: Histogram<'listener' | 'group'>;

  constructor(
    { prefix, buckets }: MetricsSetting,
    private readonly clock: Clock,
  ) {
    // The application's registry gets them when it has started.
    const registers: [] = [];
    this.sends = new Counter({
      name: `${prefix}producer_sends_total`,
      help: 'Sends of templates. result: the send status, or error.',
      labelNames: ['connection', 'topic', 'kind', 'result'],
      registers,
    });
    this.sendSeconds = new Histogram({
      name: `${prefix}producer_send_duration_seconds`,
      help: 'From the call of the template to its answer, retries included.',
      labelNames: ['connection', 'kind'],
      buckets: [...buckets],
      registers,
    });
    this.deliveries = new Counter({
      name: `${prefix}consumer_deliveries_total`,
      help: 'Messages handed to listeners. outcome: consumed, discarded, retried or dead_lettered.',
      labelNames: ['listener', 'group', 'topic', 'outcome'],
      registers,
    });
    this.handleSeconds = new Histogram({
      name: `${prefix}consumer_handle_duration_seconds`,
      help: 'From the message to what becomes of it.',
      labelNames: ['listener', 'group'],
      buckets: [...buckets],
      registers,
    });
  }

  get metrics(): Metric[] {
    return [this.sends, this.sendSeconds, this.deliveries, this.handleSeconds] as Metric[];
  }

  async interceptSend<R>({ kind, connection, messages }: Sending, next: () => Promise<R>): Promise<R> {
    const startedMs = this.clock.monotonic();
    const topic = this.topics.of(messages[0]?.topic ?? '');
    let result = 'error';
    try {
      const answer = await next();
      result = (answer as { sendStatus?: string } | undefined)?.sendStatus ?? 'SEND_OK';
      return answer;
    } finally {
      this.sends.inc({ connection, topic, kind, result }, messages.length);
      this.sendSeconds.observe({ connection, kind }, (this.clock.monotonic() - startedMs) / MS_PER_SECOND);
    }
  }

  async interceptConsume({ listener, context }: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const startedMs = this.clock.monotonic();
    const verdict = await next();
    const labels = { listener: listener.id, group: context.consumerGroup };
    this.handleSeconds.observe(labels, (this.clock.monotonic() - startedMs) / MS_PER_SECOND);
    const outcome = outcomeOf(verdict, listener.options, context.reconsumeTimes);
    this.deliveries.inc({ ...labels, topic: this.topics.of(context.topic), outcome });
    return verdict;
  }
}
