import { durationMs } from './duration.js';
import { describeFilter, matches } from './message-filter.js';

describe('durationMs', () => {
  it.each([
    [1500, 1500],
    ['500ms', 500],
    ['2s', 2000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['3d', 259_200_000],
    ['1h 5s', 3_605_000],
  ])('reads %s', (given, ms) => {
    expect(durationMs(given)).toBe(ms);
  });

  it.each(['', 'soon', '5', '5x', '-1s', '1h later', -1, Number.NaN])('refuses %p', (given) => {
    expect(() => durationMs(given)).toThrow('is no duration: give ms, or text such as');
  });
});

describe('MessageFilter', () => {
  const facts = { topic: 'orders', tags: 'paid', keys: 'k1 k2' };
  it('takes what it names and leaves the rest open', () => {
    expect(matches({}, facts)).toBe(true);
    expect(matches({ topic: 'orders', tag: 'paid', key: 'k2' }, facts)).toBe(true);
    expect(matches({ key: 'k' }, facts)).toBe(false);
    expect(matches({ tag: 'paid' }, { ...facts, tags: undefined })).toBe(false);
    expect(describeFilter({ topic: 'orders', tag: 'paid', key: 'k1' })).toBe('orders:paid key=k1');
  });
});
