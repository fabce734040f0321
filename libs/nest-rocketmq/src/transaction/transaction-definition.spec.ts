import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { decodeMessage, encodeProperties, encodeRecord, Message } from 'rocketmq-core/message';
import { toListenerMessage } from './listener-message.js';
import type { RocketMQLocalTransactionListener } from './local-transaction-listener.js';
import { RocketMQTransactionListener } from './rocketmq-transaction-listener.decorator.js';
import { findTransactionProblems, type FoundTransactionListener } from './transaction-definition.js';
import { TransactionRouter } from './transaction-router.js';

const clock = new ManualClock(7000);

const stored = (properties: Record<string, string>) =>
  decodeMessage(
    encodeRecord({
      topic: 'orders',
      queueId: 2,
      flag: 5,
      queueOffset: 3,
      physicalOffset: 99,
      sysFlag: 0,
      bornTimestamp: 6000,
      bornHost: '10.0.0.9:1234',
      storeTimestamp: 6001,
      storeHost: '10.0.0.1:10911',
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from('body'),
      properties: encodeProperties(new Map(Object.entries(properties))),
    }),
  );

const found = (
  listener: Partial<RocketMQLocalTransactionListener>,
  more: Partial<FoundTransactionListener> = {},
): FoundTransactionListener => ({
  className: 'Pay',
  prototype: listener,
  options: {},
  isSingleton: true,
  instance: () => listener as RocketMQLocalTransactionListener,
  ...more,
});
const route = (listeners: FoundTransactionListener[], more: { hasGroup?: boolean; warned?: string[] } = {}): TransactionRouter =>
  new TransactionRouter(listeners, {
    templateName: 'RocketMQTemplate "default"',
    hasGroup: true,
    clock,
    logger: { ...silentLogger, warn: (line) => void more.warned?.push(line) },
    ...more,
  });
const whole: RocketMQLocalTransactionListener = { executeLocalTransaction: () => 'COMMIT', checkLocalTransaction: () => 'UNKNOWN' };

describe('what a transaction listener is given', () => {
  it('is the body as it was sent, with the headers Spring gives', () => {
    const message = new Message({
      topic: 'orders',
      tags: 'paid',
      keys: 'k1',
      flag: 5,
      body: 'body',
      properties: { source: 'web', id: 'mine' },
    });
    message.transactionId = 'TX';
    const { payload, headers } = toListenerMessage(message, clock);
    expect(payload.toString()).toBe('body');
    expect(headers).toEqual({
      rocketmq_KEYS: 'k1',
      rocketmq_TAGS: 'paid',
      rocketmq_TOPIC: 'orders',
      rocketmq_FLAG: 5,
      rocketmq_TRANSACTION_ID: 'TX',
      source: 'web',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timestamp: 7000,
    });
  });

  it('says more in a check: what the broker knows of it', () => {
    const message = stored({
      UNIQ_KEY: 'U',
      TRAN_MSG: 'true',
      PGROUP: 'g',
      __transactionId__: 'U',
      TRANSACTION_CHECK_TIMES: '2',
      WAIT: 'false',
      source: 'web',
    });
    expect(toListenerMessage(message, clock).headers).toEqual({
      rocketmq_TOPIC: 'orders',
      rocketmq_FLAG: 5,
      rocketmq_TRANSACTION_ID: 'U',
      rocketmq_MESSAGE_ID: 'U',
      rocketmq_BORN_TIMESTAMP: 6000,
      rocketmq_BORN_HOST: '10.0.0.9',
      rocketmq_QUEUE_ID: 2,
      rocketmq_SYS_FLAG: 0,
      rocketmq_DELAY: 0,
      rocketmq_WAIT: false,
      __transactionId__: 'U',
      TRANSACTION_CHECK_TIMES: '2',
      source: 'web',
      id: expect.any(String),
      timestamp: 7000,
    });
  });

  it('comes with the argument; its answers are translated, and what is none is not known', async () => {
    const args: unknown[] = [];
    const answers = ['COMMIT', 'ROLLBACK', 'UNKNOWN', 'COMMIT_MESSAGE', undefined, 'toString'];
    for (const answer of answers) {
      const { listener } = route([
        found({
          executeLocalTransaction: (_message, arg) => (args.push(arg), answer as never),
          checkLocalTransaction: async () => answer as never,
        }),
      ]);
      const state = await listener.executeLocalTransaction(new Message('t', 'x'), 'arg');
      expect(await listener.checkLocalTransaction(stored({}))).toBe(state);
      args.push(state);
    }
    expect(args).toEqual([
      'arg',
      'COMMIT_MESSAGE',
      'arg',
      'ROLLBACK_MESSAGE',
      'arg',
      'UNKNOW',
      'arg',
      undefined,
      'arg',
      undefined,
      'arg',
      undefined,
    ]);
  });
});

