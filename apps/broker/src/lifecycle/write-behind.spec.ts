import { silentLogger } from 'rocketmq-core/common';
import { WriteBehind } from './write-behind.js';

function setUp() {
  const state = { text: 'a', writes: [] as string[], failing: false };
  const open: Array<() => void> = [];
  const file = new WriteBehind(
    'x.json',
    () => state.text,
    (text) =>
      new Promise((resolve, reject) => {
        state.writes.push(text);
        open.push(() => (state.failing ? reject(new Error('disk')) : resolve()));
      }),
    silentLogger,
  );
  const finish = async (): Promise<void> => {
    await Promise.resolve();
    await Promise.resolve();
    open.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { state, file, finish };
}

describe('WriteBehind', () => {
  it('covers requests made during a write with one more write', async () => {
    const { state, file, finish } = setUp();
    file.request();
    await Promise.resolve();
    await Promise.resolve();
    state.text = 'b';
    file.request();
    state.text = 'c';
    file.request();
    await finish();
    await finish();
    await file.settled();
    expect(state.writes).toEqual(['a', 'c']);
  });

  it('does not write the same text again', async () => {
    const { state, file, finish } = setUp();
    file.request();
    await finish();
    file.request();
    await file.settled();
    expect(state.writes).toEqual(['a']);
  });

  it('counts a failed write and tries again with the next request', async () => {
    const { state, file, finish } = setUp();
    state.failing = true;
    file.request();
    await finish();
    expect(file.failedWrites).toBe(1);
    state.failing = false;
    file.request();
    await finish();
    await file.settled();
    expect(state.writes).toEqual(['a', 'a']);
    expect(file.failedWrites).toBe(1);
  });
});
