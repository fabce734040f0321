// Handlers of dead letters as Nest provides them: which instance gets a letter.
import { Inject, Injectable, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { MessageExt } from 'rocketmq-core/message';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { type DeadLetterMessage, OnDeadLetter } from '../dead-letter/index.js';
import { createMessageContext } from '../listener/message-context.js';
import { resolvePlaceholders, unclaimedClasses } from '../options/index.js';
import { DeadLetterExplorer } from './dead-letter-explorer.js';
import { ListenerExplorer } from './listener-explorer.js';
import { getRocketMQOptionsToken } from './tokens.js';

@Injectable()
class Seen {
  readonly letters: string[] = [];
}

async function deliver(type: Provider): Promise<string[]> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [Seen, { provide: getRocketMQOptionsToken(), useValue: {} }, type],
  }).compile();
  const [discovery, moduleRef] = [module.get(DiscoveryService), module.get(ModuleRef)];
  const [found] = new DeadLetterExplorer(new ListenerExplorer(discovery, moduleRef), discovery, moduleRef).find('default');
  const message = receivedMessage({ body: 'o1' });
  const context = createMessageContext(message, 'billing_dlq_handler', () => new AbortController().signal);
  for (let times = 0; times < 2; times++) await found!.definition.handlers[0]!.invoke(message, context);
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
