// Handlers as Nest calls them: what stands around them, what their parameters get, whom they belong to. Each delivery goes from a message to its verdict.
import { jest } from '@jest/globals';
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  type Provider,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  ContextIdFactory,
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  ModuleRef,
  REQUEST,
} from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsInt, IsString } from 'class-validator';
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { MessageExt } from 'rocketmq-core/message';
import { catchError, concat, EMPTY, map, type Observable, of, retry, throwError } from 'rxjs';
import { receivedMessage } from '../../../../test/support/received-message.js';
import {
  type BatchContext,
  type BatchResult,
  Ctx,
  currentBatchContext,
  currentMessageContext,
  DeadLetter,
  Headers,
  isRocketMQContext,
  type ListenerDefinition,
  type MessageContext,
  Message,
  OnMessage,
  Payload,
  ReconsumeLater,
  RocketMQExecutionContext,
  RocketMQMessageListener,
  type RocketMQMessageListenerOptions,
  type RuntimeListener,
} from '../listener/index.js';
import { createMessagesHandler, type MessagesHandler } from '../listener/messages-handler.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { type FoundListener, ListenerExplorer } from './listener-explorer.js';
import { getRocketMQOptionsToken } from './tokens.js';

class Order {
  @IsString() id!: string;
  @IsInt() amount!: number;
}

const base = { topic: 'orders', consumerGroup: 'billing' } as const;
const GOOD = '{"id":"o1","amount":7}';

/** Every listener among `providers` gets the message; the verdict is that of the last. */
async function setUp(providers: Provider[], prepare: (app: { useGlobalPipes(pipe: PipeTransform): void }) => void = () => {}) {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [{ provide: getRocketMQOptionsToken(), useValue: {} }, ...providers],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  prepare(app);
  const lines: string[] = [];
  const services = {
    clock: new ManualClock(),
    converter: new DefaultMessageConverter(),
    sendReply: () => Promise.resolve(),
    logger: { ...silentLogger, warn: (line: string) => void lines.push(line) },
  };
  const explorer = new ListenerExplorer(module.get(DiscoveryService), module.get(ModuleRef));
  const found = explorer.find('default');
  const handlerOf = (of: FoundListener | undefined) => createMessagesHandler(of!.definition, services);
  const handle = found.length === 0 ? undefined : await handlerOf(found[0]);
  const give = async (to: MessagesHandler, message: MessageExt): Promise<string> => {
    const [verdict] = await to([message], () => new AbortController().signal);
    return verdict!.kind === 'CONSUMED' ? 'consumed' : `again ${verdict!.delayLevel}`;
  };
  return {
    definition: found[0]?.definition as ListenerDefinition,
    define: (options: RocketMQMessageListenerOptions, listener: RuntimeListener<never>) =>
      explorer.describe(options, listener, () => false),
    async deliverAll(bodies: readonly string[]): Promise<string[]> {
      const messages = bodies.map((body) => receivedMessage({ body }));
      for (const [index, message] of messages.entries()) message.properties.set('KEYS', `k${index}`);
      const verdicts = await handle!(messages, () => new AbortController().signal);
      return verdicts.map((verdict) => (verdict.kind === 'CONSUMED' ? 'consumed' : `again ${verdict.delayLevel}`));
    },
    deliverTo: async (to: FoundListener | undefined, body: string) => give(await handlerOf(to), receivedMessage({ body })),
    problems: found.flatMap((each) => each.problems ?? []),
    module,
    lines,
    async deliver(body: string | MessageExt, tags?: string): Promise<string> {
      const message = typeof body === 'string' ? receivedMessage({ body }) : body;
      if (tags !== undefined) message.properties.set('TAGS', tags);
      message.properties.set('KEYS', 'k1');
      return give(handle!, message);
    },
  };
}

@Injectable()
class Seen {
  readonly events: string[] = [];
}

const deny: CanActivate = { canActivate: () => false };

