import { ManualClock, silentLogger } from '../common/index.js';
import { REFUSAL_REPORT_MS, RefusalLog } from './refusal-log.js';

function setUp() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = new RefusalLog(clock, { ...silentLogger, warn: (line, fields) => void lines.push(`${line} ${JSON.stringify(fields)}`) });
  return { clock, lines, log };
}

describe('RefusalLog', () => {
  it('tells the first of a kind, then how many came, and begins again', async () => {
    const { clock, lines, log } = setUp();
    for (let n = 0; n < 1000; n++) log.note('SEND_MESSAGE refused with 29', { remark: `r${n}` });
    log.note('malformed frame', { n: 1 });
    expect(lines).toEqual(['SEND_MESSAGE refused with 29 {"remark":"r0"}', 'malformed frame {"n":1}']);
    await clock.advance(REFUSAL_REPORT_MS);
    expect(lines.slice(2)).toEqual(['SEND_MESSAGE refused with 29: 999 more {"withinMs":60000}']);
    log.note('malformed frame', { n: 2 });
    expect(lines.slice(3)).toEqual(['malformed frame {"n":2}']);
  });

  it('does not grow with the number of kinds, and loses no count at the end', () => {
    const { lines, log } = setUp();
    for (let n = 0; n < 5000; n++) log.note(`kind ${n}`, {});
    expect(lines).toHaveLength(201);
    log.close();
    expect(lines.slice(201)).toEqual(['other refusals: 4799 more {"withinMs":60000}']);
  });
});