describe('several transaction listeners of one template', () => {
  const answering = (state: 'COMMIT' | 'ROLLBACK', topic?: string | string[]): FoundTransactionListener =>
    found({ executeLocalTransaction: () => state, checkLocalTransaction: () => state }, { options: { topic, maximumPoolSize: 2 } });

  it('decide about their topics, the one without a topic about the rest', async () => {
    const { listener, maximumPoolSize, blockingQueueSize } = route([answering('COMMIT'), answering('ROLLBACK', ['orders', 'refunds'])]);
    expect(await listener.executeLocalTransaction(new Message('refunds', 'x'), undefined as never)).toBe('ROLLBACK_MESSAGE');
    expect(await listener.executeLocalTransaction(new Message('other', 'x'), undefined as never)).toBe('COMMIT_MESSAGE');
    expect(await listener.checkLocalTransaction(stored({}))).toBe('ROLLBACK_MESSAGE');
    expect([maximumPoolSize, blockingQueueSize]).toEqual([4, 4000]);
  });

  it('leave a topic of nobody to an error at the send and to UNKNOW at a check', async () => {
    const warned: string[] = [];
    const router = route([answering('COMMIT', 'payments')], { warned });
    expect(() => router.requireDecider('orders', undefined)).toThrow(
      `RocketMQTemplate "default" is without a transaction listener for topic orders: give a provider of the application @RocketMQTransactionListener({ topic: 'orders' })`,
    );
    @RocketMQTransactionListener({ topic: 'orders' })
    class Forgotten {
      executeLocalTransaction = () => 'COMMIT' as const;
      checkLocalTransaction = () => 'COMMIT' as const;
    }
    expect(() => router.requireDecider('orders', undefined)).toThrow(
      new RegExp(`Decorated, but no provider of a module: ${Forgotten.name}$`),
    );
    expect(() => router.requireDecider('payments', undefined)).not.toThrow();
    expect(await router.listener.checkLocalTransaction(stored({}))).toBe('UNKNOW');
    expect(warned.join()).toMatch('topic orders that this process did not start');
  });
});

describe('a transaction written with its send', () => {
  const halfOf = (id: string): Message => {
    const message = new Message('orders', 'x');
    message.transactionId = id;
    return message;
  };

  it('is checked by what was written there, by default as it was decided', async () => {
    const { listener } = route([]);
    const decided = { execute: () => 'ROLLBACK' as const };
    expect(await listener.executeLocalTransaction(halfOf('A'), decided as never)).toBe('ROLLBACK_MESSAGE');
    expect(await listener.checkLocalTransaction(stored({ UNIQ_KEY: 'A' }))).toBe('ROLLBACK_MESSAGE');
    const checked = { execute: () => 'UNKNOWN' as const, check: async () => 'COMMIT' as const };
    expect(await listener.executeLocalTransaction(halfOf('B'), checked as never)).toBe('UNKNOW');
    expect(await listener.checkLocalTransaction(stored({ UNIQ_KEY: 'B' }))).toBe('COMMIT_MESSAGE');
    const failing = { execute: () => Promise.reject(new Error('down')) };
    await expect(listener.executeLocalTransaction(halfOf('C'), failing as never)).rejects.toThrow('down');
    expect(await listener.checkLocalTransaction(stored({ UNIQ_KEY: 'C' }))).toBe('UNKNOW');
  });

  it('of another process is asked of the listener', async () => {
    expect(
      await route([found({ ...whole, checkLocalTransaction: () => 'COMMIT' })]).listener.checkLocalTransaction(stored({ UNIQ_KEY: 'Z' })),
    ).toBe('COMMIT_MESSAGE');
  });

  it('needs a producer group, and exactly these members', () => {
    expect(() => route([]).requireDecider('orders', { execute: () => 'COMMIT' })).not.toThrow();
    expect(() => route([], { hasGroup: false }).requireDecider('orders', { execute: () => 'COMMIT' })).toThrow('without a producer.group');
    expect(() => route([]).requireDecider('orders', { execute: () => 'COMMIT', other: 1 })).toThrow('or the send { execute, check }');
  });
});

describe('transaction listeners that cannot work', () => {
  const problems = (listeners: FoundTransactionListener[], producer: { group: string } | undefined = { group: 'g' }) =>
    findTransactionProblems(listeners, 'default', ['default', 'audit'], producer).map(
      ({ where, option, problem }) => `${where}: ${option}: ${problem}`,
    );

  it('are told of at boot', () => {
    expect(problems([found(whole)])).toEqual([]);
    expect(problems([found(whole, { options: { rocketMQTemplateBeanName: 'rocketMQTemplate', maximumPoolSize: 4 } })])).toEqual([]);
    expect(problems([found({ executeLocalTransaction: () => 'COMMIT' })])).toEqual(['Pay: checkLocalTransaction: is missing']);
    expect(problems([found(whole, { isSingleton: false })])).toEqual(['Pay: scope: is not the default one']);
    expect(
      problems([found(whole, { options: { rocketMQTemplateBeanName: 'other', maximumPoolSize: 0, blockingQueueSize: 1.5 } })]),
    ).toEqual([
      'Pay: rocketMQTemplateBeanName: "other" is no connection of this application',
      'Pay: maximumPoolSize: 0 is no integer within 1..10000',
      'Pay: blockingQueueSize: 1.5 is no integer within 1..1000000',
    ]);
    expect(
      problems([
        found(whole, { options: { topic: 't' } }),
        found(whole),
        found(whole, { className: 'Two', options: { topic: ['t', 'u'] } }),
      ]),
    ).toEqual(['Pay and Two: topic: "t" has 2 transaction listeners in connection "default"']);
    expect(problems([found(whole, { options: { topic: [], maxPoolSize: 1 } as never })])).toEqual([
      'Pay: maxPoolSize: is unknown',
      'Pay: topic:  is no topic',
    ]);
    expect(findTransactionProblems([found(whole)], 'default', ['default'], undefined).map(({ option }) => option)).toEqual([
      'producer.group',
    ]);
    expect(problems([found(whole), found(whole, { className: 'Refund' })])).toEqual([
      'Pay and Refund: rocketMQTemplateBeanName: the template of connection "default" has 2 transaction listeners without a topic',
    ]);
  });
});