describe('A listener without anything around it', () => {
  it('is called directly: Nest is not asked', async () => {
    const seen: unknown[][] = [];
    @RocketMQMessageListener({ ...base, messageType: Object })
    class Plain {
      onMessage(...given: [object, MessageContext]): void {
        seen.push(given, [(new Error('here').stack ?? '').includes('external-context-creator')]);
      }
    }
    const { deliver } = await setUp([Plain]);
    expect(await deliver(GOOD)).toBe('consumed');
    expect(seen).toEqual([[{ id: 'o1', amount: 7 }, expect.objectContaining({ keys: ['k1'] })], [false]]);
  });

  it.each([
    ['a value', of(1), 'consumed'],
    ['an outcome', of(DeadLetter('bad')), 'again -1'],
    ['nothing', EMPTY, 'consumed'],
    ['an error', throwError(() => new Error('no')), 'again 0'],
  ])('may return an Observable that ends with %s', async (_case, said, verdict) => {
    @RocketMQMessageListener(base)
    class Reactive {
      onMessage(_message: MessageExt): void {
        return said as unknown as void;
      }
    }
    @UseInterceptors({ intercept: (_context: ExecutionContext, next: CallHandler) => next.handle() })
    @RocketMQMessageListener(base)
    class Intercepted extends Reactive {}
    expect([await (await setUp([Reactive])).deliver('x'), await (await setUp([Intercepted])).deliver('x')]).toEqual([verdict, verdict]);
  });

  it('of scope TRANSIENT is made once, with what it injects', async () => {
    const made: unknown[] = [];
    @RocketMQMessageListener(base)
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      constructor(private readonly seen: Seen) {
        made.push(this);
      }
      onMessage(message: MessageExt): void {
        this.seen.events.push(message.text());
      }
    }
    const { deliver, module } = await setUp([Seen, Transient]);
    await deliver('a');
    await deliver('b');
    expect([module.get(Seen).events, made.length]).toEqual([['a', 'b'], 1]);
  });
});

describe('Parameters', () => {
  const Amount = createParamDecorator((data: string, context: ExecutionContext) => {
    expect(isRocketMQContext(context)).toBe(true);
    const rocketmq = RocketMQExecutionContext.create<Order>(context);
    return `${data}${rocketmq.getPayload().amount}${rocketmq.getMessage().keys}${context.getClass().name}.${context.getHandler().name}`;
  });

  it('get payload, property, message, headers and context, and those of createParamDecorator', async () => {
    let seen: unknown[] = [];
    @RocketMQMessageListener(base)
    class Decorated {
      @OnMessage()
      any(
        @Amount('=') amount: string,
        @Payload() order: Order,
        @Payload('id') id: string,
        @Message() message: MessageExt,
        @Headers('KEYS') keys: string,
        @Headers() all: Record<string, string>,
        @Ctx() context: MessageContext,
        @Headers('count', ParseIntPipe) count: number,
      ): void {
        seen = [amount, order, id, message.text(), keys, all['KEYS'], context.message === message, count];
        expect(currentMessageContext()).toBe(context);
      }
    }
    const { deliver } = await setUp([Decorated]);
    const message = receivedMessage({ body: GOOD });
    message.properties.set('count', '12');
    expect(await deliver(message)).toBe('consumed');
    expect(seen).toEqual(['=7k1Decorated.any', { id: 'o1', amount: 7 }, 'o1', GOOD, 'k1', 'k1', true, 12]);
    expect(seen[1]).toBeInstanceOf(Order);
    // The declared class is the payload's type, where the compiler tells it.
    expect(await deliver('{"id":1}')).toBe('again -1');
  });

  it('are those of the class, not of another of its name, which Nest 11 cannot tell apart', async () => {
    const seen: unknown[] = [];
    const [first, second] = [
      (() => {
        @RocketMQMessageListener({ ...base, id: 'first' })
        class Listener {
          @OnMessage()
          take(@Headers('KEYS') key: string): void {
            seen.push(key);
          }
        }
        return Listener;
      })(),
      (() => {
        @RocketMQMessageListener({ ...base, id: 'second' })
        class Listener {
          @OnMessage()
          take(@Payload('id') id: string): void {
            seen.push(id);
          }
        }
        return Listener;
      })(),
    ];
    const { module, define, deliverTo } = await setUp([first, second]);
    const byName = new Map<string, unknown>();
    const keyOf = (instance: object, method: string): string => instance.constructor.name + method;
    Object.assign(module.get(ExternalContextCreator, { strict: false }), {
      handlerMetadataStorage: {
        get: (instance: object, method: string) => byName.get(keyOf(instance, method)),
        set: (instance: object, method: string, found: unknown) => void byName.set(keyOf(instance, method), found),
      },
    });
    for (const type of [first, second]) await deliverTo(define(base, type as never), GOOD);
    expect(seen).toEqual([undefined, 'o1']);
  });

  it('take the payload as parsed JSON when nothing says its type', async () => {
    let seen: unknown;
    @RocketMQMessageListener(base)
    class Untyped {
      @OnMessage() any(@Payload() value: { id: string }): void {
        seen = value;
      }
    }
    const { deliver, definition } = await setUp([Untyped]);
    await deliver('{"id":1}');
    expect([seen, definition.handlers[0]!.messageType]).toEqual([{ id: 1 }, Object]);
  });
});

