import { withListenerDefaults, type RocketMQMessageListenerOptions } from './listener-options.js';
import { findGroupConflicts, findListenerProblems } from './listener-options.validation.js';

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
});

describe('findGroupConflicts', () => {
  const member = (className: string, options: Partial<RocketMQMessageListenerOptions>, nameServer = '') => ({
    className,
    nameServer,
    options: withListenerDefaults({ ...good, ...options }),
  });

  it('accepts members that subscribe alike, however the tags are written', () => {
    expect(
      findGroupConflicts([member('A', { selectorExpression: 'paid || shipped' }), member('B', { selectorExpression: 'shipped||paid' })]),
    ).toEqual([]);
  });

  it.each([
    [{ topic: 'other' }],
    [{ selectorExpression: 'paid' }],
    [{ messageModel: 'BROADCASTING' as const }],
    [{ selectorType: 'SQL92' as const }],
  ])('refuses a second member with %p', (options) => {
    const [problem, ...rest] = findGroupConflicts([member('A', {}), member('B', options)]);
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({ where: 'B', option: 'consumerGroup' });
    expect(problem!.problem).toContain('in A');
  });

  it('keeps groups of different clusters and different names apart', () => {
    expect(
      findGroupConflicts([member('A', {}), member('B', { topic: 'x' }, 'other:9876'), member('C', { topic: 'x', consumerGroup: 'c' })]),
    ).toEqual([]);
  });
});
