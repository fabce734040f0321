// RocketMQ as a transport of @nestjs/microservices over a real cluster in the process: hybrid applications with all of Nest's enhancers, what
// becomes of failures, requests with their errors, other kinds of applications on either side, and the end.
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type NestInterceptor,
  type Provider,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import {
  BaseRpcExceptionFilter,
  type ClientProxy,
  ClientsModule,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import {
  DeadLetter,
  Discard,
  MessageConversionError,
  MessageExt,
  ReconsumeLater,
  RocketMQConfigurationError,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';
import {
  ClientRocketMQ,
  ROCKETMQ_TRANSPORT,
  RocketMQContext,
  RocketMQRecordBuilder,
  RocketMQRemoteException,
  type RocketMQServerOptions,
  ServerRocketMQ,
} from 'nest-rocketmq/microservices';
import { DefaultMQPushConsumer, NotStartedError, ReplyTimeoutError, type SendResult } from 'rocketmq-core';
import { SystemClock, VirtualClock } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { concat, EMPTY, firstValueFrom, lastValueFrom, Observable, of, throwError, toArray } from 'rxjs';
import { tap } from 'rxjs/operators';
import { until } from '../support/until.js';

let cluster: EmbeddedRocketMQ;
const open: Array<{ close(): Promise<unknown> }> = [];

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start();
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
afterAll(async () => cluster?.stop());

const logger = process.env['E2E_LOG'] ? undefined : (false as const);

async function createClient(): Promise<ClientRocketMQ> {
  const client = new ClientRocketMQ({ nameServer: cluster.nameServer });
  open.push(client);
  await client.connect();
  return client;
}

/** Makes topics by sending to them, so that a consumer started next finds their routes at once. */
async function openTopics(...topics: string[]): Promise<ClientRocketMQ> {
  const client = await createClient();
  for (const topic of topics) await lastValueFrom(client.emit(`${topic}:opening`, 'opening'));
  return client;
}

interface BootOptions {
  readonly server: Partial<RocketMQServerOptions> & { consumerGroup: string };
  readonly configure?: (app: INestApplication) => void;
}

/** A hybrid application: HTTP platform, not listening, with the transport connected. */
async function bootHybrid(metadata: ModuleMetadata, { server, configure }: BootOptions): Promise<INestApplication> {
  @Module(metadata)
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
  open.push(app);
  const strategy = new ServerRocketMQ({ nameServer: cluster.nameServer, delayLevelWhenNextConsume: 1, ...server });
  // Handlers are registered when the microservice is connected: what is global must be there before.
  configure?.(app);
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  return app;
}

async function consumeAll(topic: string, group: string): Promise<MessageExt[]> {
  const received: MessageExt[] = [];
  const consumer = new DefaultMQPushConsumer({
    consumerGroup: group,
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    pollNameServerInterval: 200,
  });
  consumer.subscribe(topic, '*');
  consumer.registerMessageListener((messages) => {
    received.push(...messages);
    return 'CONSUME_SUCCESS';
  });
  await consumer.start();
  open.push({ close: async () => consumer.shutdown() });
  return received;
}

describe('events', () => {
  class Order {
    @IsString() id!: string;
    @IsInt() amount!: number;
  }

  it('pass pipes, guards, interceptors and filters, reach every handler that fits, and tell the context', async () => {
    const seen: string[] = [];
    const contexts: RocketMQContext[] = [];

    @Injectable()
    class BlockGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        expect(context.getType()).toBe('rpc');
        return context.switchToRpc().getContext<RocketMQContext>().getProperty('blocked') !== 'yes';
      }
    }
    @Injectable()
    class Timing implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        const { id } = context.switchToRpc().getData<{ id: string }>();
        return next.handle().pipe(tap({ complete: () => void seen.push(`done ${id}`) }));
      }
    }
    /** Handles: what a filter returns is the handler's result, so the message is consumed. */
    @Catch(TypeError)
    class TypeErrors extends BaseRpcExceptionFilter {
      override catch(error: TypeError, host: ArgumentsHost): Observable<never> {
        seen.push(`filtered ${error.message} ${host.switchToRpc().getContext<RocketMQContext>().getTags()}`);
        return EMPTY;
      }
    }
    @Controller()
    class Billing {
      @EventPattern<string>('mu-orders:paid', ROCKETMQ_TRANSPORT)
      @UseGuards(BlockGuard)
      @UseInterceptors(Timing)
      paid(@Payload() order: Order, @Ctx() context: RocketMQContext): void {
        expect(order).toBeInstanceOf(Order);
        contexts.push(context);
        seen.push(`paid ${order.id}`);
      }
      @EventPattern({ topic: 'mu-orders', tag: 'paid' })
      alsoPaid(@Payload('id') id: string): Observable<string> {
        return of('a', 'b').pipe(tap((step) => void seen.push(`also ${id} ${step}`)));
      }
      @EventPattern<string>('mu-orders:shipped || returned')
      @UseFilters(TypeErrors)
      moved(): void {
        throw new TypeError('odd');
      }
    }
    @Controller()
    class Audit {
      @EventPattern<string>('mu-orders')
      any(@Payload() order: { id: string }, @Ctx() context: RocketMQContext): void {
        if (order.id !== undefined) seen.push(`audit ${context.getTags()} ${order.id}`);
      }
      @EventPattern<string>('mu-orders:paid', Symbol.for('ANOTHER'))
      ofAnotherTransport(): void {
        seen.push('wrong transport');
      }
    }

    const client = await openTopics('mu-orders');
    const dead = await consumeAll('%DLQ%mu-billing', 'mu-dead');
    await bootHybrid(
      { controllers: [Billing, Audit] },
      {
        server: { consumerGroup: 'mu-billing' },
        configure: (app) =>
          app.useGlobalPipes(
            new ValidationPipe({ transform: true, exceptionFactory: (issues) => DeadLetter(String(issues[0]?.property)) }),
          ),
      },
    );
    const record = new RocketMQRecordBuilder({ id: 'o1', amount: 7 }).setKeys(['k1', 'k2']).setHeaders({ source: 'web', TAGS: 'kept out' });
    const result = await lastValueFrom(client.emit<SendResult>('mu-orders:paid', record.build()));
    expect(result.sendStatus).toBe('SEND_OK');
    client.emit({ topic: 'mu-orders', tag: 'returned' }, { id: 'o2' });
    client.emit('mu-orders', { id: 'o3' });
    client.emit('mu-orders:paid', new RocketMQRecordBuilder({ id: 'o4', amount: 'many' }).build());

    await until(() => seen.filter((line) => line.startsWith('audit')).length >= 4 && dead.length > 0);
    expect(seen.filter((line) => !line.includes('o4')).toSorted()).toEqual(
      [
        'also o1 a',
        'also o1 b',
        'audit paid o1',
        'audit returned o2',
        'audit undefined o3',
        'done o1',
        'filtered odd returned',
        'paid o1',
      ].toSorted(),
    );
    // The whole message is dead-lettered as soon as one handler says so and none wants it again.
    expect(dead.map((message) => message.json())).toEqual([{ id: 'o4', amount: 'many' }]);
    const [context] = contexts;
    expect(context!.getPattern()).toBe('mu-orders:paid');
    expect(context!.getTopic()).toBe('mu-orders');
    expect(context!.getKeys()).toEqual(['k1', 'k2']);
    expect(context!.getMsgId()).toBe(result.msgId);
    expect(context!.getMetadata()).toEqual({ source: 'web', contentType: 'application/json' });
    expect(context!.getMessage()).toBeInstanceOf(MessageExt);
    expect(context!.getReconsumeTimes()).toBe(0);
    expect(context!.isRequest()).toBe(false);
    expect(context!.getConsumer()).toBeInstanceOf(DefaultMQPushConsumer);

    client.emit('mu-orders:paid', new RocketMQRecordBuilder({ id: 'o5', amount: 1 }).setHeaders({ blocked: 'yes' }).build());
    await until(() => seen.includes('audit paid o5'));
    expect(seen).not.toContain('paid o5');
  });

  it('are consumed once the handler has completed: again after a throw, a rejected stream or ReconsumeLater, dead after DeadLetter', async () => {
    const attempts: string[] = [];
    const failOnce = (name: string, context: RocketMQContext): boolean => {
      attempts.push(`${name} ${context.getReconsumeTimes()}`);
      return context.getReconsumeTimes() === 0;
    };
    @Controller()
    class Flaky {
      @EventPattern<string>('mu-retry:throw')
      throws(@Ctx() context: RocketMQContext): void {
        if (failOnce('throw', context)) throw new Error('no');
      }
      @EventPattern<string>('mu-retry:stream')
      stream(@Ctx() context: RocketMQContext): Observable<number> {
        return failOnce('stream', context)
          ? concat(
              of(1),
              throwError(() => new RpcException('late')),
            )
          : of(1);
      }
      @EventPattern<string>('mu-retry:later')
      later(@Ctx() context: RocketMQContext): unknown {
        return failOnce('later', context) ? ReconsumeLater(1) : undefined;
      }
      @EventPattern<string>('mu-retry:wrapped')
      wrapped(@Ctx() context: RocketMQContext): void {
        if (failOnce('wrapped', context)) throw new RpcException(ReconsumeLater(1));
      }
      @EventPattern<string>('mu-retry:discard')
      discard(@Ctx() context: RocketMQContext): void {
        if (failOnce('discard', context)) throw Discard('old');
      }
      @EventPattern<string>('mu-retry:poison')
      async poison(@Ctx() context: RocketMQContext): Promise<never> {
        failOnce('poison', context);
        throw DeadLetter('broken');
      }
      @EventPattern<string>('mu-retry:both')
      fine(@Ctx() context: RocketMQContext): void {
        attempts.push(`fine ${context.getReconsumeTimes()}`);
      }
      @EventPattern<string>('mu-retry:both')
      notFine(@Ctx() context: RocketMQContext): void {
        if (failOnce('not fine', context)) throw new Error('no');
      }
      @EventPattern<string>('mu-retry:typed', { messageType: Order })
      typed(order: Order): void {
        attempts.push(`typed ${order.id}`);
      }
    }
    const client = await openTopics('mu-retry');
    const dead = await consumeAll('%DLQ%mu-retry-group', 'mu-retry-dead');
    await bootHybrid({ controllers: [Flaky] }, { server: { consumerGroup: 'mu-retry-group' } });
    for (const tag of ['throw', 'stream', 'later', 'wrapped', 'discard', 'poison', 'both']) client.emit(`mu-retry:${tag}`, { tag });
    client.emit('mu-retry:typed', { id: 'fits', amount: 1 });
    client.emit('mu-retry:typed', { id: 'fits not', amount: 'x' });
    await until(() => attempts.length >= 15 && dead.length >= 2);
    const twice = (name: string): string[] => [`${name} 0`, `${name} 1`];
    expect(attempts.toSorted()).toEqual(
      [...['throw', 'stream', 'later', 'wrapped', 'fine', 'not fine'].flatMap(twice), 'discard 0', 'poison 0', 'typed fits'].toSorted(),
    );
    expect(dead.map(({ tags }) => tags).toSorted()).toEqual(['poison', 'typed']);
  });

  it('of one key keep their order with ORDERLY, and one that fails holds up its queue', async () => {
    const seen: string[] = [];
    @Controller()
    class Steps {
      @EventPattern<string>('mu-steps:go')
      step(@Payload() step: string, @Ctx() context: RocketMQContext): void {
        const again = seen.includes(`try ${step}`);
        seen.push(`try ${step}`);
        if (step === '2' && !again) throw new Error('not yet');
        seen.push(`${context.getTags()} ${step}`);
      }
    }
    const client = await openTopics('mu-steps');
    await bootHybrid(
      { controllers: [Steps] },
      { server: { consumerGroup: 'mu-steps-group', consumeMode: 'ORDERLY', suspendCurrentQueueTimeMillis: 50 } },
    );
    for (const step of ['1', '2', '3']) {
      await lastValueFrom(client.emit('mu-steps:go', new RocketMQRecordBuilder(step).setHashKey('order-1').build()));
    }
    await until(() => seen.includes('go 3'));
    expect(seen).toEqual(['try 1', 'go 1', 'try 2', 'try 2', 'go 2', 'try 3', 'go 3']);
  });
});

