import { IllegalSubscriptionError } from '../../errors/index.js';
import { MessageSelector, selectorOf } from './message-selector.js';

describe('a selector', () => {
  it.each([5, null, undefined, {}])('is text, which %j is not', (given) => {
    expect(() => MessageSelector.bySql(given as never)).toThrow(IllegalSubscriptionError);
    expect(() => MessageSelector.bySql(given as never)).toThrow('an SQL92 expression must be text, found');
    expect(() => MessageSelector.byTag(given as never)).toThrow('a tag expression must be text, found');
  });

  it('is everything when nothing is given, as in Java', () => {
    for (const nothing of [undefined, null]) expect(selectorOf(nothing)).toEqual({ type: 'TAG', expression: '*' });
    for (const none of [5, {}]) expect(() => selectorOf(none as never)).toThrow('a tag expression must be text, found');
  });

  it('is taken as it is, also one made by another copy of this package', () => {
    const foreign = { type: 'SQL92', expression: 'a > 1' };
    expect(selectorOf(foreign as never)).toBe(foreign);
    expect(selectorOf('a || b')).toEqual({ type: 'TAG', expression: 'a || b' });
  });
});
