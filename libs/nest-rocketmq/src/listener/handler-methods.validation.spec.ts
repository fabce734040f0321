import { ProblemList } from '../options/index.js';
import { checkHandlers } from './handler-methods.validation.js';
import { withListenerDefaults, type RocketMQMessageListenerOptions } from './listener-options.js';
import { OnMessage, type OnMessageOptions } from './on-message.decorator.js';

/** A class with the plain methods, and one method `m0`, `m1`... for each of the decorations. */
function problemsOf(
  decorations: ReadonlyArray<string | undefined | OnMessageOptions>,
  options: Partial<RocketMQMessageListenerOptions> = {},
  plain: readonly string[] = [],
): string[] {
  class Stock {}
  const define = (name: string): void => void Object.defineProperty(Stock.prototype, name, { value() {} });
  for (const name of plain) define(name);
  for (const [index, given] of decorations.entries()) {
    define(`m${index}`);
    OnMessage(given as string)(Stock.prototype, `m${index}`, {});
  }
  const problems = new ProblemList('Stock');
  checkHandlers(Stock.prototype, withListenerDefaults({ topic: 'orders', consumerGroup: 'stock', ...options }), problems);
  return problems.found.map(({ option, problem }) => `${option} ${problem}`);
}

describe('checkHandlers', () => {
  it.each([
    ['one tag each', ['a', 'b || c'], { selectorExpression: 'a || b || c' }],
    ['a rest', ['a', undefined], {}],
    ['a rest, of everything by SQL92', ['a', undefined], { selectorType: 'SQL92' as const, selectorExpression: 'x > 1' }],
    ['a policy for what is left', ['a'], { unmatchedMessage: 'DISCARD' as const }],
    ['a method for the topic and one for any', ['a', { topic: 'orders', tag: 'a' }, undefined], {}],
  ])('finds nothing wrong with %s', (_case, decorations, options) => {
    expect(problemsOf(decorations, options)).toEqual([]);
  });

  it('takes each plain method by itself', () => {
    for (const name of ['onMessage', 'onRequest', 'onMessages']) expect(problemsOf([], {}, [name])).toEqual([]);
  });

  it.each<[string, Parameters<typeof problemsOf>, string]>([
    ['no method', [[]], 'onMessage is missing'],
    ['two plain ones', [[], {}, ['onMessage', 'onMessages']], 'onMessages stands beside onMessage'],
    ['three', [[], {}, ['onMessage', 'onRequest', 'onMessages']], 'onRequest stands beside onMessage and onMessages'],
    ['both kinds', [['a'], {}, ['onMessage']], 'onMessage stands beside methods with @OnMessage (m0)'],
    ['tags and requests', [['a'], {}, ['onRequest']], 'onRequest stands beside methods with @OnMessage (m0)'],
    ['a cluster of its own for requests', [[], { nameServer: 'a:1' }, ['onRequest']], 'nameServer is set on a listener with onRequest'],
    [
      'batches above what is pulled',
      [[], { consumeMessageBatchMaxSize: 64 }, ['onMessages']],
      'consumeMessageBatchMaxSize 64 is above pullBatchSize 32, so no batch would get that large',
    ],
    [
      'a policy nobody needs',
      [[], { unmatchedMessage: 'RETRY' }, ['onMessage']],
      'unmatchedMessage is set, but onMessage takes every message',
    ],
    ['an empty tag', [['']], '@OnMessage on m0 "" is no list of tags'],
    ['a broken list', [['a | b']], '@OnMessage on m0 "a | b" is no list of tags'],
    ['a list with a hole', [['a ||']], '@OnMessage on m0 "a ||" is no list of tags'],
    ['a star', [['*']], '@OnMessage on m0 "*": "*" is no tag'],
    ['no text', [[{ tag: 7 as never }]], '@OnMessage on m0 7 is no tag'],
    ['another topic', [[{ topic: 'parcels' }]], '@OnMessage on m0 topic "parcels" is none of the listener\'s'],
    ['a tag twice', [['a || b', 'b', undefined]], '@OnMessage on m1 tag "b" goes to m0 already'],
    ['two rests', [[undefined, undefined]], '@OnMessage on m1 the messages no other method takes go to m0 already'],
    [
      'everything without a rest',
      [['a'], { selectorExpression: '*' }],
      'selectorExpression "*" lets through messages with tag any other, which no @OnMessage method takes',
    ],
    [
      'a tag nobody takes',
      [['a'], { selectorExpression: 'a || b || c' }],
      'selectorExpression "a || b || c" lets through messages with tag b, c, which no @OnMessage method takes',
    ],
    [
      'a tag that is kept away',
      [['a', 'b', undefined], { selectorExpression: 'a' }],
      '@OnMessage on m1 waits for "b", which selectorExpression "a" keeps away',
    ],
  ])('says what is wrong with %s', (_case, given, problem) => {
    expect(problemsOf(...given)).toEqual([problem]);
  });

  it('tells all at once', () => {
    expect(problemsOf(['', 'a', 'a', { topic: 'x' }])).toHaveLength(3);
  });
});