describe('Pipes', () => {
  it('are validated against: a ValidationPipe refuses what does not fit, and that is an invalid message', async () => {
    const seen: unknown[] = [];
    @UsePipes(new ValidationPipe({ forbidNonWhitelisted: true, whitelist: true }))
    @RocketMQMessageListener({ ...base, messageType: Order })
    class Strict {
      onMessage(order: Order): void {
        seen.push(order);
      }
    }
    const { deliver, lines } = await setUp([Strict]);
    expect(await deliver(GOOD)).toBe('consumed');
    expect(await deliver('{"id":"o1","amount":7,"extra":1}')).toBe('again -1');
    expect(seen).toHaveLength(1);
    expect(lines.at(-1)).toContain('payload refused (DEAD_LETTER): Bad Request Exception');
  });

  it('leave a message that is no payload alone', async () => {
    const seen: unknown[] = [];
    @UsePipes(new ValidationPipe({ whitelist: true, transform: true }))
    @RocketMQMessageListener(base)
    class Raw {
      onMessage(message: MessageExt): void {
        seen.push(message.text());
      }
    }
    const { deliver } = await setUp([Raw]);
    expect([await deliver('x'), seen]).toEqual(['consumed', ['x']]);
  });

  it('know the type of a plain method: Nest warns of nothing', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    @UsePipes(new ValidationPipe({ validateCustomDecorators: true, forbidUnknownValues: true }))
    @RocketMQMessageListener(base)
    class Raw {
      onMessage(_message: MessageExt, _context: MessageContext): void {}
    }
    const { deliver } = await setUp([Raw]);
    expect(await deliver('no json')).toBe('consumed');
    expect(warn.mock.calls).toEqual([]);
    warn.mockRestore();
  });

  it('that fail for another reason, and a handler that throws the same, are failures', async () => {
    @RocketMQMessageListener({ ...base, messageType: Object })
    class Throws {
      @UsePipes({
        transform: (value: { pipe?: boolean }) => {
          if (value.pipe) throw new Error('database is gone');
          return value;
        },
      })
      onMessage(_order: object): void {
        throw new BadRequestException();
      }
    }
    const { deliver } = await setUp([Throws]);
    expect([await deliver('{"pipe":true}'), await deliver('{}')]).toEqual(['again 0', 'again 0']);
  });

  it('may be global: by provider and by app.useGlobalPipes', async () => {
    const seen: unknown[] = [];
    const plusOne = (name: string): PipeTransform => ({
      transform: (value: object, { type }) => (type === 'body' ? { ...value, [name]: true } : value),
    });
    @RocketMQMessageListener({ ...base, messageType: Object })
    class Listener {
      onMessage(order: object): void {
        seen.push(order);
      }
    }
    const { deliver } = await setUp([Listener, { provide: APP_PIPE, useValue: plusOne('a') }], (app) => app.useGlobalPipes(plusOne('b')));
    await deliver('{}');
    expect(seen).toEqual([{ a: true, b: true }]);
  });

  it('apply to a function given at run time, as do guards', async () => {
    const seen: unknown[] = [];
    const guard: CanActivate = { canActivate: (context) => context.getClass().name === 'count' };
    const { define, deliverTo } = await setUp([Order, { provide: APP_GUARD, useValue: guard }], (app) =>
      app.useGlobalPipes({ transform: (value: unknown, { type }) => (type === 'body' ? [value] : value) }),
    );
    const count = (payload: unknown, context: MessageContext): void => {
      seen.push([payload, context.message.text()]);
      if (payload instanceof Array && seen.length > 1) throw new ForbiddenException();
    };
    const found = define({ ...base, messageType: String, refusedMessage: 'DISCARD' }, count);
    expect([await deliverTo(found, 'x'), await deliverTo(found, 'y')]).toEqual(['consumed', 'again 0']);
    expect(seen).toEqual([
      [['x'], 'x'],
      [['y'], 'y'],
    ]);
    const other = define({ ...base, messageType: String, refusedMessage: 'DISCARD' }, { onMessage: count } as never);
    expect([await deliverTo(other, 'z'), seen.length]).toEqual(['consumed', 2]);
  });

  it('are told apart when an interceptor tries again', async () => {
    let calls = 0;
    @UseInterceptors({ intercept: (_context: ExecutionContext, next: CallHandler) => next.handle().pipe(retry(2)) })
    @RocketMQMessageListener({ ...base, messageType: Object })
    class Retried {
      @UsePipes({
        transform: (value: unknown, { type }: ArgumentMetadata) => {
          if (type === 'body' && ++calls === 3) throw new BadRequestException('third');
          return value;
        },
      })
      onMessage(_order: object): void {
        throw new Error('no');
      }
    }
    const { deliver } = await setUp([Retried]);
    expect([await deliver('{}'), calls]).toEqual(['again -1', 3]);
  });
});

