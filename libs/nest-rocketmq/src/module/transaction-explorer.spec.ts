// Which transaction listeners a broker can ask: one instance, made as Nest makes it.
import { Injectable, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { RocketMQLocalTransactionState, RocketMQTransactionListener } from '../transaction/index.js';
import { TransactionExplorer } from './transaction-explorer.js';

class Decides {
  executeLocalTransaction(): RocketMQLocalTransactionState {
    return RocketMQLocalTransactionState.COMMIT;
  }
  checkLocalTransaction(): RocketMQLocalTransactionState {
    return RocketMQLocalTransactionState.COMMIT;
  }
}

@RocketMQTransactionListener()
class Plain extends Decides {}

@RocketMQTransactionListener()
@Injectable({ scope: Scope.REQUEST })
class Scoped extends Decides {}

@RocketMQTransactionListener()
@Injectable({ scope: Scope.TRANSIENT })
class Fleeting extends Decides {}

describe('TransactionExplorer', () => {
  it('tells singletons from classes of another scope', async () => {
    const module = await Test.createTestingModule({ imports: [DiscoveryModule], providers: [Plain, Scoped, Fleeting] }).compile();
    const found = new TransactionExplorer(module.get(DiscoveryService)).find(['default'], ['default']);
    expect(found.map(({ className, isSingleton }) => [className, isSingleton])).toEqual([
      ['Plain', true],
      ['Scoped', false],
      ['Fleeting', false],
    ]);
  });
});
