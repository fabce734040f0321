// Handlers of dead letters as Nest provides them: which instance gets a letter.
import {
  type CanActivate,
  Catch,
  type ExecutionContext,
  Inject,
  Injectable,
  type Provider,
  Scope,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_PIPE, DiscoveryModule, DiscoveryService, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { MessageExt } from 'rocketmq-core/message';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { type DeadLetterMessage, OnDeadLetter } from '../dead-letter/index.js';
import { Message, type MessageContext, Payload, RocketMQExecutionContext, RocketMQMessageListener } from '../listener/index.js';
import { createMessageContext } from '../listener/message-context.js';
import { resolvePlaceholders, unclaimedClasses } from '../options/index.js';
import { DeadLetterExplorer } from './dead-letter-explorer.js';
import { type FoundListener, ListenerExplorer } from './listener-explorer.js';
import { getRocketMQOptionsToken } from './tokens.js';

@Injectable()
class Seen {
  readonly letters: string[] = [];
}

async function find(type: Provider, more: Provider[] = []) {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [Seen, { provide: getRocketMQOptionsToken(), useValue: {} }, type, ...more],
  }).compile();
  module.createNestApplication({ logger: false });
  const [discovery, moduleRef] = [module.get(DiscoveryService), module.get(ModuleRef)];
  const all = new DeadLetterExplorer(new ListenerExplorer(discovery, moduleRef), discovery, moduleRef).find('default');
  return { module, found: all[0]!, ids: all.map(({ definition }) => definition.id) };
}

/** What it says to one letter, twice. */
async function answers(type: Provider, more?: Provider[]): Promise<unknown[]> {
  const { found } = await find(type, more);
  return [await give(found), await give(found)];
}

function give({ definition }: FoundListener): Promise<unknown> {
  const message = receivedMessage({ body: 'o1' });
  const context = createMessageContext(message, 'billing_dlq_handler', () => new AbortController().signal);
  return definition.handlers[0]!.invoke(message, context);
}

async function deliver(type: Provider): Promise<string[]> {
  const { module, found } = await find(type);
  for (let times = 0; times < 2; times++) await give(found);
  return module.get(Seen).letters;
}