describe('Guards', () => {
  @Injectable()
  class Deny implements CanActivate {
    constructor(private readonly seen: Seen) {}
    canActivate(context: ExecutionContext): boolean {
      this.seen.events.push(`${context.getType()} ${context.getClass().name}.${context.getHandler().name}`);
      return false;
    }
  }

  it.each([
    [undefined, 'again 0'],
    ['DEAD_LETTER' as const, 'again -1'],
    ['DISCARD' as const, 'consumed'],
  ])('that refuse follow refusedMessage %p', async (refusedMessage, verdict) => {
    @UseGuards(Deny)
    @RocketMQMessageListener({ ...base, refusedMessage })
    class Guarded {
      onMessage(_message: MessageExt): void {
        throw new Error('reached');
      }
    }
    const { deliver, lines, module, problems } = await setUp([Seen, Guarded]);
    expect(problems).toEqual([]);
    expect(await deliver('x')).toBe(verdict);
    expect(module.get(Seen).events).toEqual(['rocketmq Guarded.onMessage']);
    expect(lines[0]).toContain(
      `refused by a guard (${refusedMessage ?? 'RETRY'}): Forbidden resource; a guard made for HTTP lets messages pass`,
    );
  });

  it('are told from a handler that throws the same', async () => {
    @RocketMQMessageListener({ ...base, refusedMessage: 'DISCARD' })
    class Guarded {
      @UseGuards({ canActivate: () => true })
      onMessage(_message: MessageExt): void {
        throw new ForbiddenException();
      }
    }
    expect(await (await setUp([Guarded])).deliver('x')).toBe('again 0');
  });

  it('may be global, and kept away', async () => {
    @RocketMQMessageListener(base)
    class Refused {
      onMessage(_message: MessageExt): void {}
    }
    @RocketMQMessageListener({ ...base, applyGlobalEnhancers: false })
    class Free {
      onMessage(_message: MessageExt): void {}
    }
    @UseInterceptors({ intercept: (_context: ExecutionContext, next: CallHandler) => next.handle() })
    @RocketMQMessageListener({ ...base, applyGlobalEnhancers: false })
    class FreeWithOwn {
      onMessage(_message: MessageExt): void {}
    }
    const global = [Seen, { provide: APP_GUARD, useClass: Deny }];
    expect(await (await setUp([...global, Refused])).deliver('x')).toBe('again 0');
    expect(await (await setUp([...global, Free])).deliver('x')).toBe('consumed');
    expect(await (await setUp([...global, FreeWithOwn])).deliver('x')).toBe('consumed');
  });

  it('that Nest would leave out without a word are told at boot', async () => {
    @UseGuards(Deny, deny)
    @RocketMQMessageListener(base)
    class Lost {
      onMessage(_message: MessageExt): void {}
    }
    const { problems } = await setUp([Seen, { provide: 'lost', useFactory: () => new Lost() }]);
    expect(problems).toEqual([
      {
        where: 'Lost',
        option: '@UseGuards(Deny)',
        problem: 'has no effect, as the listener is no provider under its own class',
        remedy: 'List Lost itself in the providers, or give an instance: @UseGuards(new Deny()).',
      },
    ]);
  });
});

