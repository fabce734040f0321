import { MessageExt } from 'rocketmq-core/message';
import { ProblemList } from '../options/index.js';
import { HandlerTable } from './handler-table.js';
import { parsePattern, parseTarget, routeOf } from './pattern.js';

const callback = async (): Promise<unknown> => undefined;

function table(...patterns: Array<[kind: 'event' | 'request', pattern: unknown, extras?: object]>): HandlerTable {
  const made = new HandlerTable();
  for (const [kind, pattern, extras] of patterns) made.add(pattern, callback, kind === 'event', extras ?? {});
  return made;
}

const problemsOf = (made: HandlerTable, broadcasting = false): string[] => {
  const problems = new ProblemList('ServerRocketMQ');
  made.findProblems(problems, broadcasting);
  return problems.found.map(({ option, problem }) => `${option}: ${problem}`);
};

describe('patterns', () => {
  it.each([
    ['orders', 'orders'],
    ['orders:', 'orders'],
    ['orders:*', 'orders'],
    [{ topic: 'orders' }, 'orders'],
    ['orders:paid', 'orders:paid'],
    [{ topic: 'orders', tag: 'paid' }, 'orders:paid'],
    ['orders:shipped||paid || shipped', 'orders:paid || shipped'],
    ['orders:a:b', 'orders:a:b'],
  ])('%j has the one spelling %s', (pattern, route) => {
    expect(routeOf(parsePattern(pattern))).toBe(route);
  });

  it.each([
    [{ cmd: 'sum' }, 'names no topic'],
    [7, 'names no topic'],
    [null, 'names no topic'],
    [':paid', 'names no topic'],
    [{ topic: 7 }, 'names no topic'],
    [{ topic: 'orders', tags: 'paid' }, 'tags is unknown. Did you mean tag?'],
    [{ topic: 'orders', tag: ['paid'] }, 'tag is no text'],
    ['or ders', 'or ders'],
    ['orders:||', 'names no tag'],
  ])('%j is refused', (pattern, problem) => {
    expect(() => parsePattern(pattern)).toThrow(problem);
  });

  it('of a client name one tag', () => {
    expect(parseTarget('orders:paid')).toEqual({ topic: 'orders', tag: 'paid' });
    expect(parseTarget({ topic: 'orders' })).toEqual({ topic: 'orders', tag: '' });
    for (const pattern of ['orders:*', 'orders:a || b']) expect(() => parseTarget(pattern)).toThrow('a message has one tag');
  });
});

describe('HandlerTable', () => {
  it('subscribes to what the patterns name together', () => {
    const made = table(['event', 'orders:paid || shipped'], ['request', 'orders:ask'], ['event', 'stock'], ['event', 'stock:low']);
    expect([...made.subscriptions()]).toEqual([
      ['orders', 'ask || paid || shipped'],
      ['stock', '*'],
    ]);
  });

  it('gives an event to every pattern that fits, a request to the narrowest', () => {
    const made = table(['event', 'a:x || y'], ['event', 'a'], ['event', 'a:x'], ['request', 'a'], ['request', 'a:y || z']);
    const routes = (tag?: string): string[] => made.eventHandlers('a', tag).map(({ route }) => route);
    expect([routes('x'), routes('y'), routes('z'), routes()]).toEqual([['a:x || y', 'a', 'a:x'], ['a:x || y', 'a'], ['a'], ['a']]);
    expect(['x', 'y', 'z', undefined].map((tag) => made.requestHandler('a', tag)?.route)).toEqual(['a', 'a:y || z', 'a:y || z', 'a']);
    expect([made.requestHandler('b', 'x'), made.eventHandlers('b', 'x')]).toEqual([undefined, []]);
  });

  it('tells all that is wrong, and only that', () => {
    expect(
      problemsOf(table(['event', 'a:x'], ['event', 'a:x'], ['request', 'a:x'], ['event', 'a', { messageType: MessageExt, own: 1 }])),
    ).toEqual([]);
    const wrong = table(
      ['request', 'a:x || y'],
      ['request', 'a:y'],
      ['request', 'a'],
      ['request', 'a:*'],
      ['event', 'b', { messageType: 'Order' }],
    );
    expect(problemsOf(wrong)).toEqual([
      'pattern b: messageType "Order" is no type',
      'pattern a:y: tag y is answered by another @MessagePattern ("a:x || y") already',
      'pattern a: tag * is answered by another @MessagePattern ("a") already',
    ]);
    expect(problemsOf(table(['request', 'a'], ['event', 'b']), true)).toEqual([
      'pattern a: is a @MessagePattern, and every process of a broadcasting group would answer',
    ]);
  });
});
