import { type ListenerDefinition, type RocketMQMessageListenerOptions, withListenerDefaults } from '../listener/index.js';
import { connectionInstanceName, instanceNameOf, switchedOn } from './listener-switches.js';
import { findSharedWithPull, findSplitGroups } from './split-groups.js';

const listener = (options: Partial<RocketMQMessageListenerOptions>, className = 'Billing'): ListenerDefinition => ({
  id: className,
  className,
  mode: 'MESSAGE',
  handlers: [],
  options: withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', ...options }),
});

describe('switchedOn', () => {
  it('takes single topics away, and the listener with the last', () => {
    const both = listener({ topic: ['orders', 'refunds'], selectorExpression: 'paid' });
    const of = (switches: Record<string, boolean | string>) => switchedOn(both, { listeners: { billing: switches } });
    expect(switchedOn(both, undefined)).toBe(both);
    expect(of({ other: false, orders: true })).toBe(both);
    expect(of({ orders: false })!.options).toMatchObject({
      topic: undefined,
      subscriptions: [{ topic: 'refunds', selectorType: 'TAG', selectorExpression: 'paid' }],
    });
    expect(of({ orders: 'false', refunds: false })).toBeUndefined();
    expect(switchedOn(listener({ enabled: false }), undefined)).toBeUndefined();
  });
});

describe('instance names', () => {
  const nameOf = (options: Partial<RocketMQMessageListenerOptions>) => instanceNameOf('Billing', listener(options).options, 'a:1');

  it('are unique unless given, or needed to find offsets again', () => {
    expect(nameOf({})).toBeUndefined();
    expect(nameOf({ messageModel: 'BROADCASTING' })).toBe('Billing');
    expect(nameOf({ instanceName: 'shop', nameServer: 'a:1' })).toBe('shop');
  });

  it('never make one client for two connections or two clusters', () => {
    expect(nameOf({ instanceName: 'shop', connection: 'audit' })).toBe('shop-audit');
    expect(nameOf({ messageModel: 'BROADCASTING', connection: 'audit/eu' })).toBe('Billing-audit_eu');
    expect(nameOf({ instanceName: 'shop', nameServer: 'b:2;c:3' })).toBe('shop-b_2_c_3');
    expect(['default', 'audit'].map((connection) => connectionInstanceName('shop', connection))).toEqual(['shop', 'shop-audit']);
    expect([connectionInstanceName('shop-audit', 'audit'), connectionInstanceName(undefined, 'audit')]).toEqual(['shop-audit', undefined]);
  });
});

describe('findSplitGroups', () => {
  const owner = (label: string, nameServer: string, ...listeners: ListenerDefinition[]) => ({ label, options: { nameServer }, listeners });

  it('refuses a group that two connections of one cluster subscribe differently', () => {
    const [problem, ...rest] = findSplitGroups([
      owner('RocketMQModule "default"', 'a:1', listener({ selectorExpression: 'paid' })),
      owner('RocketMQModule "audit"', 'a:1', listener({ connection: 'audit' }, 'Audit')),
    ]);
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({
      where: 'Audit',
      problem:
        'group "billing" is subscribed to topic=orders selector=TAG "*" here and to topic=orders selector=TAG "paid" in Billing, ' +
        'of RocketMQModule "default" with the same name server',
    });
  });

  it('sees the cluster behind a listener of its own name server', () => {
    const there = owner('x', 'b:2', listener({ nameServer: 'a:1', topic: 'refunds' }, 'There'));
    expect(findSplitGroups([owner('y', 'a:1', listener({})), there])).toHaveLength(1);
  });

  it('takes equal subscriptions, other clusters, other groups and other namespaces', () => {
    const here = owner('default', 'a:1', listener({ topic: ['b', 'a'], selectorExpression: 'x || y' }));
    const others = [
      owner('audit', 'a:1', listener({ topic: 'a', selectorExpression: 'y||x' }), listener({ topic: 'b', selectorExpression: 'x||y' })),
      owner('far', 'b:2', listener({})),
      owner('tenant', 'a:1', listener({ namespace: 't' })),
      owner('other', 'a:1', listener({ consumerGroup: 'other' })),
    ];
    expect(findSplitGroups([here, ...others])).toEqual([]);
  });
});

describe('findSharedWithPull', () => {
  it('refuses the group of the pull consumer', () => {
    const options = { nameServer: 'a:1', pullConsumer: { group: 'billing', topic: 'orders' } };
    expect(
      findSharedWithPull(options, [listener({}), listener({ consumerGroup: 'x' })]).map(({ where, option }) => [where, option]),
    ).toEqual([['Billing', 'consumerGroup']]);
    expect(findSharedWithPull({ nameServer: 'a:1' }, [listener({})])).toEqual([]);
  });
});
