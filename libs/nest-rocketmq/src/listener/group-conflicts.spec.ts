import type { ListenerMode } from './listener-definition.js';
import { findGroupConflicts } from './group-conflicts.js';
import { type RocketMQMessageListenerOptions, withListenerDefaults } from './listener-options.js';

const member = (className: string, options: Partial<RocketMQMessageListenerOptions>, cluster = '', mode: ListenerMode = 'MESSAGE') => ({
  mode,
  className,
  cluster,
  options: withListenerDefaults({ consumerGroup: 'billing', ...(options.subscriptions ? {} : { topic: 'orders' }), ...options }),
});

const conflicts = (...options: Array<Partial<RocketMQMessageListenerOptions>>): string[] =>
  findGroupConflicts(options.map((each, at) => member('ABC'[at]!, each))).map(
    ({ where, option, problem }) => `${where}.${option} ${problem}`,
  );

describe('findGroupConflicts', () => {
  it.each([
    [{ topic: 'refunds' }],
    [{ topic: ['refunds', 'returns'], selectorType: 'SQL92' as const, selectorExpression: 'a > 1' }],
    [{ selectorExpression: 'cancelled || lost' }],
    [{ subscriptions: [{ topic: 'refunds' }, { topic: 'orders', selectorExpression: 'cancelled' }] }],
    // A listener's own business.
    [{ topic: 'refunds', messageType: String, invalidMessage: 'RETRY' as const, replyTimeout: 9, awaitTerminationMillisWhenShutdown: 1 }],
  ])('lets %p share a consumer with one for paid and shipped orders', (options) => {
    expect(conflicts({ selectorExpression: 'paid || shipped' }, options)).toEqual([]);
  });

  it.each([
    [{}, 'tag paid, shipped'],
    [{ selectorExpression: 'cancelled||paid' }, 'tag paid'],
    [{ selectorType: 'SQL92' as const, selectorExpression: 'a > 1' }, 'messages that match both selectors (SQL92 cannot be told apart)'],
    [{ subscriptions: [{ topic: 'refunds' }, { topic: 'orders', selectorExpression: 'shipped' }] }, 'tag shipped'],
  ])('refuses %p beside it: two would get the same message', (options, both) => {
    expect(conflicts({ selectorExpression: 'paid || shipped' }, options)).toEqual([
      `B.consumerGroup group "billing" would give ${both} of topic orders to this class and to A`,
    ]);
  });

  it('says of a class that stands there twice where it belongs', () => {
    class Twice {}
    const [problem, ...rest] = findGroupConflicts([1, 2].map(() => ({ ...member('Twice', {}), type: Twice })));
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({
      where: 'Twice',
      problem: 'the class is a listener of group "billing" twice, with every message of topic orders',
      remedy: expect.stringMatching(/^Provide it in one module/),
    });
  });

  it('lets broadcasting listeners want the same', () => {
    expect(conflicts({ messageModel: 'BROADCASTING' }, { messageModel: 'BROADCASTING' })).toEqual([]);
  });

  it('compares each with every one before it', () => {
    expect(conflicts({ selectorExpression: 'paid' }, { selectorExpression: 'shipped' }, {})).toEqual([
      'C.consumerGroup group "billing" would give tag paid of topic orders to this class and to A',
      'C.consumerGroup group "billing" would give tag shipped of topic orders to this class and to B',
    ]);
    expect(conflicts({}, {})[0]).toContain('every message of topic orders');
  });

  it('names every setting of the consumer that differs, and no secret', () => {
    const found = conflicts(
      { accessKey: 'key-one', secretKey: 'one' },
      { topic: 'refunds', consumeMode: 'ORDERLY', consumeThreadNumber: 5, autoStart: false, accessKey: 'key-two', secretKey: 'two' },
    );
    expect(found).toEqual([
      'B.consumeMode is "ORDERLY" here and "CONCURRENTLY" in A, of the same group "billing"',
      'B.consumeThreadNumber is 5 here and 20 in A, of the same group "billing"',
      'B.autoStart is false here and undefined in A, of the same group "billing"',
      'B.accessKey is not that of A, of the same group "billing"',
      'B.secretKey is not that of A, of the same group "billing"',
    ]);
  });

  it('takes listeners of batches by themselves', () => {
    const members = [member('A', {}), member('B', { topic: 'refunds' }, '', 'BATCH'), member('C', { topic: 'returns' }, '', 'REQUEST')];
    expect(findGroupConflicts(members).map(({ where, option }) => `${where}.${option}`)).toEqual(['B.onMessages']);
  });

  it('keeps groups of different clusters and different names apart', () => {
    expect(findGroupConflicts([member('A', {}), member('B', {}, 'other:9876'), member('C', { consumerGroup: 'c' })])).toEqual([]);
  });

  it('refuses any second one when that is asked for', () => {
    const [problem, ...rest] = findGroupConflicts([member('A', {}), member('B', { topic: 'refunds' })], 'error');
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({
      where: 'B',
      option: 'consumerGroup',
      problem: 'group "billing" belongs to A, and consumer.allowSameGroup is "error"',
    });
  });
});