describe('Interceptors', () => {
  @Injectable()
  class Note implements NestInterceptor {
    constructor(private readonly seen: Seen) {}
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      expect(currentMessageContext()).toBe(RocketMQExecutionContext.create(context).getContext());
      this.seen.events.push('in');
      return next.handle().pipe(map((value: unknown) => (value === 'bad' ? DeadLetter('changed') : value)));
    }
  }

  it('stand around the handler, and what they make of its answer counts', async () => {
    @RocketMQMessageListener({ ...base, messageType: String })
    class Intercepted {
      @UseInterceptors(Note)
      onMessage(text: string): void {
        return text as unknown as void;
      }
    }
    const { deliver, module } = await setUp([Seen, Intercepted, { provide: APP_INTERCEPTOR, useClass: Note }]);
    expect([await deliver('good'), await deliver('bad')]).toEqual(['consumed', 'again -1']);
    expect(module.get(Seen).events).toEqual(['in', 'in', 'in', 'in']);
  });

  it('that wrap every answer, as those made for HTTP do, wrap no decision', async () => {
    const wrap = { intercept: (_context: ExecutionContext, next: CallHandler) => next.handle().pipe(map((data: unknown) => ({ data }))) };
    const replied: unknown[] = [];
    @RocketMQMessageListener({ ...base, messageType: String })
    class One {
      onMessage(text: string): ReconsumeLater | void {
        if (text === 'later') return ReconsumeLater(3);
      }
    }
    @RocketMQMessageListener({ ...base, messageType: String })
    class Bulk {
      onMessages(texts: string[]): Array<Error | undefined> {
        replied.push(texts);
        return texts.map((text) => (text === 'bad' ? new Error('no') : undefined));
      }
    }
    const wrapping = { provide: APP_INTERCEPTOR, useValue: wrap };
    const one = await setUp([One, wrapping]);
    expect([await one.deliver('later'), await one.deliver('now')]).toEqual(['again 3', 'consumed']);
    const { deliverAll } = await setUp([Bulk, wrapping]);
    expect(await deliverAll(['good', 'bad'])).toEqual(['consumed', 'again 0']);
    expect(replied).toEqual([['good', 'bad']]);
  });

  it('that make plain objects of every answer lose no decision: of an Observable, of each message of a batch, and only the last one said', async () => {
    const plain = (said: unknown): unknown =>
      typeof said === 'object' && said !== null
        ? Object.fromEntries(Object.entries(said).map(([name, value]) => [name, plain(value)]))
        : said;
    const serialize = {
      intercept: (_context: ExecutionContext, next: CallHandler) =>
        next.handle().pipe(map((said: unknown) => (Array.isArray(said) ? said.map(plain) : plain(said)))),
    };
    @RocketMQMessageListener({ ...base, messageType: String })
    class Streaming {
      @OnMessage() begin(): Observable<unknown> {
        return of('begun', ReconsumeLater(3));
      }
    }
    @RocketMQMessageListener({ ...base, messageType: String })
    class Bulk {
      async onMessages(texts: string[]): Promise<BatchResult[]> {
        return [
          new Error('no'),
          ReconsumeLater(4),
          ...(await Promise.allSettled([Promise.reject(new Error('no')), Promise.resolve(DeadLetter('bad'))])),
          ...texts.slice(4).map(() => undefined),
        ];
      }
    }
    const serializing = { provide: APP_INTERCEPTOR, useValue: serialize };
    expect(await (await setUp([Streaming, serializing])).deliver('x')).toBe('again 3');
    const { deliverAll } = await setUp([Bulk, serializing]);
    expect(await deliverAll(['a', 'b', 'c', 'd', 'e'])).toEqual(['again 0', 'again 4', 'again 0', 'again -1', 'consumed']);

    let calls = 0;
    @RocketMQMessageListener({ ...base, messageType: String })
    class Recovering {
      onMessage(): ReconsumeLater {
        if (++calls === 2) throw new Error('gone');
        return ReconsumeLater(3);
      }
    }
    const again = {
      intercept: (_context: ExecutionContext, next: CallHandler) => concat(next.handle(), next.handle()).pipe(catchError(() => of('kept'))),
    };
    expect(await (await setUp([Recovering, { provide: APP_INTERCEPTOR, useValue: again }])).deliver('x')).toBe('consumed');
  });

  it('may say something else of each message of a batch', async () => {
    const forgiving = {
      intercept: (_context: ExecutionContext, next: CallHandler) =>
        next.handle().pipe(map((said: unknown[]) => said.map((one) => (one instanceof Error ? DeadLetter('given up') : undefined)))),
    };
    @RocketMQMessageListener({ ...base, messageType: String })
    class Bulk {
      onMessages(texts: string[]): BatchResult[] {
        return texts.map((text) => (text === 'bad' ? new Error('no') : undefined));
      }
    }
    const { deliverAll } = await setUp([Bulk, { provide: APP_INTERCEPTOR, useValue: forgiving }]);
    expect(await deliverAll(['good', 'bad'])).toEqual(['consumed', 'again -1']);
  });
});