describe('requests', () => {
  it('get the value of the handler, the last of several, or its error', async () => {
    class NotSent {}
    const held: string[] = [];
    let release: () => void = () => undefined;
    @Controller()
    class Prices {
      @MessagePattern('mu-prices:ask')
      ask(@Payload() item: { name: string }, @Ctx() context: RocketMQContext): { item: string; cents: number; asked: boolean } {
        return { item: item.name, cents: item.name.length * 100, asked: context.isRequest() };
      }
      @MessagePattern('mu-prices:several')
      several(@Payload() text: string): Observable<string> {
        return of(`${text} 1`, `${text} 2`, `${text} 3`);
      }
      @MessagePattern('mu-prices:text')
      text(): string {
        return '42';
      }
      @MessagePattern('mu-prices:null')
      nothing(): null {
        return null;
      }
      @MessagePattern('mu-prices:void')
      void(): void {}
      @MessagePattern('mu-prices:rpc')
      rpc(): never {
        throw new RpcException({ status: 404, code: 'NO_PRICE', message: 'no such item' });
      }
      @MessagePattern('mu-prices:bug')
      bug(): never {
        throw new Error('secret detail');
      }
      @MessagePattern('mu-prices:map')
      map(): Map<string, string> {
        return new Map([['a', 'b']]);
      }
      @MessagePattern('mu-prices:dead')
      dead(): never {
        throw DeadLetter('cannot be priced');
      }
      @MessagePattern('mu-prices:later')
      later(@Ctx() context: RocketMQContext): unknown {
        return context.getReconsumeTimes() === 0 ? ReconsumeLater(1) : 'at last';
      }
      @MessagePattern('mu-prices:typed', { messageType: NotSent })
      typed(): string {
        return 'never called';
      }
      @EventPattern<string>('mu-prices:told')
      told(): void {}
      @MessagePattern('mu-prices:held')
      async held(): Promise<string> {
        held.push('asked');
        await new Promise<void>((resolve) => (release = resolve));
        return 'too late';
      }
      @MessagePattern('mu-prices:slow')
      slow(): Observable<never> {
        return new Observable(() => undefined);
      }
    }
    const client = await openTopics('mu-prices');
    await bootHybrid({ controllers: [Prices] }, { server: { consumerGroup: 'mu-pricer', awaitTerminationMillisWhenShutdown: 100 } });
    const ask = (tag: string, data: unknown = 'x'): Promise<unknown> =>
      firstValueFrom(client.send(`mu-prices:${tag}`, data), { defaultValue: 'no value' });

    expect(await ask('ask', { name: 'tea' })).toEqual({ item: 'tea', cents: 300, asked: true });
    expect(await lastValueFrom(client.send('mu-prices:several', 'price').pipe(toArray()))).toEqual(['price 3']);
    expect([await ask('text'), await ask('null'), await ask('void')]).toEqual(['42', null, 'no value']);
    const error = await ask('rpc').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RocketMQRemoteException);
    expect(error).toBeInstanceOf(RpcException);
    expect(error).toMatchObject({ message: 'no such item', status: 404, code: 'NO_PRICE' });
    expect((error as RpcException).getError()).toEqual({ status: 404, code: 'NO_PRICE', message: 'no such item' });
    await expect(ask('bug')).rejects.toMatchObject({ status: 'error', message: 'Internal server error' });
    await expect(ask('map')).rejects.toMatchObject({ status: 'error', message: expect.stringContaining('JSON knows no Map') });
    await expect(ask('dead')).rejects.toMatchObject({ status: 'error', message: 'cannot be priced' });
    expect(await ask('later')).toBe('at last');
    await expect(ask('typed', [1])).rejects.toMatchObject({ status: 'error', message: expect.stringContaining('NotSent') });
    await expect(ask('told')).rejects.toMatchObject({
      message: 'There is no matching message handler for "mu-prices:told" in group mu-pricer',
    });
    const slow = client.send('mu-prices:slow', new RocketMQRecordBuilder('x').setTimeout(300).build());
    await expect(firstValueFrom(slow)).rejects.toBeInstanceOf(ReplyTimeoutError);
    // After an unsubscribe nobody waits: the answer counts as one that came too late.
    const given = client.send('mu-prices:held', 'x').subscribe({ error: () => held.push('told') });
    await until(() => held.length > 0);
    given.unsubscribe();
    release();
    await until(() => client.unwrap().lateReplies === 1);
    expect(held).toEqual(['asked']);
    await expect(firstValueFrom(client.send('mu-prices:a || b', 'x'))).rejects.toThrow('a message has one tag');
    await expect(firstValueFrom(client.send({ cmd: 'sum' }, 'x'))).rejects.toThrow('names no topic');
  });

  it('go to and come from other kinds of RocketMQ applications', async () => {
    @RocketMQMessageListener({ topic: 'mu-stock', consumerGroup: 'mu-stock-group', selectorExpression: 'ask', messageType: Object })
    class Stock implements RocketMQReplyListener<object, number> {
      onRequest(item: object): number {
        return Object.keys(item).length;
      }
    }
    const seen: unknown[] = [];
    @Controller()
    class Mirror {
      @MessagePattern('mu-mirror:ask')
      ask(@Payload() data: { name: string }): unknown {
        seen.push(data);
        return { mirrored: data.name };
      }
      @EventPattern<string>('mu-mirror:bytes')
      bytes(@Payload() data: Buffer): void {
        seen.push(data);
      }
      @EventPattern<string>('mu-mirror:text')
      text(@Payload() data: string): void {
        seen.push(data);
      }
    }
    const client = await openTopics('mu-mirror', 'mu-stock');
    const app = await bootHybrid(
      {
        imports: [RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: 'mu-other' } })],
        controllers: [Mirror],
        providers: [Stock],
      },
      { server: { consumerGroup: 'mu-mirror-group' } },
    );
    const template = app.get(RocketMQTemplate);
    // As Java's sendAndReceive: a request with a payload, an answer that is one.
    const answer = await template.sendAndReceive('mu-mirror:ask', { name: 'x' }, { timeout: 5000 });
    expect(answer).toBeInstanceOf(MessageExt);
    expect((answer as MessageExt).text()).toBe('{"mirrored":"x"}');
    // A request that is none: handled, its answer dropped.
    await template.syncSend('mu-mirror:ask', { name: 'plain' });
    await template.syncSend('mu-mirror:bytes', Buffer.from([1, 2]));
    await template.syncSend('mu-mirror:text', 'words');
    await until(() => seen.length >= 4);
    expect(seen).toEqual(expect.arrayContaining([{ name: 'plain' }, Buffer.from([1, 2]), 'words']));
    // The answer of a listener has no content type.
    expect(await firstValueFrom(client.send('mu-stock:ask', { a: 1, b: 2 }))).toBe(2);
    const typed = new RocketMQRecordBuilder({ a: 1 }).setReplyType(String).build();
    expect(await firstValueFrom(client.send('mu-stock:ask', typed))).toBe('1');
    const asClass = new RocketMQRecordBuilder({ a: 1 }).setReplyType(class Price {}).build();
    await expect(firstValueFrom(client.send('mu-stock:ask', asClass))).rejects.toBeInstanceOf(MessageConversionError);
    // What an event is on the wire: the payload, and nothing of Nest.
    const received = await consumeAll('mu-mirror', 'mu-plain');
    client.emit('mu-mirror:wire', new RocketMQRecordBuilder({ id: 1 }).setHeaders({ traceparent: '00-1-2-01' }).build());
    await until(() => received.some(({ tags }) => tags === 'wire'));
    const wire = received.find(({ tags }) => tags === 'wire')!;
    expect(wire.text()).toBe('{"id":1}');
    expect([...wire.properties.keys()].filter((name) => /^[a-z]/.test(name)).toSorted()).toEqual(['contentType', 'traceparent']);
  });
});

