import { encodeTrace } from './trace-record.js';

const SHARED = { timeStamp: 1_700_000_000_000, regionId: 'DefaultRegion', group: 'g' };
const MESSAGE = { topic: 'TopicTest', msgId: 'MSGID1', tags: 'TagA', keys: 'k1 k2' };
const fields = (...values: readonly string[]): string => `${values.join('\u0001')}\u0002`;

// test/wire/trace.spec.ts holds the records captured from Apache; here are the forms it does not have.
describe('encodeTrace', () => {
  it('writes one record per consumed message, and null where there is nothing', () => {
    const { data, keys } = encodeTrace({
      type: 'SubAfter',
      ...SHARED,
      requestId: 'REQ1',
      messages: [
        { ...MESSAGE, retryTimes: 0 },
        { ...MESSAGE, msgId: 'MSGID2', keys: undefined, retryTimes: 3 },
      ],
      costTime: 5,
      success: false,
      returnType: 'FAILED',
      cloud: false,
    });
    expect(data).toBe(
      fields('SubAfter', 'REQ1', 'MSGID1', '5', 'false', 'k1 k2', '4', '1700000000000', 'g') +
        fields('SubAfter', 'REQ1', 'MSGID2', '5', 'false', 'null', '4', '1700000000000', 'g'),
    );
    expect(keys).toEqual(['MSGID1', 'k1', 'k2', 'MSGID2']);
  });

  it('leaves time and group out for a cloud, behind an open separator', () => {
    const messages = [{ ...MESSAGE, retryTimes: 0 }];
    const after = { type: 'SubAfter', ...SHARED, requestId: 'R', messages, costTime: 1, success: true, returnType: 'SUCCESS' } as const;
    expect(encodeTrace({ ...after, cloud: true }).data).toBe(fields('SubAfter', 'R', 'MSGID1', '1', 'true', 'k1 k2', '0', ''));
  });
});
