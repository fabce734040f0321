import { Injectable, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Message } from 'rocketmq-core';
import { RocketMQInterceptor } from '../interceptor/index.js';
import { interceptSends, type ProducerPort, type SendInterceptor } from '../template/index.js';
import { InterceptorExplorer } from './interceptor-explorer.js';

@RocketMQInterceptor({ order: 10 })
class Inner {
  interceptSend: SendInterceptor['interceptSend'] = async ({ messages }, next) => {
    messages[0]!.properties.set('path', `${messages[0]!.properties.get('path') ?? ''}inner`);
    return next();
  };
}

@RocketMQInterceptor({ order: -1 })
class Outer {
  interceptSend: SendInterceptor['interceptSend'] = async ({ messages, kind, connection }, next) => {
    messages[0]!.properties.set('path', `${kind} ${connection} outer `);
    return next();
  };
}

@RocketMQInterceptor({ connection: 'audit' })
class Elsewhere extends Outer {}

@RocketMQInterceptor()
@Injectable({ scope: Scope.REQUEST })
class Scoped extends Outer {}

/** Nest shows one that was never constructed: everybody who injects it gets another. */
@RocketMQInterceptor()
@Injectable({ scope: Scope.TRANSIENT })
class Fleeting {
  async interceptSend<R>(_sending: unknown, next: () => Promise<R>): Promise<R> {
    return next();
  }
}

@RocketMQInterceptor()
class Empty {}

async function explore(providers: Array<new () => object>) {
  const module = await Test.createTestingModule({ imports: [DiscoveryModule], providers }).compile();
  return new InterceptorExplorer(module.get(DiscoveryService)).find('default');
}

describe('InterceptorExplorer', () => {
  it('finds the interceptors of a connection, sorted; sends run through them from the outside in', async () => {
    const { sending, consuming, problems } = await explore([Inner, Elsewhere, Outer]);
    expect(problems).toEqual([]);
    expect(consuming).toEqual([]);
    const sent: Message[] = [];
    const port = {
      send: async (message: Message) => {
        sent.push(message);
        return {};
      },
    } as unknown as ProducerPort;
    await interceptSends(port, 'default', () => sending).send(new Message('orders', Buffer.from('x')), { mode: 'sync' });
    expect(sent[0]!.properties.get('path')).toBe('SEND default outer inner');
  });

  it('names those that cannot work', async () => {
    const { problems } = await explore([Scoped, Fleeting, Empty]);
    expect(problems.map(({ where, option }) => `${where}.${option}`).toSorted()).toEqual([
      'Empty.interceptConsume',
      'Fleeting.scope',
      'Scoped.scope',
    ]);
  });
});
