// Health, metrics, spans and diagnostics of an application over a cluster in the process.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { type ModuleMetadata, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  DeadLetter,
  DELIVERY_CHANNEL,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  SEND_CHANNEL,
} from 'nest-rocketmq';
import { RocketMQMetricsModule } from 'nest-rocketmq/metrics';
import { RocketMQOpenTelemetryModule } from 'nest-rocketmq/opentelemetry';
import { RocketMQHealthIndicator, RocketMQHealthModule } from 'nest-rocketmq/terminus';
import { RocketMQTesting, RocketMQTestingModule } from 'nest-rocketmq/testing';
import { Gauge, Registry } from 'prom-client';
import { SeededRandom } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { ChaosProxy } from '../support/chaos-proxy.js';
import { until } from '../support/until.js';

const registry = new Registry();
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', messageType: String })
class BillingListener {
  activeTrace: string | undefined;
  failures = 0;
  trouble: Error | undefined;

  prepareStart(): void {
    if (this.trouble !== undefined) throw this.trouble;
  }

  onMessage(order: string): void {
    this.activeTrace = trace.getActiveSpan()?.spanContext().traceId;
    if (order === 'poison') throw new DeadLetter('no such order');
    if (this.failures-- > 0) throw new RangeError('too much');
  }
}