describe('Filters', () => {
  const filter = (answer: (error: unknown, host: ArgumentsHost) => unknown): ExceptionFilter => {
    @Catch()
    class All implements ExceptionFilter {
      catch(error: unknown, host: ArgumentsHost): unknown {
        return answer(error, host);
      }
    }
    return new All();
  };

  async function deliverThrough(
    answer: (error: unknown, host: ArgumentsHost) => unknown,
    thrown: unknown = new Error('no'),
  ): Promise<string> {
    @UseFilters(filter(answer))
    @RocketMQMessageListener(base)
    class Filtered {
      onMessage(_message: MessageExt): void {
        throw thrown;
      }
    }
    return (await setUp([Filtered])).deliver('x');
  }

  it.each([
    ['returns something', () => 'handled', 'consumed'],
    ['returns an outcome', () => DeadLetter('known'), 'again -1'],
    ['resolves with an outcome', async () => ReconsumeLater(5), 'again 5'],
    ['returns nothing', () => undefined, 'again 0'],
    ['resolves with nothing', async () => undefined, 'again 0'],
    [
      'throws an outcome',
      () => {
        throw ReconsumeLater(6);
      },
      'again 6',
    ],
  ])('that %s', async (_case, answer, verdict) => {
    expect(await deliverThrough(answer)).toBe(verdict);
  });

  it('that break, as those made for HTTP do, do not hide what the handler threw', async () => {
    @UseFilters(filter((_error, host) => host.switchToHttp().getResponse<{ status(code: number): void }>().status(500)))
    @RocketMQMessageListener(base)
    class Filtered {
      onMessage(_message: MessageExt): void {
        throw new RangeError('too much');
      }
    }
    const { deliver, lines } = await setUp([Filtered]);
    expect(await deliver('x')).toBe('again 0');
    expect(lines.join()).toMatch(/^Filtered.onMessage: message failed: TypeError: [^]*\nCaused by: RangeError: too much\n/);
  });

  it('that throw what caused the error leave it as it is', async () => {
    const timeout = new RangeError('too slow');
    @UseFilters(
      filter((error) => {
        throw (error as Error).cause;
      }),
    )
    @RocketMQMessageListener(base)
    class Unwrapping {
      onMessage(_message: MessageExt): void {
        throw new Error('order not stored', { cause: timeout });
      }
    }
    const { deliver, lines } = await setUp([Unwrapping]);
    expect([await deliver('x'), timeout.cause]).toEqual(['again 0', undefined]);
    expect(lines.join()).not.toContain('Caused by');
  });

  it('see the payload and the context, and never an outcome', async () => {
    let seen: unknown[] = [];
    const note = (error: unknown, host: ArgumentsHost): string => {
      seen = [String(error), host.getType(), host.getArgs().length, RocketMQExecutionContext.create(host).getMessage().text()];
      return 'handled';
    };
    await deliverThrough(note);
    expect(seen).toEqual(['Error: no', 'rocketmq', 2, 'x']);
    seen = [];
    expect([await deliverThrough(note, DeadLetter('bad')), seen]).toEqual(['again -1', []]);
  });

  it('leave the refusal of a guard to its policy, and may be global', async () => {
    let calls = 0;
    @UseGuards(deny)
    @RocketMQMessageListener({ ...base, refusedMessage: 'DEAD_LETTER' })
    class Guarded {
      onMessage(_message: MessageExt): void {}
    }
    const rethrow = filter((error) => {
      calls++;
      throw error;
    });
    const { deliver } = await setUp([Guarded, { provide: APP_FILTER, useValue: rethrow }]);
    expect([await deliver('x'), calls]).toEqual(['again -1', 1]);
  });
});