describe('an application', () => {
  it('has clients of ClientsModule, request-scoped controllers, metadata of hooks, and leaves nothing open', async () => {
    const seen: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      constructor(@Inject(REQUEST) readonly request: { data: unknown; context: RocketMQContext }) {}
    }
    @Controller()
    class Scoped {
      constructor(private readonly tenant: Tenant) {}
      @EventPattern<string>('mu-scoped:told')
      told(@Payload() data: unknown): void {
        seen.push([this.tenant.request.data, data, this.tenant.request.context.getMetadata()['trace']]);
      }
      @EventPattern<string>('mu-scoped:told')
      toldAgain(): void {
        if (this.tenant.request.context.getReconsumeTimes() === 0) throw new Error('again');
      }
      @MessagePattern('mu-scoped:ask')
      ask(): string {
        return `tenant ${this.tenant.request.context.getProperty('tenant')}`;
      }
    }
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await (await openTopics('mu-scoped')).close();
    await until(() => sockets() <= 4);
    const before = sockets();

    const imports = [
      ClientsModule.register([
        { name: 'SHOP', customClass: ClientRocketMQ, options: { nameServer: cluster.nameServer, headers: { tenant: 'a' } } },
      ]),
    ];
    const app = await bootHybrid({ imports, controllers: [Scoped], providers: [Tenant] }, { server: { consumerGroup: 'mu-scoped-group' } });
    const client = app.get<ClientProxy>('SHOP');
    const states: string[] = [];
    client.status.subscribe((status) => void states.push(status));
    // Nest 12 only; this file runs with Nest 11 too.
    const hasHook = 'setOnDispatchHook' in client;
    if (hasHook) client.setOnDispatchHook((packet) => void (packet.metadata = { trace: 't1' }));
    client.emit('mu-scoped:told', { id: 1 });
    await until(() => seen.length >= 2);
    // Twice: the second handler failed the first delivery.
    expect(seen).toEqual([1, 2].map(() => [{ id: 1 }, { id: 1 }, hasHook ? 't1' : undefined]));
    expect(await firstValueFrom(client.send('mu-scoped:ask', 'x'))).toBe('tenant a');

    // Not waited for: closing does.
    client.emit('mu-scoped:last', 'words');
    await app.close();
    open.splice(0);
    expect(states).toEqual(['connecting', 'connected', 'disconnected']);
    expect(() => client.unwrap()).toThrow(NotStartedError);
    await until(() => sockets() <= before);
    const received = await consumeAll('mu-scoped', 'mu-scoped-check');
    await until(() => received.some(({ tags }) => tags === 'last'));
  });

  it('drains: handlers under way finish, and what is not done in time comes to the next', async () => {
    const seen: string[] = [];
    let finish: () => void = () => undefined;
    const controller = (): NonNullable<ModuleMetadata['controllers']>[number] => {
      @Controller()
      class Slow {
        @EventPattern<string>('mu-drain:x')
        async slow(@Payload() step: string, @Ctx() context: RocketMQContext): Promise<void> {
          seen.push(`begin ${step} ${context.getReconsumeTimes()}`);
          if (step === 'stuck' && seen.filter((line) => line.startsWith('begin stuck')).length === 1) {
            await new Promise((_resolve, reject) =>
              context.getSignal().addEventListener('abort', () => reject(context.getSignal().reason)),
            );
          }
          if (step === 'slow') await new Promise<void>((resolve) => (finish = resolve));
          seen.push(`end ${step}`);
        }
      }
      return Slow;
    };
    const client = await openTopics('mu-drain');
    const server = { consumerGroup: 'mu-drain-group', awaitTerminationMillisWhenShutdown: 10_000 };
    const first = await bootHybrid({ controllers: [controller()] }, { server });
    await lastValueFrom(client.emit('mu-drain:x', 'slow'));
    await until(() => seen.includes('begin slow 0'));
    const closed = first.close();
    finish();
    await closed;
    expect(seen).toEqual(['begin slow 0', 'end slow']);

    const second = await bootHybrid({ controllers: [controller()] }, { server: { ...server, awaitTerminationMillisWhenShutdown: 50 } });
    await lastValueFrom(client.emit('mu-drain:x', 'stuck'));
    await until(() => seen.includes('begin stuck 0'));
    await second.close();
    expect(seen).not.toContain('end stuck');
    await bootHybrid({ controllers: [controller()] }, { server });
    await until(() => seen.includes('end stuck'), 60_000);
  });

  it.each(['CONCURRENTLY', 'ORDERLY'] as const)('tells a handler that takes longer than consumeTimeout, %s', async (consumeMode) => {
    const topic = `mu-late-${consumeMode.toLowerCase()}`;
    const reasons: string[] = [];
    let begun = 0;
    @Controller()
    class Late {
      @EventPattern<string>(`${topic}:x`)
      async take(@Ctx() context: RocketMQContext): Promise<void> {
        begun++;
        await new Promise((resolve) => context.getSignal().addEventListener('abort', resolve));
        reasons.push(String(context.getSignal().reason));
      }
    }
    const client = await openTopics(topic);
    const clock = new VirtualClock(new SystemClock());
    const server = { consumerGroup: `${topic}-group`, consumeTimeout: 1, consumeMode, clock };
    const app = await bootHybrid({ controllers: [Late] }, { server });
    await lastValueFrom(client.emit(`${topic}:x`, 'slow'));
    await until(() => begun === 1);
    await clock.advance(120_000);
    await until(() => reasons.length > 0);
    expect(reasons[0]).toContain('longer than consumeTimeout, 1 min');
    await app.close();
  });

  it('is told of every wrong option and pattern at once, and may start in the background', async () => {
    @Controller()
    class Wrong {
      @MessagePattern({ cmd: 'sum' })
      sum(): void {}
      @MessagePattern('mu-wrong:a || b')
      first(): void {}
      @MessagePattern('mu-wrong:b')
      second(): void {}
      @EventPattern<string>('no topic!')
      third(): void {}
    }
    const providers: Provider[] = [];
    const error = await bootHybrid(
      { controllers: [Wrong], providers },
      { server: { consumerGroup: '', nameServer: 'nowhere', consumeThreadNumbr: 3 } as unknown as BootOptions['server'] },
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect((error as RocketMQConfigurationError).details.map(({ option }) => option)).toEqual([
      'consumeThreadNumbr',
      'nameServer',
      'consumerGroup',
      'pattern {"cmd":"sum"}',
      'pattern "no topic!"',
      'pattern mu-wrong:b',
    ]);
    expect(() =>
      ClientsModule.register([{ name: 'X', customClass: ClientRocketMQ, options: { nameServr: 'a:1', requestTimeout: 0 } }]),
    ).toThrow(/3 options are wrong[^]*nameServr[^]*nameServer: is missing[^]*requestTimeout/);

    @Controller()
    class Late {
      @EventPattern<string>('mu-late:on')
      late(@Payload() data: string): void {
        heard.push(data);
      }
    }
    const heard: string[] = [];
    const client = await openTopics('mu-late');
    let starts = 0;
    const strategy = new ServerRocketMQ({
      nameServer: cluster.nameServer,
      consumerGroup: 'mu-late-group',
      startup: 'background',
      prepareStart: () => {
        if (++starts === 1) throw new Error('not yet');
      },
    });
    const errors: unknown[] = [];
    const states: string[] = [];
    strategy.on('error', (reason) => void errors.push(reason));
    const hooks: unknown[] = [];
    strategy.setOnProcessingStartHook((transport, context, done) => {
      hooks.push(['begin', transport, context instanceof RocketMQContext]);
      void done();
    });
    strategy.setOnProcessingEndHook((transport) => void hooks.push(['end', transport, heard.length]));
    strategy.status.subscribe((status) => void states.push(status));
    @Module({ controllers: [Late] })
    class LateModule {}
    const app = await NestFactory.createMicroservice(LateModule, { strategy, logger, abortOnError: false });
    open.push(app);
    await app.listen();
    expect(app.unwrap<{ consumer: unknown }>().consumer).toBeUndefined();
    await until(() => starts === 2);
    await lastValueFrom(client.emit('mu-late:on', 'heard'));
    await until(() => heard.includes('heard'));
    await until(() => hooks.length === 2);
    expect(hooks).toEqual([
      ['begin', ROCKETMQ_TRANSPORT, true],
      ['end', ROCKETMQ_TRANSPORT, 1],
    ]);
    expect(errors).toEqual([new Error('not yet')]);
    expect(states).toEqual(['connecting', 'disconnected', 'connected']);
    expect(app.unwrap<{ consumer: unknown }>().consumer).toBeInstanceOf(DefaultMQPushConsumer);
  });
});