describe('observability', () => {
  let app: TestingModule;
  let rocketmq: RocketMQTesting;
  let template: RocketMQTemplate;
  let listener: BillingListener;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    app = await Test.createTestingModule({
      imports: [
        RocketMQModule.forRoot({ nameServer: 'rocketmq:9876', producer: { group: 'shop' } }),
        RocketMQModule.forRoot({ name: 'lazy', nameServer: 'rocketmq:9876', producer: { group: 'lazy-shop' }, lazyConnect: true }),
        RocketMQMetricsModule.forRoot({ registry }),
        RocketMQOpenTelemetryModule.forRoot({ tracerProvider }),
        RocketMQHealthModule,
        TerminusModule,
        RocketMQTestingModule.forRoot(),
      ],
      providers: [BillingListener],
    }).compile();
    app.useLogger(false);
    await app.init();
    rocketmq = app.get(RocketMQTesting);
    template = app.get(RocketMQTemplate);
    listener = app.get(BillingListener);
  });
  afterEach(() => {
    exporter.reset();
    registry.resetMetrics();
  });
  afterAll(async () => {
    await app?.close();
    context.disable();
    propagation.disable();
  });

  const spans = (kind: SpanKind): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.kind === kind);
  const metric = async (name: string): Promise<string[]> =>
    (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => line.startsWith(`${name}{`));

  it('joins send and delivery in one trace, and runs the handler inside it', async () => {
    await template.syncSend('orders:paid', 'o1', { keys: ['k1', 'k2'] });
    await rocketmq.expectMessage('orders').toBeConsumedBy(BillingListener);
    const [sent] = spans(SpanKind.PRODUCER);
    const [processed] = spans(SpanKind.CONSUMER);
    expect(processed!.spanContext().traceId).toBe(sent!.spanContext().traceId);
    expect(processed!.parentSpanContext?.spanId).toBe(sent!.spanContext().spanId);
    expect(listener.activeTrace).toBe(sent!.spanContext().traceId);
    expect([sent!.name, processed!.name]).toEqual(['send orders', 'process orders']);
    expect(sent!.attributes).toMatchObject({
      'messaging.system': 'rocketmq',
      'messaging.destination.name': 'orders',
      'messaging.rocketmq.message.tag': 'paid',
      'messaging.rocketmq.message.keys': ['k1', 'k2'],
      'messaging.rocketmq.message.type': 'normal',
      'messaging.message.body.size': 2,
      'messaging.rocketmq.send_status': 'SEND_OK',
    });
    expect(processed!.attributes).toMatchObject({
      'messaging.consumer.group.name': 'billing',
      'messaging.message.id': sent!.attributes['messaging.message.id'],
      'messaging.rocketmq.outcome': 'consumed',
      'code.function.name': 'BillingListener.onMessage',
    });
  });

  it('marks what failed, and not what a listener said on purpose', async () => {
    listener.failures = 1;
    await template.syncSend('orders', 'o2');
    await template.syncSend('orders', 'poison');
    await rocketmq.settled();
    const outcomes = new Map(spans(SpanKind.CONSUMER).map((span) => [span.attributes['messaging.rocketmq.outcome'], span]));
    expect(outcomes.get('retried')!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'too much' });
    expect(outcomes.get('retried')!.events[0]!.attributes).toMatchObject({ 'exception.type': 'RangeError' });
    expect(outcomes.get('dead_lettered')!.status.code).toBe(SpanStatusCode.UNSET);
    rocketmq.faults.failSend({ error: new Error('no route') });
    await expect(template.syncSend('orders', 'o3')).rejects.toThrow('no route');
    expect(spans(SpanKind.PRODUCER).at(-1)!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no route' });
    await rocketmq.clock.advance('15s');
  });

  it('counts and times sends and deliveries, and shows what listeners are doing', async () => {
    listener.failures = 1;
    await template.syncSend('orders', 'o4');
    await template.syncSend('orders', [
      { payload: 'o5', headers: {} },
      { payload: 'o6', headers: {} },
    ]);
    await rocketmq.settled();
    await rocketmq.clock.advance('15s');
    expect(await metric('rocketmq_producer_sends_total')).toEqual([
      'rocketmq_producer_sends_total{connection="default",topic="orders",kind="SEND",result="SEND_OK"} 1',
      'rocketmq_producer_sends_total{connection="default",topic="orders",kind="BATCH",result="SEND_OK"} 2',
    ]);
    const deliveries = await metric('rocketmq_consumer_deliveries_total');
    expect(deliveries).toContain(
      'rocketmq_consumer_deliveries_total{listener="BillingListener",group="billing",topic="orders",outcome="consumed"} 3',
    );
    expect(deliveries).toContain(
      'rocketmq_consumer_deliveries_total{listener="BillingListener",group="billing",topic="orders",outcome="retried"} 1',
    );
    expect(await metric('rocketmq_consumer_running')).toEqual(['rocketmq_consumer_running{listener="BillingListener",group="billing"} 1']);
    expect(await metric('rocketmq_consumer_assigned_queues')).toEqual([
      'rocketmq_consumer_assigned_queues{listener="BillingListener",group="billing"} 5',
    ]);
    expect((await registry.getSingleMetricAsString('rocketmq_consumer_handle_duration_seconds')).split('\n')).toContain(
      'rocketmq_consumer_handle_duration_seconds_count{listener="BillingListener",group="billing"} 4',
    );
  });

  it('is healthy while a name server answers and every listener runs, and says who does not', async () => {
    const health = app.get(HealthCheckService);
    const indicator = app.get(RocketMQHealthIndicator);
    const check = () => health.check([() => indicator.isHealthy('rocketmq')]);
    expect((await check()).info).toMatchObject({
      rocketmq: {
        status: 'up',
        default: {
          status: 'up',
          nameServer: 'reachable',
          listeners: { BillingListener: { status: 'up', state: 'RUNNING', assignedQueues: 5 } },
        },
      },
    });
    for (let look = 0; look < 2; look++) {
      expect(await indicator.isHealthy('rocketmq', { connection: 'lazy' })).toMatchObject({
        rocketmq: { status: 'up', lazy: { nameServer: 'not connected yet' } },
      });
    }
    await app.get(RocketMQListenerRegistry).stop(BillingListener);
    const failure = await check().catch((error: unknown) => (error as { getResponse(): object }).getResponse());
    expect(failure).toMatchObject({
      status: 'error',
      error: { rocketmq: { status: 'down', default: { listeners: { BillingListener: { status: 'down', reason: 'not running' } } } } },
    });
    listener.trouble = new Error('no license');
    await expect(app.get(RocketMQListenerRegistry).start(BillingListener)).rejects.toThrow('no license');
    expect(await indicator.isHealthy('rocketmq')).toMatchObject({
      rocketmq: { default: { listeners: { BillingListener: { status: 'down', state: 'STOPPED', reason: 'not running: no license' } } } },
    });
    listener.trouble = undefined;
    await app.get(RocketMQListenerRegistry).start(BillingListener);
    expect(await indicator.isHealthy('rocketmq', { connection: 'audit' })).toMatchObject({
      rocketmq: { status: 'down', reason: 'no connection "audit"' },
    });
    await template.syncSend('orders', 'o8');
    await rocketmq.settled();
    expect(await indicator.isHealthy('rocketmq', { maxPollAge: -1 })).toMatchObject({ rocketmq: { status: 'down' } });
  });

  it('publishes sends and deliveries to diagnostics channels', async () => {
    const events: string[] = [];
    const on = (message: unknown, name: string | symbol): void => {
      const { sending, delivery, result } = message as {
        sending?: { kind: string };
        delivery?: { handler: string };
        result?: { kind?: string };
      };
      events.push(`${String(name)} ${sending?.kind ?? delivery?.handler} ${result?.kind ?? ''}`.trim());
    };
    const names = [`tracing:${SEND_CHANNEL}:start`, `tracing:${DELIVERY_CHANNEL}:asyncEnd`];
    for (const name of names) subscribe(name, on);
    await template.syncSend('orders', 'o7');
    await rocketmq.settled();
    for (const name of names) unsubscribe(name, on);
    expect(events).toEqual(['tracing:nest-rocketmq:send:start SEND', 'tracing:nest-rocketmq:delivery:asyncEnd onMessage CONSUMED']);
  });

  it('lets a registry have one application at a time', async () => {
    const second = Test.createTestingModule({ imports: [RocketMQMetricsModule.forRoot({ registry })] }).compile();
    await expect(second).rejects.toThrow('the registry has a metric rocketmq_producer_sends_total already');
    const boot = async (own: Registry, ...buckets: number[]): Promise<unknown> => {
      const imports = buckets.map((bucket) => RocketMQMetricsModule.forRoot({ registry: own, buckets: [bucket] }));
      return (await Test.createTestingModule({ imports }).compile()).init();
    };
    await expect(boot(new Registry(), 1, 2)).rejects.toThrow('the registry has a metric rocketmq_producer_sends_total already');
    const taken = new Registry();
    new Gauge({ name: 'rocketmq_consumer_lag_messages', help: 'mine', registers: [taken] });
    await expect(boot(taken, 1)).rejects.toThrow('rocketmq_consumer_lag_messages');
    expect(taken.getMetricsAsArray()).toHaveLength(1);
  });
});

