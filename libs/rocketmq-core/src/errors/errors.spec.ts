import * as errors from './index.js';
import { ERROR_TABLE } from './index.js';

describe('error table', () => {
  it('names an exported class in every row, and every exported class has a row', () => {
    const classes = Object.entries(errors)
      .filter(([, value]) => typeof value === 'function' && value !== errors.RocketMQError)
      .map(([name]) => name)
      .toSorted();
    expect(
      Object.values(ERROR_TABLE)
        .map((row) => row.className)
        .toSorted(),
    ).toEqual(classes);
  });

  it('tells the next step of an error', () => {
    const error = new errors.NoRouteError('orders', 'unknown');
    expect(error.name).toBe('NoRouteError');
    expect(error.retryable).toBe(true);
    expect(error.nextStep).toContain('autoCreateTopicEnable');
  });
});
