import { withListenerDefaults, type RocketMQMessageListenerOptions } from './listener-options.js';
import { findListenerProblems } from './listener-options.validation.js';

const good: RocketMQMessageListenerOptions = { topic: 'orders', consumerGroup: 'billing' };
const handler = { onMessage() {} };

const problemsOf = (options: object, prototype: object = handler): string[] =>
  findListenerProblems('Billing', withListenerDefaults({ ...good, ...options }), prototype).map(
    ({ option, problem }) => `${option} ${problem}`,
  );

describe('findListenerProblems', () => {
  it('finds nothing wrong with the defaults', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ topic: undefined, selectorExpression: undefined })).toEqual(['topic is missing']);
  });

  it('lists every wrong attribute at once', () => {
    const problems = problemsOf(
      {
        topic: '../x',
        consumerGroup: ' ',
        consumeThreadNumber: 0,
        consumeThreadMax: 1.5,
        maxReconsumeTimes: -2,
        selectorType: 'SQL',
        messageModel: 'ALL',
        selectorExpression: '',
        messageType: 'Order',
        nameServer: 'nowhere',
        pullBatchSize: 1025,
        accessKey: 'k',
      },
      {},
    );
    expect(problems.map((line) => line.split(' ')[0]).join(' ')).toBe(
      'topic consumerGroup consumeThreadNumber consumeThreadMax maxReconsumeTimes pullBatchSize ' +
        'selectorType messageModel selectorExpression messageType nameServer secretKey onMessage',
    );
  });

  it.each([
    [{ consumeMode: 'ORDERLY', messageModel: 'BROADCASTING' }, 'consumeMode ORDERLY does not go with messageModel BROADCASTING'],
    [{ consumeThreadNumber: 65 }, 'consumeThreadNumber 65 is above consumeThreadMax 64'],
    [{ enableMsgTrace: 1 as never }, 'enableMsgTrace 1 is neither true nor false'],
    [{ tls: {} }, 'tls is given without tlsEnable'],
  ])('says what is wrong with %p', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it('tells a misspelt attribute, and which one was meant', () => {
    const misspelt = { selectorExpresion: 'paid', maxReconsumeTime: 3, whatever: 1 } as never;
    expect(problemsOf(misspelt)).toEqual(['selectorExpresion is unknown', 'maxReconsumeTime is unknown', 'whatever is unknown']);
  });

  it('takes ORDERLY and BROADCASTING, each by itself', () => {
    expect(problemsOf({ consumeMode: 'ORDERLY' })).toEqual([]);
    expect(problemsOf({ messageModel: 'BROADCASTING' })).toEqual([]);
  });

  it('takes SQL92 expressions that compile and says where others go wrong', () => {
    expect(problemsOf({ selectorType: 'SQL92', selectorExpression: "amount > 100 AND region = 'eu'" })).toEqual([]);
    expect(problemsOf({ selectorType: 'SQL92', selectorExpression: 'amount > > 100' })).toEqual([
      expect.stringMatching(/^selectorExpression SQL92 expression, line 1, column 10: found ">", expected a property, a number/),
    ]);
    expect(problemsOf({ selectorType: 'SQL92' })).toEqual([expect.stringMatching(/line 1, column 1: "\*" means nothing here/)]);
  });

  it('takes a type, a schema, or one of them in brackets', () => {
    class Order {}
    for (const messageType of [Order, String, [Order], [Object]]) expect(problemsOf({ messageType })).toEqual([]);
    for (const messageType of [[], [String], [Order, Order], { parse() {} }]) {
      expect(problemsOf({ messageType })).toEqual([expect.stringMatching(/^messageType .* is no type$/s)]);
    }
  });

  it('takes several topics, with one selector or with one each', () => {
    expect(problemsOf({ topic: ['orders', 'refunds'], selectorExpression: 'paid' })).toEqual([]);
    expect(
      problemsOf({ topic: undefined, subscriptions: [{ topic: 'orders', selectorExpression: 'paid' }, { topic: 'refunds' }] }),
    ).toEqual([]);
  });

  it.each([
    [{ topic: [] }, ['topic is an empty list']],
    [{ topic: ['orders', '../x'] }, [expect.stringContaining('topic ')]],
    [{ topic: ['orders', 'orders'] }, ['topic names topic "orders" twice']],
    [{ subscriptions: [{ topic: 'refunds' }] }, ['topic is given together with subscriptions']],
    [
      { topic: undefined, selectorExpression: 'paid', subscriptions: [{ topic: 'refunds' }] },
      ['selectorExpression is given together with subscriptions'],
    ],
    [{ topic: undefined, subscriptions: [] }, ['subscriptions  is no list of subscriptions']],
    [{ topic: undefined, subscriptions: 'orders' }, ['subscriptions "orders" is no list of subscriptions']],
    [
      { topic: undefined, subscriptions: [{ topic: 'a', tag: 'x' }, { topic: '' }, { topic: 'a', selectorType: 'SQL92' }] },
      [
        'subscriptions[0].tag is unknown',
        'subscriptions[1].topic "" is no name',
        expect.stringContaining('subscriptions[2].selectorExpression SQL92 expression'),
        'subscriptions names topic "a" twice',
      ],
    ],
  ])('says what is wrong with the topics of %j', (options, problems) => {
    expect(problemsOf(options)).toEqual(problems);
  });
});
