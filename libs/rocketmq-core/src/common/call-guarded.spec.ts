import { callGuarded } from './call-guarded.js';

describe('callGuarded', () => {
  it('tells what is thrown, now and later, and lets nothing out', async () => {
    const heard: unknown[] = [];
    const failed = (error: unknown): void => void heard.push(error);
    callGuarded(() => {
      throw 'now'; // oxlint-disable-line no-throw-literal
    }, failed);
    callGuarded(() => Promise.reject(new Error('later')), failed);
    callGuarded(() => Promise.resolve('fine'), failed);
    callGuarded(() => undefined, failed);
    expect(heard).toEqual(['now']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['now', new Error('later')]);
  });
});
