// What passes a SQL92 filter, record by record: true alone does.
import { compileSql } from 'rocketmq-core/filter';
import { encodeProperties, encodeRecord } from 'rocketmq-core/message';
import { RetrySqlMessageFilter, SqlMessageFilter } from './sql-message-filter.js';

function recordOf(properties: Record<string, string>): Uint8Array {
  const host = '127.0.0.1:1';
  const numbers = { queueId: 0, flag: 0, queueOffset: 0, physicalOffset: 0, sysFlag: 0, bornTimestamp: 0, storeTimestamp: 0 };
  return encodeRecord({
    ...numbers,
    topic: 'T',
    bornHost: host,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from('body'),
    properties: encodeProperties(new Map(Object.entries(properties))),
  });
}

const passes = (filter: SqlMessageFilter | RetrySqlMessageFilter, properties: Record<string, string>): boolean => {
  const bytes = recordOf(properties);
  return filter.matches() && filter.matchesRecord(bytes, 0, bytes.length);
};

describe('SqlMessageFilter', () => {
  it('lets true pass, not false, not unknown; values that do not compare are told of', () => {
    let failures = 0;
    const filter = new SqlMessageFilter(compileSql('amount > 100'), () => failures++);
    expect(['150', '50', undefined, 'much'].map((amount) => passes(filter, amount === undefined ? {} : { amount }))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(failures).toBe(1);
    expect(filter.matchesRecord(new Uint8Array(100), 0, 100)).toBe(false);
  });

  it('of a retry topic asks the filter of the topic a message is from, and lets others pass', () => {
    const filter = new RetrySqlMessageFilter(
      (topic) => (topic === 'orders' ? compileSql('amount > 100') : undefined),
      () => {},
    );
    expect(passes(filter, { RETRY_TOPIC: 'orders', amount: '150' })).toBe(true);
    expect(passes(filter, { RETRY_TOPIC: 'orders', amount: '50' })).toBe(false);
    expect(passes(filter, { RETRY_TOPIC: 'other', amount: '50' })).toBe(true);
    expect(passes(filter, { amount: '50' })).toBe(true);
  });
});
