// Health, metrics and a span around each message of a Nest application: ... docs/examples/nest-observability.ts [HOST:9876]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import {
  type ConsumeInterceptor,
  type ConsumeVerdict,
  type Delivery,
  RocketMQInterceptor,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { RocketMQMetricsModule } from 'nest-rocketmq/metrics';
import { RocketMQOpenTelemetryModule } from 'nest-rocketmq/opentelemetry';
import { RocketMQHealthIndicator, RocketMQHealthModule } from 'nest-rocketmq/terminus';
import { register } from 'prom-client';

const [nameServer = '127.0.0.1:9876'] = process.argv.slice(2);

// As your OpenTelemetry SDK does it.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracerProvider = new BasicTracerProvider();

@RocketMQMessageListener({
  topic: 'watched-orders',
  consumerGroup: 'watched-billing',
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class BillingListener {
  onMessage(order: string): void {
    console.log(`billed ${order} in trace ${trace.getActiveSpan()?.spanContext().traceId}`);
  }
}

@RocketMQInterceptor({ order: 0 })
export class HandlerTimes implements ConsumeInterceptor {
  async interceptConsume({ listener, context }: Delivery, next: () => Promise<ConsumeVerdict>): Promise<ConsumeVerdict> {
    const startedAt = performance.now();
    const verdict = await next();
    console.log(`${listener.id} ${verdict.kind} ${context.tags} in ${(performance.now() - startedAt).toFixed(1)} ms`);
    return verdict;
  }
}

@Module({
  imports: [
    RocketMQModule.forRoot({ nameServer, producer: { group: 'watched-shop' }, autoStart: false }),
    RocketMQMetricsModule.forRoot(),
    RocketMQOpenTelemetryModule.forRoot({ tracerProvider }),
    RocketMQHealthModule,
  ],
  providers: [BillingListener, HandlerTimes],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const rocketmq = app.get(RocketMQHealthIndicator);
const health = async (): Promise<string> => (await rocketmq.isHealthy('rocketmq', { maxLag: 10_000 })).rocketmq.status;

await tracerProvider.getTracer('example').startActiveSpan('place order', async (span) => {
  await app.get(RocketMQTemplate).syncSend('watched-orders:paid', 'o1');
  console.log(`sent o1 in trace ${span.spanContext().traceId}`);
  span.end();
});
console.log(`health ${await health()} while the listener waits`);
await app.get(RocketMQListenerRegistry).start();

const counted = async (): Promise<string | undefined> =>
  (await register.getSingleMetricAsString('rocketmq_consumer_deliveries_total'))
    .split('\n')
    .find((line) => line.includes('outcome="consumed"'));
while ((await counted()) === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(await counted());
console.log(`health ${await health()} while it runs`);
await app.close();
