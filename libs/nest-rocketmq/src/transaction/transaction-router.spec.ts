import { Message } from 'rocketmq-core';
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { TransactionRouter } from './transaction-router.js';

describe('a transaction router', () => {
  it('takes an answer that is no state for unknown, and says so', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => void lines.push(line) };
    const answers: unknown[] = ['COMMIT', 'COMMITTED', true, undefined];
    const listener = { executeLocalTransaction: () => answers.shift() as never, checkLocalTransaction: () => 'ROLLBACK' as const };
    const found = { className: 'Pay', prototype: {}, options: {}, isSingleton: true, instance: () => listener };
    const router = new TransactionRouter([found], { templateName: 'RocketMQTemplate', hasGroup: true, clock: new ManualClock(), logger });
    const states: unknown[] = [];
    for (let i = 0; i < 4; i++) states.push(await router.listener.executeLocalTransaction(new Message('pay', 'x'), 'arg'));
    expect(states).toEqual(['COMMIT_MESSAGE', undefined, undefined, undefined]);
    expect(lines).toEqual([
      'RocketMQTemplate: a transaction listener answered "COMMITTED", which is none of COMMIT, ROLLBACK, UNKNOWN: the broker will ask',
      'RocketMQTemplate: a transaction listener answered boolean, which is none of COMMIT, ROLLBACK, UNKNOWN: the broker will ask',
    ]);
  });
});