describe('A handler of dead letters', () => {
  it('of scope TRANSIENT is made once, with what it injects', async () => {
    let made = 0;
    @Injectable({ scope: Scope.TRANSIENT })
    class Letters {
      private readonly number = ++made;
      constructor(@Inject(Seen) private readonly seen: Seen) {}
      @OnDeadLetter('billing')
      take(letter: DeadLetterMessage): void {
        this.seen.letters.push(`${this.number} ${letter.text()}`);
      }
    }
    const letters = await deliver(Letters);
    expect(letters).toHaveLength(2);
    expect(letters[0]).toBe(letters[1]);
  });

  it('of scope REQUEST is made for each letter, which it may inject', async () => {
    let made = 0;
    @OnDeadLetter('billing')
    @Injectable({ scope: Scope.REQUEST })
    class Letters {
      private readonly number = ++made;
      constructor(
        @Inject(Seen) private readonly seen: Seen,
        @Inject(REQUEST) private readonly message: MessageExt,
      ) {}
      onMessage(): void {
        this.seen.letters.push(`${this.number} ${this.message.text()}`);
      }
    }
    expect(await deliver(Letters)).toEqual(['1 o1', '2 o1']);
  });

  it('has what stands around any handler: guards, pipes, filters, parameters; class or method, global, request-scoped', async () => {
    const seen: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Asking implements CanActivate {
      constructor(@Inject(REQUEST) private readonly message: MessageExt) {}
      canActivate(context: ExecutionContext): boolean {
        const { group } = RocketMQExecutionContext.create<DeadLetterMessage>(context).getPayload();
        seen.push(`${context.getType()} ${group} ${this.message.text()}`);
        return true;
      }
    }
    @Catch()
    class Handled {
      catch(error: Error): string {
        return error.message;
      }
    }
    @UseGuards(Asking)
    class Letters {
      @OnDeadLetter('billing')
      @UseFilters(Handled)
      take(@Payload('group', { transform: (group: string) => group.toUpperCase() }) group: string, @Message() { body }: MessageExt): void {
        seen.push(`${group} ${body.toString()}`);
        throw new Error('kept');
      }
    }
    @OnDeadLetter('billing')
    class Whole {
      onMessage(letter: DeadLetterMessage, { consumerGroup }: MessageContext): void {
        seen.push(`${letter.group} ${consumerGroup}`);
      }
    }
    @OnDeadLetter('billing', { applyGlobalEnhancers: false })
    class Alone extends Whole {}
    const globals = [
      { provide: APP_GUARD, useClass: Asking },
      { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, forbidUnknownValues: true }) },
    ];
    expect(await answers(Letters)).toEqual(['kept', 'kept']);
    expect(seen.splice(0)).toEqual(Array(2).fill(['rocketmq billing o1', 'BILLING o1']).flat());
    await answers(Whole, globals);
    expect(seen.splice(0)).toEqual(Array(2).fill(['rocketmq billing o1', 'billing billing_dlq_handler']).flat());
    await answers(Alone, globals);
    expect(seen).toEqual(Array(2).fill('billing billing_dlq_handler'));
  });

  it('is told at boot of enhancers that Nest would leave out', async () => {
    class Guard implements CanActivate {
      canActivate = (): boolean => true;
    }
    @UseGuards(Guard)
    @OnDeadLetter('billing')
    class Letters {
      onMessage(): void {}
    }
    const { found } = await find({ provide: 'letters', useFactory: () => new Letters() });
    expect(found.problems!.map(({ where, option }) => `${where} ${option}`)).toEqual(['Letters @UseGuards(Guard)']);
  });

  it.each([[undefined], [''], [[]], [{ group: 'billing' }]])('of the group %j is refused at boot', async (group) => {
    @OnDeadLetter(group as never)
    class Letters {
      onMessage(): void {}
    }
    const { found } = await find(Letters);
    expect(found.problems!.map(({ where, option }) => `${where} ${option}`)).toEqual(['Letters group']);
  });

  it('with options that have no effect is refused at boot: which, why, what instead', async () => {
    const without = {
      topic: 'orders',
      subscriptions: [{ topic: 'orders' }],
      messageType: String,
      unmatchedMessage: 'DISCARD',
      replyTimeout: 10,
      consumeMessageBatchMaxSize: 8,
    };
    class Letters {
      @OnDeadLetter(['billing', 'audit'], { ...without, phase: 1 } as never)
      take(): void {}
    }
    const { found } = await find(Letters);
    expect(found.problems!.map(({ where, option }) => `${where} ${option}`)).toEqual(
      Object.keys(without).map((option) => `Letters @OnDeadLetter on take: ${option}`),
    );
    expect(found.problems!.at(-2)).toMatchObject({
      problem: 'has no effect: a letter is no request, nobody is answered',
      remedy: 'Leave it out.',
    });
    expect(found.definition.options).toMatchObject({ topic: '%DLQ%billing', consumeMessageBatchMaxSize: 1 });
  });

  it('of several groups has an id for each, and one that no listener has', async () => {
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'alarm', id: 'letters' })
    class Alarm {
      onMessage(): void {}
    }
    @OnDeadLetter(['billing', 'audit'], { id: 'letters' })
    class Letters {
      onMessage(): void {}
    }
    const twice = { provide: 'again', useFactory: () => new Taking() };
    class Taking {
      @OnDeadLetter('stock')
      take(): void {}
    }
    expect((await find(Letters, [Alarm, Taking, twice])).ids).toEqual([
      'letters',
      'letters#2',
      'letters#3',
      'Taking.take:%DLQ%stock',
      'Taking.take:%DLQ%stock#2',
    ]);
  });

  it('is told of when no module provides its class', async () => {
    class Forgotten {
      @OnDeadLetter('billing')
      take(): void {}
    }
    @OnDeadLetter('billing')
    class Provided {
      onMessage(): void {}
    }
    await deliver(Provided);
    const told = unclaimedClasses().filter(({ decorator }) => decorator === '@OnDeadLetter');
    expect(told.map(({ className }) => className)).toEqual([Forgotten.name]);
  });

  it('may name its group by a placeholder; one without a value is told at its options', async () => {
    @OnDeadLetter(['${shop.group}', '${none}'])
    class Letters {
      onMessage(): void {}
    }
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [{ provide: getRocketMQOptionsToken(), useValue: {} }, Letters],
    }).compile();
    const [discovery, moduleRef] = [module.get(DiscoveryService), module.get(ModuleRef)];
    const lookup = (key: string): string | undefined => (key === 'shop.group' ? 'billing' : undefined);
    const [billing, none] = new DeadLetterExplorer(new ListenerExplorer(discovery, moduleRef), discovery, moduleRef, (where, given) =>
      resolvePlaceholders(where, given, lookup),
    ).find('default');
    expect(billing!.definition).toMatchObject({
      id: 'Letters.onMessage:%DLQ%billing',
      options: { topic: '%DLQ%billing', consumerGroup: 'billing_dlq_handler' },
    });
    expect(billing!.unresolved).toEqual([]);
    expect(none!.unresolved!.map(({ where, option }) => `${where}: ${option}`)).toEqual(['Letters: consumerGroup', 'Letters: topic']);
  });
});
