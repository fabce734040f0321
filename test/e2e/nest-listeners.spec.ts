// Listeners the Nest way over a real cluster in virtual time: what surrounds handlers, methods by tag, batches, limits of time, and what is told at boot.
import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type Provider,
  Scope,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { IsInt, IsString } from 'class-validator';
import {
  type BatchContext,
  type BatchResult,
  type ConsumeInterceptor,
  type ConsumeVerdict,
  Ctx,
  currentMessageContext,
  DeadLetter,
  type Delivery,
  Headers,
  isRocketMQContext,
  Message,
  type MessageContext,
  MessageExt,
  OnMessage,
  Payload,
  ReconsumeLater,
  RocketMQConfigurationError,
  RocketMQExecutionContext,
  RocketMQInterceptor,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { RocketMQTesting, RocketMQTestingModule } from 'nest-rocketmq/testing';
import { SystemClock, VirtualClock } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { until } from '../support/until.js';

class Order {
  @IsString() id!: string;
  @IsInt() amount!: number;
}

/** What happened, in order. */
@Injectable()
class Ledger {
  readonly lines: string[] = [];
}

@Injectable()
class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (!isRocketMQContext(context)) throw new Error('only HTTP has headers');
    return RocketMQExecutionContext.create(context).isBatch() || currentMessageContext()!.keys[0] !== 'forbidden';
  }
}

@Injectable()
class Around implements NestInterceptor {
  constructor(private readonly ledger: Ledger) {}
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.ledger.lines.push(`around ${currentMessageContext()!.keys.join()}`);
    return next.handle();
  }
}

@Injectable({ scope: Scope.REQUEST })
class Customer {
  constructor(@Inject(REQUEST) readonly message: MessageExt) {}
}

@RocketMQMessageListener({ topic: 'shop', consumerGroup: 'stock', refusedMessage: 'DEAD_LETTER' })
class Stock {
  constructor(
    private readonly ledger: Ledger,
    private readonly customer: Customer,
  ) {}

  @OnMessage('paid || shipped')
  @UseInterceptors(Around)
  @UsePipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
  onPaid(@Payload() order: Order, @Message() message: MessageExt, @Headers('KEYS') keys: string, @Ctx() context: MessageContext): void {
    const same = this.customer.message === message && context.message === message && order instanceof Order;
    this.ledger.lines.push(`${context.tags} ${order.id} ${keys} ${same}`);
  }

  @OnMessage('cancelled', { messageType: z.object({ id: z.string() }) })
  async onCancelled(@Payload('id') id: string): Promise<void> {
    await Promise.resolve();
    this.ledger.lines.push(`cancelled ${id} ${currentMessageContext()!.reconsumeTimes}`);
    if (currentMessageContext()!.reconsumeTimes === 0) throw ReconsumeLater(1);
  }
}

@RocketMQMessageListener({
  topic: 'shop',
  consumerGroup: 'stock-2',
  selectorExpression: 'slow',
  consumeTimeout: 1,
  applyGlobalEnhancers: false,
})
class Slow {
  readonly runs: Array<{ context: MessageContext; end(): void }> = [];
  onMessage(_message: MessageExt, context: MessageContext): Promise<void> {
    void context.signal;
    return new Promise((resolve, reject) => {
      this.runs.push({ context, end: () => (context.reconsumeTimes === 0 ? reject(new Error('late')) : resolve()) });
    });
  }
}

const bulk = {
  topic: 'shop',
  messageType: Order,
  consumeMessageBatchMaxSize: 8,
  consumeThreadNumber: 1,
  selectorExpression: 'bulk',
} as const;

abstract class Recording {
  readonly calls: string[] = [];
  readonly handled: string[] = [];

  async onMessages(orders: Order[], context: BatchContext): Promise<BatchResult[]> {
    this.calls.push(orders.map(({ id }) => id).join(''));
    expect(context.items.map(({ message }) => message.json<Order>().id)).toEqual(orders.map(({ id }) => id));
    return orders.map(({ id }, index) => {
      const first = context.items[index]!.reconsumeTimes === 0;
      if (id === 'b' && first) return ReconsumeLater(2);
      if (id === 'c') return DeadLetter('bad');
      if (id === 'e' && first) return new Error('no');
      this.handled.push(id);
      return undefined;
    });
  }
}

@RocketMQMessageListener({ ...bulk, consumerGroup: 'bulk' })
class Bulk extends Recording {}

@RocketMQMessageListener({ ...bulk, consumerGroup: 'bulk-orderly', consumeMode: 'ORDERLY', suspendCurrentQueueTimeMillis: 5000 })
class BulkInOrder extends Recording {}