describe('a cluster that comes and goes', () => {
  let cluster: EmbeddedRocketMQ;
  let proxy: ChaosProxy;

  beforeAll(async () => {
    cluster = await EmbeddedRocketMQ.start();
    const port = Number(cluster.nameServer.split(':')[1]);
    proxy = await ChaosProxy.start({ target: { host: '127.0.0.1', port }, random: new SeededRandom(1) });
  });
  afterAll(async () => {
    await proxy?.close();
    await cluster?.stop();
  });

  async function boot(imports: NonNullable<ModuleMetadata['imports']>, providers: Provider[] = []): Promise<TestingModule> {
    const forRoot = RocketMQModule.forRoot({ nameServer: proxy.address, producer: { group: 'shop' } });
    const app = await Test.createTestingModule({ imports: [...imports, forRoot], providers }).compile();
    app.useLogger(false);
    return app.init() as Promise<TestingModule>;
  }

  it('is down while no name server answers, though its routes are known', async () => {
    const app = await boot([RocketMQHealthModule, TerminusModule]);
    const health = async () => (await app.get(RocketMQHealthIndicator).isHealthy('rocketmq', { connection: 'default' })).rocketmq;
    await app.get(RocketMQTemplate).syncSend('orders', 'o1');
    expect(await health()).toMatchObject({ status: 'up', default: { nameServer: 'reachable' } });
    await proxy.refuse();
    proxy.cut();
    expect(await health()).toMatchObject({ status: 'down', default: { nameServer: expect.stringContaining(proxy.address) } });
    await proxy.accept();
    await until(async () => (await health()).status === 'up');
    await app.close();
  });

  it('leaves no metrics of a boot that failed, whatever failed', async () => {
    const [own, other] = [new Registry(), { provide: 'other', useValue: { onModuleInit: () => Promise.reject(new Error('no database')) } }];
    const metrics = RocketMQMetricsModule.forRoot({ registry: own });
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'unfiltered', selectorType: 'SQL92', selectorExpression: 'a > 1' })
    class Unfiltered {
      onMessage(): void {}
    }
    await expect(boot([metrics], [other])).rejects.toThrow('no database');
    await expect(boot([metrics], [Unfiltered])).rejects.toThrow('SQL92');
    await proxy.refuse();
    proxy.cut();
    await expect(boot([metrics])).rejects.toThrow('RocketMQModule "default": no name server of');
    await proxy.accept();
    const app = await boot([metrics]);
    await app.get(RocketMQTemplate).syncSend('orders', 'o2');
    expect(await own.metrics()).toContain(
      'rocketmq_producer_sends_total{connection="default",topic="orders",kind="SEND",result="SEND_OK"} 1',
    );
    await app.close();
    expect(await own.metrics()).not.toContain('rocketmq_');
  });
});
