// Trace records equal those of Apache's encoder, for every captured kind.
import { encodeTrace, type TraceContext } from '../../libs/rocketmq-core/src/client/trace/trace-record.js';
import { goldenData } from '../support/golden-data.js';

interface TraceRow {
  type: string;
  result: { data?: string; keys?: string[]; throws?: string };
}

const { trace } = goldenData<{ trace: TraceRow[] }>('values');

/** What the capture gave Apache's encoder. */
const SHARED = { timeStamp: 1_700_000_000_000, regionId: 'DefaultRegion', group: 'g' };
const MESSAGE = { topic: 'TopicTest', msgId: 'MSGID1', tags: 'TagA', keys: 'k1 k2' };
const GIVEN: Record<string, TraceContext> = {
  Pub: {
    type: 'Pub',
    ...SHARED,
    ...MESSAGE,
    storeHost: '127.0.0.1:10911',
    bodyLength: 5,
    costTime: 12,
    messageType: 'NORMAL',
    offsetMsgId: 'OFF1',
    success: true,
  },
  Recall: { type: 'Recall', ...SHARED, ...MESSAGE, success: true },
  SubBefore: { type: 'SubBefore', ...SHARED, requestId: 'REQ1', messages: [{ ...MESSAGE, retryTimes: 1 }] },
  EndTransaction: {
    type: 'EndTransaction',
    ...SHARED,
    ...MESSAGE,
    storeHost: '127.0.0.1:10911',
    messageType: 'NORMAL',
    transactionId: 'TX1',
    transactionState: 'COMMIT_MESSAGE',
    fromTransactionCheck: false,
  },
};

describe('traces', () => {
  const captured = trace.filter(({ result }) => result.throws === undefined);

  it.each(captured.map((row) => [row.type, row] as const))('%s', (type, { result }) => {
    const { data, keys } = encodeTrace(GIVEN[type]!);
    expect({ data, keys: [...new Set(keys)].toSorted() }).toEqual({ data: result.data, keys: result.keys!.toSorted() });
  });

  it('has every captured kind', () => {
    expect(captured.map(({ type }) => type).toSorted()).toEqual(Object.keys(GIVEN).toSorted());
  });
});
