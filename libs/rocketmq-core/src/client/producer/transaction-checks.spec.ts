import { silentLogger } from '../../common/index.js';
import { decodeMessage, encodeProperties, encodeRecord, type MessageExt } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { TransactionChecks } from './transaction-checks.js';
import type { LocalTransactionState } from './transaction-listener.js';

interface Sent {
  address: string;
  header: Record<string, unknown>;
  remark: string | undefined;
}

const question = (msgId: string, queueOffset: number, address = 'broker:1') => ({
  address,
  header: { tranStateTableOffset: queueOffset, commitLogOffset: queueOffset * 100 },
  message: decodeMessage(
    encodeRecord({
      topic: 't',
      queueId: 0,
      flag: 0,
      queueOffset,
      physicalOffset: queueOffset * 100,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: '10.0.0.1:1',
      storeTimestamp: 0,
      storeHost: '10.0.0.1:2',
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from('b'),
      properties: encodeProperties(new Map([['UNIQ_KEY', msgId]])),
    }),
  ),
});

function setUp(limits: { concurrency: number; waiting: number }, fail?: () => Error | undefined) {
  const sent: Sent[] = [];
  const atWork = new Map<string, (state: LocalTransactionState) => void>();
  const errors: string[] = [];
  const instance = {
    ports: { logger: { ...silentLogger, error: (line: string) => void errors.push(line) } },
    remoting: {
      invokeOneWay: async (_row: unknown, address: string, header: Record<string, unknown>, { remark }: { remark?: string }) => {
        const error = fail?.();
        if (error !== undefined) throw error;
        sent.push({ address, header, remark });
      },
    },
  } as unknown as ClientInstance;
  const listener = {
    executeLocalTransaction: () => undefined,
    checkLocalTransaction: ({ msgId }: MessageExt) => new Promise<LocalTransactionState>((resolve) => atWork.set(msgId, resolve)),
  };
  const checks = new TransactionChecks(instance, 'g', () => listener, {
    concurrency: () => limits.concurrency,
    waiting: () => limits.waiting,
    hooks: [],
  });
  const decide = async (msgId: string, state: LocalTransactionState = 'COMMIT_MESSAGE'): Promise<void> => {
    atWork.get(msgId)!(state);
    atWork.delete(msgId);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { checks, sent, atWork, decide, errors };
}

describe('TransactionChecks', () => {
  it('has so many at work, so many waiting, and leaves out the rest', async () => {
    const { checks, sent, atWork, decide } = setUp({ concurrency: 2, waiting: 2 });
    for (const [i, id] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) checks.take(question(id, i));
    expect([[...atWork.keys()], checks.droppedChecks]).toEqual([['a', 'b'], 2]);
    await decide('a');
    await decide('b', 'ROLLBACK_MESSAGE');
    expect([...atWork.keys()]).toEqual(['c', 'd']);
    await decide('d', 'UNKNOW');
    await decide('c');
    expect(sent.map(({ header }) => [header['msgId'], header['commitOrRollback'], header['fromTransactionCheck']])).toEqual([
      ['a', 8, true],
      ['b', 12, true],
      ['d', 0, true],
      ['c', 8, true],
    ]);
  });

  it('answers the newest question about a transaction, once', async () => {
    const { checks, sent, decide } = setUp({ concurrency: 1, waiting: 10 });
    for (const [id, offset] of [['a', 1], ['b', 2], ['a', 3], ['b', 4], ['a', 5]] as const) checks.take(question(id, offset)); // prettier-ignore
    await decide('a');
    await decide('b');
    expect(sent.map(({ header }) => [header['msgId'], header['tranStateTableOffset'], header['commitLogOffset']])).toEqual([
      ['a', 5, 500],
      ['b', 4, 400],
    ]);
  });

  it('takes equal ids of two brokers for two questions', async () => {
    const { checks, sent, decide } = setUp({ concurrency: 1, waiting: 10 });
    checks.take(question('a', 1, 'broker:1'));
    checks.take(question('a', 2, 'broker:2'));
    await decide('a');
    await decide('a');
    expect(sent.map(({ address }) => address)).toEqual(['broker:1', 'broker:2']);
  });

  it('goes on when an answer cannot be sent', async () => {
    let failures = 1;
    const { checks, sent, decide, errors } = setUp({ concurrency: 1, waiting: 10 }, () =>
      failures-- > 0 ? new Error('connection lost') : undefined,
    );
    checks.take(question('a', 1));
    checks.take(question('b', 2));
    await decide('a');
    await decide('b');
    expect(sent.map(({ header }) => header['msgId'])).toEqual(['b']);
    expect(errors).toEqual(['the end of a transaction (COMMIT_MESSAGE) was not sent, the broker will ask: connection lost']);
  });

  it('closes when what is at work has ended, and takes nothing more', async () => {
    const { checks, sent, atWork, decide } = setUp({ concurrency: 1, waiting: 10 });
    checks.take(question('a', 1));
    checks.take(question('b', 2));
    const closed = checks.close();
    checks.take(question('c', 3));
    await decide('a');
    await closed;
    expect([sent.map(({ header }) => header['msgId']), atWork.size]).toEqual([['a'], 0]);
  });
});
