// `nest generate --collection nest-rocketmq transaction-listener NAME`: a transaction listener and a test. Must never decide a transaction nobody
// has looked at: what is generated asks to be asked again.
import { type ElementOptions, locate, writeElement } from './element.js';
import type { Rule } from './tree.js';

export function transactionListener(options: ElementOptions): Rule {
  return (tree, context) => {
    const element = locate(tree, options, 'transaction-listener');
    const symbol = `${element.className}TransactionListener`;
    return writeElement(tree, context, options, element, { symbol, source: source(symbol), spec: (path) => spec(symbol, path) });
  };
}

const source = (symbol: string): string => `import {
  type Message,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQTransactionListener,
} from 'nest-rocketmq';

@RocketMQTransactionListener()
export class ${symbol} implements RocketMQLocalTransactionListener {
  /**
   * Runs once the half message is stored: do the local work here. COMMIT delivers the message, ROLLBACK drops it, UNKNOWN (and a throw) leaves it
   * to checkLocalTransaction. \`arg\` is what sendMessageInTransaction was given.
   */
  async executeLocalTransaction(_message: Message<Buffer>, _arg: unknown): Promise<RocketMQLocalTransactionState> {
    return RocketMQLocalTransactionState.UNKNOWN;
  }

  /** The broker asks what became of the local work, perhaps after a crash: look it up, never remember it. */
  async checkLocalTransaction(_message: Message<Buffer>): Promise<RocketMQLocalTransactionState> {
    return RocketMQLocalTransactionState.UNKNOWN;
  }
}
`;

const spec = (symbol: string, path: string): string => `import { Test } from '@nestjs/testing';
import { MessageBuilder, RocketMQLocalTransactionState } from 'nest-rocketmq';
import { ${symbol} } from '${path}';

describe('${symbol}', () => {
  const message = MessageBuilder.withPayload(Buffer.from('{}')).build();
  let listener: ${symbol};

  beforeEach(async () => {
    const module = await Test.createTestingModule({ providers: [${symbol}] }).compile();
    listener = module.get(${symbol});
  });

  it('decides nothing yet', async () => {
    await expect(listener.executeLocalTransaction(message, undefined)).resolves.toBe(RocketMQLocalTransactionState.UNKNOWN);
    await expect(listener.checkLocalTransaction(message)).resolves.toBe(RocketMQLocalTransactionState.UNKNOWN);
  });
});
`;
