// Found by the clock jumps of test/fault/orderly-owners.spec.ts: a wall clock that came back from years ago made the timers close every second
// in between, one by one, and the broker stood still.
import { BrokerClient } from '../support/broker-client.js';
import { startBroker, type TestBroker } from '../support/broker.js';
import { FastClock } from '../support/fast-clock.js';
import { until } from '../support/until.js';

const YEARS_MS = 800_000_000_000;
/** Closing the seconds of 25 years one by one takes far longer. */
const STALL_LIMIT_MS = 5000;

describe('timed messages and a wall clock that jumps by years', () => {
  let broker: TestBroker;
  let client: BrokerClient;

  afterEach(async () => {
    await client?.close();
    await broker?.close();
  });

  it('are delivered after each jump, and nobody waits for the years in between', async () => {
    const clock = new FastClock(5);
    broker = await startBroker({ overrides: { clock } });
    client = new BrokerClient(broker.address);
    for (const [i, jumpMs] of [-2 * YEARS_MS, YEARS_MS, YEARS_MS, -YEARS_MS].entries()) {
      const topic = `timed-${i}`;
      clock.jump(jumpMs);
      const beginMs = performance.now();
      expect((await client.send(topic, 'soon', { properties: { TIMER_DELAY_MS: '1500', UNIQ_KEY: `U${i}` } })).code).toBe(0);
      await until(async () => (await client.messages({ topic })).length === 1);
      expect(performance.now() - beginMs).toBeLessThan(STALL_LIMIT_MS);
    }
  });
});
