import { z } from 'zod';
import { MessageConversionError } from './message-conversion-error.js';
import { defineTopic, topicRulesOf } from './topic-contract.js';

const Orders = defineTopic('orders', {
  schema: z.object({ id: z.string(), amount: z.number().positive() }),
  tags: ['paid', 'shipped'],
  key: ({ id }) => id,
  shardingKey: ({ id }) => `order-${id}`,
});

describe('defineTopic', () => {
  it('names destinations, subscriptions and filters', () => {
    expect(Orders.to('paid')).toMatchObject({ topic: 'orders', tag: 'paid' });
    expect(Orders.listen('paid', 'shipped')).toEqual({
      topic: 'orders',
      selectorExpression: 'paid || shipped',
      messageType: Orders.messageType,
    });
    expect([Orders.filter('paid'), Orders.filter(), Orders.listen().selectorExpression]).toEqual([
      'paid',
      'paid || shipped',
      'paid || shipped',
    ]);
    expect(defineTopic('audit', { schema: Date }).filter()).toBe('*');
  });

  it('checks payloads and knows their keys', async () => {
    const rules = topicRulesOf(Orders.to('paid'))!;
    await expect(rules.check({ id: 'o1', amount: 1 })).resolves.toBeUndefined();
    const refused = rules.check({ id: 7, amount: -1 });
    await expect(refused).rejects.toBeInstanceOf(MessageConversionError);
    await expect(refused).rejects.toThrow(/the payload does not fit topic orders: id: .*; amount: /);
    expect(rules.keysOf({ id: 'o1', amount: 1 })).toBe('o1');
    expect(rules.shardingKeyOf({ id: 'o1', amount: 1 })).toBe('order-o1');
    expect(topicRulesOf('orders:paid')).toBeUndefined();
  });

  it('refuses names and tags nobody could send or filter by', () => {
    expect(() => defineTopic('no topic', { schema: Date })).toThrow('no topic');
    expect(() => defineTopic('orders', { schema: Date, tags: ['a||b'] })).toThrow('"a||b" is no tag');
    expect(() => Orders.to('lost' as 'paid')).toThrow('topic orders has no tag "lost"; it has paid, shipped');
    expect(() => (Orders.to as () => unknown)()).toThrow('topic orders wants a tag: paid, shipped');
    expect(defineTopic('audit', { schema: Date }).to()).toMatchObject({ topic: 'audit', tag: undefined });
  });
});
