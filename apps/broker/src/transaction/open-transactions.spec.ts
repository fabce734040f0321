import { OpenTransactions } from './open-transactions.js';

const at = (queueOffset: number) => ({ queueOffset, askAtMs: 0 });

describe('OpenTransactions', () => {
  it('moves its half offset over what is done with, in whatever order it is closed', () => {
    const state = new OpenTransactions();
    state.begin(10, 0);
    for (const offset of [12, 11, 14, 9]) state.close(offset);
    expect(state.halfOffset).toBe(10);
    state.close(10);
    expect(state.halfOffset).toBe(13);
    state.close(13);
    expect(state.halfOffset).toBe(15);
  });

  it('keeps an op record until all it names, and all records before it, are behind', () => {
    const state = new OpenTransactions();
    state.begin(0, 5);
    state.noteOp(5, 1);
    state.noteOp(6, 0);
    state.noteOp(7, -1);
    state.close(0);
    expect(state.opOffset).toBe(5);
    state.close(1);
    expect([state.halfOffset, state.opOffset]).toEqual([2, 8]);
    state.noteOp(3, 9);
    expect(state.opOffset).toBe(8);
  });

  it('names the older record when a transaction has a newer one', () => {
    const state = new OpenTransactions();
    state.begin(0, 0);
    expect(state.add('a', at(0))).toBeUndefined();
    expect(state.add('b', at(1))).toBeUndefined();
    expect(state.add('a', at(2))).toEqual(at(0));
    expect([...state.entries()].map(([identity, { queueOffset }]) => [identity, queueOffset])).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    state.remove('b');
    expect([state.count, state.find('b'), state.find('a')]).toEqual([1, undefined, at(2)]);
  });
});
