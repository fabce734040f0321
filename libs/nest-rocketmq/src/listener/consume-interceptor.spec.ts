import { outcomeOf, type Outcome, type Verdict } from './consume-interceptor.js';
import { type RocketMQMessageListenerOptions, withListenerDefaults } from './listener-options.js';

const AGAIN: Verdict = { kind: 'AGAIN', delayLevel: 0 };

describe('outcomeOf', () => {
  const cases: Array<[Verdict, Partial<RocketMQMessageListenerOptions>, number, Outcome]> = [
    [{ kind: 'CONSUMED' }, {}, 16, 'consumed'],
    [{ kind: 'CONSUMED', reason: 'known' }, {}, 0, 'discarded'],
    [AGAIN, {}, 15, 'retried'],
    [AGAIN, {}, 16, 'dead_lettered'],
    [{ kind: 'AGAIN', delayLevel: -1 }, {}, 0, 'dead_lettered'],
    [{ kind: 'AGAIN', delayLevel: 3 }, { maxReconsumeTimes: 2 }, 2, 'dead_lettered'],
    [AGAIN, { consumeMode: 'ORDERLY' }, 1000, 'retried'],
    [AGAIN, { consumeMode: 'ORDERLY', maxReconsumeTimes: 2 }, 2, 'dead_lettered'],
    [{ kind: 'AGAIN', delayLevel: -1 }, { messageModel: 'BROADCASTING' }, 0, 'discarded'],
  ];
  it.each(cases)('of %p with %p at reconsumeTimes %p is %p', (verdict, options, reconsumeTimes, outcome) => {
    expect(outcomeOf(verdict, withListenerDefaults({ topic: 't', consumerGroup: 'g', ...options }), reconsumeTimes)).toBe(outcome);
  });
});