@RocketMQInterceptor()
class Counting implements ConsumeInterceptor {
  readonly seen: string[] = [];
  async interceptConsume({ context, handler, listener }: Delivery, next: () => Promise<ConsumeVerdict>): Promise<ConsumeVerdict> {
    expect(currentMessageContext()).toBe(context);
    const { kind } = await next().then((verdict) => verdict);
    this.seen.push(`${listener.className}.${handler} ${kind}`);
    return kind === 'CONSUMED' ? { kind } : { kind, delayLevel: 0 };
  }
}

const forRoot = () => RocketMQModule.forRoot({ nameServer: 'rocketmq.internal:9876', producer: { group: 'shop' } });

async function boot(providers: Provider[]): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    imports: [forRoot(), RocketMQTestingModule.forRoot()],
    providers: [Ledger, Customer, ...providers],
  }).compile();
  app.useLogger(false);
  await app.init();
  return app;
}

describe('Listeners in an application', () => {
  let app: TestingModule;
  let rocketmq: RocketMQTesting;
  let template: RocketMQTemplate;
  let ledger: Ledger;

  beforeAll(async () => {
    app = await boot([Stock, Bulk, BulkInOrder, { provide: APP_GUARD, useClass: ApiKeyGuard }]);
    rocketmq = app.get(RocketMQTesting);
    template = app.get(RocketMQTemplate);
    ledger = app.get(Ledger);
  });
  afterEach(() => {
    rocketmq.reset();
    ledger.lines.length = 0;
  });
  afterAll(async () => app?.close());

  it('get their tags through guards, interceptors and pipes, made for each message', async () => {
    await template.syncSend('shop:paid', { id: 'o1', amount: 1 }, { keys: 'k1' });
    await template.syncSend('shop:shipped', { id: 'o2', amount: 2 }, { keys: 'k2' });
    await template.syncSend('shop:unheard', 'nobody asked for it', { keys: 'k3' });
    await rocketmq.settled();
    expect(ledger.lines.toSorted()).toEqual(['around k1', 'around k2', 'paid o1 k1 true', 'shipped o2 k2 true']);
    await rocketmq.expectMessage('shop', { tag: 'unheard' }).notToBeDeliveredTo(Stock);
  });

  it('dead-letter at once what a pipe, a type or a guard refuses, without calling the handler', async () => {
    await template.syncSend('shop:paid', { id: 'o1', amount: 1, more: true }, { keys: 'pipe' });
    await template.syncSend('shop:paid', { id: 1 }, { keys: 'type' });
    await template.syncSend('shop:cancelled', { number: 1 }, { keys: 'schema' });
    await template.syncSend('shop:paid', { id: 'o1', amount: 1 }, { keys: 'forbidden' });
    await rocketmq.settled();
    const paid = rocketmq.expectMessage('shop', { tag: 'paid' });
    const dead = [
      ...(await paid.toBeDeadLetteredBy(Stock)),
      ...(await rocketmq.expectMessage('shop', { tag: 'cancelled' }).toBeDeadLetteredBy(Stock)),
    ];
    expect(dead.map(({ keys }) => keys).toSorted()).toEqual(['forbidden', 'pipe', 'schema', 'type']);
    expect(ledger.lines).toEqual(['around pipe']);
  });

  it('come again with the context of each attempt', async () => {
    await template.syncSend('shop:cancelled', { id: 'o3' });
    await rocketmq.clock.advance('5s');
    expect(ledger.lines).toEqual(['cancelled o3 0', 'cancelled o3 1']);
  });

  it('get batches, and each message of them goes its own way', async () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, amount: id === 'd' ? 1.5 : 1 }));
    await template.sendBatch('shop:bulk', all);
    await rocketmq.clock.advance('2m');
    const { calls, handled } = app.get(Bulk);
    expect(calls[0]).toBe('abcef');
    expect(calls.slice(1).join('')).toBe('be');
    expect(handled).toEqual(['a', 'f', 'b', 'e']);
    await rocketmq.expectMessage('shop', { tag: 'bulk' }).toBeDeadLetteredBy(Bulk, { times: 2 });
  });

  it('get batches in order: those that failed come again first, the others are done', async () => {
    const orderly = app.get(BulkInOrder);
    expect(orderly.calls).toEqual(['abcef', 'be']);
    expect(orderly.handled).toEqual(['a', 'f', 'b', 'e']);
    await template.sendBatch(
      'shop:bulk',
      ['g', 'b', 'h'].map((id) => ({ id, amount: 1 })),
    );
    await until(() => orderly.calls.length === 3);
    expect(orderly.handled.slice(4)).toEqual(['g', 'h']);
    await template.sendBatch('shop:bulk', [{ id: 'i', amount: 1 }]);
    await rocketmq.clock.advance('20s');
    expect(orderly.handled.slice(4).toSorted()).toEqual(['b', 'g', 'h', 'i']);
  });
});