describe('Request scope', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Tenant {
    constructor(@Inject(REQUEST) readonly message: MessageExt) {}
  }

  it('makes listener, guard and what they inject for each message', async () => {
    const seen: string[] = [];
    @Injectable()
    class ByTenant implements CanActivate {
      constructor(private readonly tenant: Tenant) {}
      canActivate(): boolean {
        return this.tenant.message.text() !== 'stranger';
      }
    }
    @UseGuards(ByTenant)
    @RocketMQMessageListener({ ...base, messageType: String })
    class Scoped {
      constructor(private readonly tenant: Tenant) {}
      @OnMessage() any(@Payload() text: string, @Message() message: MessageExt): void {
        seen.push(`${text} ${this.tenant.message === message}`);
      }
    }
    const { deliver } = await setUp([Tenant, Scoped]);
    const again = receivedMessage({ body: 'a' });
    expect([await deliver(again), await deliver(again), await deliver('stranger')]).toEqual(['consumed', 'consumed', 'again 0']);
    expect(seen).toEqual(['a true', 'a true']);
  });

  it('counts for a global guard, too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class GlobalGuard implements CanActivate {
      constructor(@Inject(REQUEST) private readonly message: MessageExt) {}
      canActivate(): boolean {
        return this.message.text() === 'good';
      }
    }
    @RocketMQMessageListener(base)
    class Plain {
      onMessage(_message: MessageExt): void {}
    }
    const { deliver } = await setUp([Plain, { provide: APP_GUARD, useClass: GlobalGuard, scope: Scope.REQUEST }]);
    expect([await deliver('good'), await deliver('bad')]).toEqual(['consumed', 'again 0']);
  });

  it('keeps durable providers by the parent that the strategy names', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Pool {
      readonly number = ++made;
      constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
    }
    const seen: string[] = [];
    @RocketMQMessageListener({ ...base, messageType: String })
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Durable {
      constructor(private readonly pool: Pool) {}
      onMessage(text: string): void {
        seen.push(`${text} ${this.pool.number} ${this.pool.payload.tenant}`);
      }
    }
    const parents = new Map<string, { id: number }>();
    ContextIdFactory.apply({
      attach(contextId, request: unknown) {
        const tenant = request instanceof MessageExt ? (request.properties.get('tenant') ?? 'none') : 'http';
        const parent = parents.get(tenant) ?? ContextIdFactory.create();
        parents.set(tenant, parent);
        return { resolve: (info) => (info.isTreeDurable ? parent : contextId), payload: { tenant } };
      },
    });
    try {
      const { deliver } = await setUp([Pool, Durable]);
      for (const tenant of ['a', 'b', 'a']) {
        const message = receivedMessage({ body: 'x' });
        message.properties.set('tenant', tenant);
        expect(await deliver(message)).toBe('consumed');
      }
      expect(seen).toEqual(['x 1 a', 'x 2 b', 'x 1 a']);
    } finally {
      ContextIdFactory.apply(undefined as never);
    }
  });

  it('does not go with prepareStart', async () => {
    @RocketMQMessageListener(base)
    class Prepares {
      constructor(readonly tenant: Tenant) {}
      onMessage(_message: MessageExt): void {}
      prepareStart(): void {}
    }
    const { problems } = await setUp([Tenant, Prepares]);
    expect(problems).toMatchObject([{ where: 'Prepares', option: 'prepareStart', problem: expect.stringContaining('request-scoped') }]);
  });
});

describe('Batches', () => {
  it('go through guards, interceptors and pipes as one call, with a listener made for them', async () => {
    const seen: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Messages {
      constructor(@Inject(REQUEST) readonly messages: MessageExt[]) {}
    }
    @UseGuards({ canActivate: (context: ExecutionContext) => RocketMQExecutionContext.create(context).getBatchContext().items.length > 1 })
    @UseInterceptors({
      intercept: (_context: ExecutionContext, next: CallHandler) => next.handle().pipe(map(() => [undefined, DeadLetter('second')])),
    })
    @RocketMQMessageListener({ ...base, messageType: Order, refusedMessage: 'DISCARD' })
    class Bulk {
      constructor(private readonly request: Messages) {}
      onMessages(
        @Payload() orders: Order[],
        @Payload('id') ids: string[],
        @Message() messages: MessageExt[],
        @Headers('KEYS') keys: string[],
        @Ctx() context: BatchContext,
      ): void {
        const sound = orders.every((order) => order instanceof Order) && context.messages.length === messages.length;
        seen.push([ids, keys, sound, this.request.messages.length, currentBatchContext() === context]);
      }
    }
    const { deliverAll } = await setUp([Messages, Bulk]);
    expect(await deliverAll([GOOD, GOOD.replace('o1', 'o2')])).toEqual(['consumed', 'again -1']);
    expect(await deliverAll([GOOD])).toEqual(['consumed']);
    expect(seen).toEqual([[['o1', 'o2'], ['k0', 'k1'], true, 2, true]]);
  });

  it('are no payload of one message to a global ValidationPipe, whose members have been checked', async () => {
    const seen: unknown[] = [];
    @RocketMQMessageListener({ ...base, messageType: Order })
    class Bulk {
      onMessages(orders: Order[]): void {
        seen.push(orders.every((order) => order instanceof Order) && orders.map(({ id }) => id));
      }
    }
    const pipe = new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true });
    const { deliverAll } = await setUp([Bulk, { provide: APP_PIPE, useValue: pipe }]);
    expect(await deliverAll([GOOD, '{"id":1}', GOOD.replace('o1', 'o2')])).toEqual(['consumed', 'again -1', 'consumed']);
    expect(seen).toEqual([['o1', 'o2']]);
  });

  it('have no context of one message', async () => {
    const errors: string[] = [];
    @UseGuards({
      canActivate(context: ExecutionContext) {
        const rocketmq = RocketMQExecutionContext.create(context);
        for (const read of [() => rocketmq.getContext(), () => rocketmq.getMessage()]) {
          try {
            read();
          } catch (error) {
            errors.push(String(error));
          }
        }
        return rocketmq.isBatch();
      },
    })
    @RocketMQMessageListener(base)
    class Bulk {
      onMessages(_messages: MessageExt[]): void {}
    }
    const { deliverAll } = await setUp([Bulk]);
    expect(await deliverAll(['x'])).toEqual(['consumed']);
    expect(errors).toEqual(Array(2).fill('TypeError: onMessages has a BatchContext: call getBatchContext()'));
  });
});

