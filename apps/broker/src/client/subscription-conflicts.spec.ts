import type { SubscriptionData } from 'rocketmq-core/message';
import { describeConflict, SubscriptionConflicts } from './subscription-conflicts.js';

const to = (topics: Record<string, string>): SubscriptionData[] =>
  Object.entries(topics).map(([topic, subString]) => ({
    topic,
    subString,
    tagsSet: [],
    codeSet: [],
    subVersion: 1,
    expressionType: 'TAG',
    classFilterMode: false,
  }));

describe('SubscriptionConflicts', () => {
  it('tells a disagreement once, for as long as it lasts', () => {
    const conflicts = new SubscriptionConflicts();
    expect(conflicts.note('cg', 'a', to({ orders: 'paid', '%RETRY%cg': '*' }))).toEqual([]);
    expect(conflicts.note('cg', 'b', to({ orders: 'paid', '%RETRY%cg': '*' }))).toEqual([]);
    const told = conflicts.note('cg', 'b', to({ orders: 'shipped', '%RETRY%cg': '*' }));
    expect(told.map(describeConflict)).toEqual([
      'members of group cg disagree about topic orders: a wants "paid", b "shipped"; the newest wins, so messages go unconsumed. ' +
        'Give them one subscription or two groups',
    ]);
    expect(conflicts.note('cg', 'a', to({ orders: 'paid', '%RETRY%cg': '*' }))).toEqual([]);
    expect([...conflicts.all()]).toHaveLength(1);
    expect(conflicts.note('cg', 'b', to({ orders: 'paid', '%RETRY%cg': '*' }))).toEqual([]);
    expect([...conflicts.all()]).toEqual([]);
    expect(conflicts.note('cg', 'b', to({ orders: 'shipped', '%RETRY%cg': '*' }))).toHaveLength(1);
  });

  it('sees a topic only one of them has, and forgets who leaves', () => {
    const conflicts = new SubscriptionConflicts();
    conflicts.note('cg', 'a', to({ orders: '*' }));
    const [conflict] = conflicts.note('cg', 'b', to({ orders: '*', payments: '*' }));
    expect(conflict).toMatchObject({
      topic: 'payments',
      one: { clientId: 'a', subString: undefined },
      other: { clientId: 'b', subString: '*' },
    });
    conflicts.leave('cg', 'a');
    expect([...conflicts.all()]).toEqual([]);
    conflicts.leave('cg', 'b');
    conflicts.leave('cg', 'b');
    expect(conflicts.note('cg', 'c', to({ payments: 'x' }))).toEqual([]);
  });
});
