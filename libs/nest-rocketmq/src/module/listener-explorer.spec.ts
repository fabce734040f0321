import { Inject, Injectable, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { MessageExt } from 'rocketmq-core/message';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { createMessageContext, RocketMQMessageListener } from '../listener/index.js';
import { unclaimedClasses } from '../options/index.js';
import { ListenerExplorer } from './listener-explorer.js';
import { getRocketMQOptionsToken } from './tokens.js';

@Injectable()
class Invoices {
  readonly opened: string[] = [];
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', messageType: String })
class Billing {
  constructor(readonly invoices: Invoices) {}

  onMessage(text: string): void {
    this.invoices.opened.push(text);
  }
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'audit', connection: 'audit', id: 'the-audit' })
class Audit {
  onMessage(_message: MessageExt): void {}
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'nowhere' })
class Forgotten {
  onMessage(_message: MessageExt): void {}
}

async function explore(providers: Provider[]) {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [
      Invoices,
      { provide: getRocketMQOptionsToken(), useValue: {} },
      { provide: getRocketMQOptionsToken('audit'), useValue: {} },
      ...providers,
    ],
  }).compile();
  const explorer = new ListenerExplorer(module.get(DiscoveryService), module.get(ModuleRef));
  return { explorer, module };
}

const contextOf = (body: string) => createMessageContext(receivedMessage({ body }), 'billing', () => new AbortController().signal);

describe('ListenerExplorer', () => {
  it('finds classes with their dependencies, by connection', async () => {
    const { explorer, module } = await explore([Billing, Audit]);
    const [billing, ...rest] = explorer.find('default').map(({ definition }) => definition);
    expect(rest).toEqual([]);
    expect([billing!.id, billing!.className, billing!.options.consumeThreadNumber]).toEqual(['Billing', 'Billing', 20]);
    await billing!.handlers[0]!.invoke('o1', contextOf('o1'));
    expect(module.get(Invoices).opened).toEqual(['o1']);
    expect(explorer.find('audit').map(({ definition }) => definition.id)).toEqual(['the-audit']);
    expect(explorer.connectionNames()).toEqual(['default', 'audit']);
  });

  it('finds useValue, useFactory and useClass providers, and one instance under two tokens once', async () => {
    const { explorer } = await explore([
      Billing,
      { provide: 'alias', useExisting: Billing },
      { provide: 'value', useValue: new Billing(new Invoices()) },
      { provide: 'factory', useFactory: (invoices: Invoices) => new Billing(invoices), inject: [Invoices] },
    ]);
    expect(explorer.find('default').map(({ definition }) => definition.id)).toEqual(['Billing', 'Billing#2', 'Billing#3']);
  });

  it('makes a request-scoped listener for each message and lets it inject the message', async () => {
    const seen: string[] = [];
    const made: object[] = [];

    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'scoped', messageType: String })
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(@Inject(REQUEST) private readonly request: MessageExt) {
        made.push(this);
      }

      onMessage(text: string): void {
        seen.push(`${text}:${this.request.body.toString()}`);
      }
    }

    const { explorer } = await explore([Scoped]);
    const [found] = explorer.find('default');
    await found!.definition.handlers[0]!.invoke('a', contextOf('A'));
    await found!.definition.handlers[0]!.invoke('b', contextOf('B'));
    expect(seen).toEqual(['a:A', 'b:B']);
    expect(new Set(made).size).toBe(2);
  });

  it('knows decorated classes that no application took up', async () => {
    const { explorer } = await explore([Billing, Audit]);
    explorer.find('default');
    explorer.find('audit');
    const forgotten = unclaimedClasses();
    expect(forgotten).toContainEqual({ className: Forgotten.name, decorator: '@RocketMQMessageListener' });
    expect(forgotten.map(({ className }) => className)).not.toContain(Billing.name);
  });
});