describe('Interceptors of a connection', () => {
  it('stand around each message, those of a batch too', async () => {
    const app = await boot([Bulk, Counting]);
    try {
      const rocketmq = app.get(RocketMQTesting);
      await app.get(RocketMQTemplate).sendBatch(
        'shop:bulk',
        ['a', 'b', 'c'].map((id) => ({ id, amount: 1 })),
      );
      await rocketmq.settled();
      const verdicts = ['Bulk.onMessages AGAIN', 'Bulk.onMessages AGAIN', 'Bulk.onMessages CONSUMED'];
      expect(app.get(Counting).seen.slice(0, 3).toSorted()).toEqual(verdicts);
    } finally {
      await app.close();
    }
  });
});

describe('A handler that takes longer than consumeTimeout', () => {
  it('is told, gets the message once more, and is not listened to any longer', async () => {
    const clock = new VirtualClock(new SystemClock());
    const cluster = await EmbeddedRocketMQ.start({ clock });
    await cluster.createTopics(['shop']);
    const app = await Test.createTestingModule({
      imports: [RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: 'shop' }, clock })],
      providers: [Slow],
    }).compile();
    app.useLogger(false);
    try {
      await app.init();
      const { runs } = app.get(Slow);
      await app.get(RocketMQTemplate).syncSend('shop:slow', 'x');
      await until(() => runs.length === 1);
      await clock.advance(50_000);
      expect(runs[0]!.context.signal.aborted).toBe(false);
      await clock.advance(70_000);
      await until(() => runs[0]!.context.signal.aborted);
      expect(String(runs[0]!.context.signal.reason)).toContain('longer than consumeTimeout, 1 min');
      await clock.advance(10_000);
      await until(() => runs.length === 2);
      expect(runs.map(({ context }) => context.reconsumeTimes)).toEqual([0, 1]);
      for (const { end } of runs) end();
      await clock.advance(600_000);
      expect(runs).toHaveLength(2);
    } finally {
      await app.close();
      await cluster.stop();
    }
  });
});

describe('What is wrong with listeners', () => {
  it('is told at boot, all of it', async () => {
    @RocketMQMessageListener({ topic: 't', consumerGroup: 'a' } as never)
    class Silent {
      readonly other = 1;
    }
    @RocketMQMessageListener({ topic: 't', consumerGroup: 'b' })
    class Torn {
      onMessage(_message: MessageExt): void {}
      onMessages(_messages: MessageExt[]): void {}
      @OnMessage('x') onX(): void {}
    }
    @RocketMQMessageListener({ topic: '${shop.topic:t}', consumerGroup: 'c', selectorExpression: 'x || y' })
    class Tags {
      @OnMessage({ topic: '${shop.topic:t}', tag: 'x' }) one(): void {}
      @OnMessage('x | z') two(): void {}
      @OnMessage('${shop.nowhere}') three(): void {}
    }
    @RocketMQMessageListener({ topic: 't', consumerGroup: 'd' })
    class Prepares {
      constructor(readonly customer: Customer) {}
      onMessage(_message: MessageExt): void {}
      prepareStart(): void {}
    }
    @UseGuards(ApiKeyGuard)
    @RocketMQMessageListener({ topic: 't', consumerGroup: 'e', consumeMessageBatchMaxSize: 64, refusedMessage: 'LATER' as never })
    class Guarded {
      onMessages(_messages: MessageExt[]): void {}
    }
    const app = await Test.createTestingModule({
      imports: [RocketMQModule.forRoot({ nameServer: '127.0.0.1:1' })],
      providers: [Customer, Silent, Torn, Tags, Prepares, { provide: 'guarded', useFactory: () => new Guarded() }],
    }).compile();
    const error: unknown = await app.init().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RocketMQConfigurationError);
    expect((error as RocketMQConfigurationError).details.map(({ where, option }) => `${where}: ${option}`).toSorted()).toEqual(
      [
        'Guarded: @UseGuards(ApiKeyGuard)',
        'Guarded: consumeMessageBatchMaxSize',
        'Guarded: refusedMessage',
        'Prepares: prepareStart',
        // Nobody listens there.
        'RocketMQModule "default": nameServer',
        'Silent: onMessage',
        'Tags: @OnMessage on three, 3.tag',
        'Tags: @OnMessage on two',
        'Torn: onMessage',
      ].toSorted(),
    );
  });
});