describe('The current message', () => {
  it('is not kept where asyncContext is false, unless Nest stands around the handler', async () => {
    const seen: boolean[] = [];
    const note = (): void => void seen.push(currentMessageContext() !== undefined);
    @RocketMQMessageListener({ ...base, asyncContext: false })
    class Bare {
      onMessage(_message: MessageExt): void {
        note();
      }
    }
    @UseGuards({ canActivate: () => true })
    @RocketMQMessageListener({ ...base, asyncContext: false })
    class Guarded extends Bare {}
    await (await setUp([Bare])).deliver('x');
    await (await setUp([Guarded])).deliver('x');
    expect(seen).toEqual([false, true]);
  });
});

describe('Methods by tag', () => {
  @RocketMQMessageListener({ ...base, messageType: String })
  class Stock {
    readonly seen: string[] = [];
    @OnMessage('paid || shipped') onPaid(text: string): void {
      this.seen.push(`paid ${text}`);
    }
    @OnMessage('cancelled', { messageType: Order }) onCancelled(@Payload() order: Order): void {
      this.seen.push(`cancelled ${order.id}`);
    }
    @OnMessage({ topic: 'orders', tag: 'paid' }) onOrderPaid(text: string): void {
      this.seen.push(`order paid ${text}`);
    }
  }

  it('get theirs, by topic before any, and make the selector', async () => {
    const { definition, deliver, module, lines } = await setUp([Stock]);
    expect(definition.options.selectorExpression).toBe('paid || shipped || cancelled');
    const elsewhere = receivedMessage({ body: 'e' });
    elsewhere.topic = 'parcels';
    expect([await deliver('a', 'shipped'), await deliver(GOOD, 'cancelled')]).toEqual(['consumed', 'consumed']);
    const here = receivedMessage({ body: 'h' });
    here.topic = 'orders';
    expect([await deliver(here, 'paid'), await deliver(elsewhere, 'paid')]).toEqual(['consumed', 'consumed']);
    expect(module.get(Stock).seen).toEqual(['paid a', 'cancelled o1', 'order paid h', 'paid e']);
    expect(await deliver('x', 'other')).toBe('again 0');
    expect(lines.at(-1)).toMatch(/^Stock\.@OnMessage: message not matched \(RETRY\): no @OnMessage method takes tag "other" of topic/);
  });

  it('of several topics make a selector for each', async () => {
    @RocketMQMessageListener({ topic: ['orders', 'parcels', 'notes'], consumerGroup: 'all' })
    class Several {
      @OnMessage({ topic: 'orders', tag: 'paid' }) one(): void {}
      @OnMessage({ topic: 'parcels', tag: 'sent' }) two(): void {}
      @OnMessage({ topic: 'notes' }) three(): void {}
      @OnMessage({ tag: 'lost' }) four(): void {}
    }
    const { definition } = await setUp([Several]);
    expect([definition.options.topic, definition.options.subscriptions]).toEqual([
      undefined,
      [
        { topic: 'orders', selectorExpression: 'paid || lost' },
        { topic: 'parcels', selectorExpression: 'sent || lost' },
        { topic: 'notes', selectorExpression: '*' },
      ],
    ]);
  });

  it('leave the rest to the one without a tag', async () => {
    @RocketMQMessageListener({ ...base, messageType: String })
    class WithRest extends Stock {
      @OnMessage() rest(text: string): void {
        this.seen.push(`rest ${text}`);
      }
      override onPaid(text: string): void {
        this.seen.push(`mine ${text}`);
      }
    }
    const { definition, deliver, module } = await setUp([WithRest]);
    expect(definition.options.selectorExpression).toBe('*');
    const elsewhere = receivedMessage({ body: 'e' });
    elsewhere.topic = 'parcels';
    await deliver(elsewhere, 'paid');
    await deliver('x', 'other');
    await deliver('y');
    expect(module.get(WithRest).seen).toEqual(['mine e', 'rest x', 'rest y']);
  });
});
