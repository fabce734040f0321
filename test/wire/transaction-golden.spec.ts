// Captured transactions: what our client answers to the checks of Apache's brokers, what our broker asks, and Apache's stores with undecided
// transactions, told apart by our broker.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { decodeMessage, encodeHost, type MessageExt } from 'rocketmq-core/message';
import { CHECK_TRANSACTION_STATE, decodeHeader, encodeHeader, END_TRANSACTION, parseJson, type RequestRow } from 'rocketmq-core/protocol';
import { decodeCommand, type Connection, type RemotingServer } from 'rocketmq-core/remoting';
import { ProducerTable } from '../../apps/broker/src/client/producer-table.js';
import { checkedCopy, committedMessage, halfOffsetsOf, opMessage } from '../../apps/broker/src/transaction/half-message.js';
import { OpenTransactions } from '../../apps/broker/src/transaction/open-transactions.js';
import { ProducerQuestions } from '../../apps/broker/src/transaction/producer-questions.js';
import { stateFromLog } from '../../apps/broker/src/transaction/state-from-log.js';
import { type CheckHandler, serveBrokerRequests } from '../../libs/rocketmq-core/src/client/instance/client-requests.js';
import { TransactionChecks } from '../../libs/rocketmq-core/src/client/producer/transaction-checks.js';
import { goldenBody, type GoldenExchange, goldenExchanges } from '../support/golden-exchanges.js';
import { goldenConfig, unpackGoldenStore } from '../support/golden-stores.js';
import { testStore } from '../support/store-harness.js';

const exchanges = goldenExchanges('transaction');
const checks = exchanges.filter(({ code }) => code === 39);
const END = 37;
const DECISIONS: Readonly<Record<string, string>> = { '8': 'COMMIT_MESSAGE', '12': 'ROLLBACK_MESSAGE', '0': 'UNKNOW' };

/** The answer a Java client gave to this check. */
function answerTo(check: GoldenExchange): GoldenExchange | undefined {
  const { commitLogOffset, msgId } = check.decoded.request.extFields!;
  return exchanges.find(
    ({ code, decoded: { request } }) =>
      code === END && request.extFields!.commitLogOffset === commitLogOffset && request.extFields!.msgId === msgId,
  );
}

describe('checks of transactions', () => {
  it('were captured', () => {
    expect([checks.length, checks.filter(answerTo).length]).toEqual([5, 5]);
  });

  it.each(checks.map((check) => [check.name, check] as const))('%s is answered as Java does', async (_name, check) => {
    const expected = answerTo(check)!.decoded.request;
    const sent: Array<{ address: string; fields: Record<string, string> }> = [];
    let serve: ((request: object) => unknown) | undefined;
    const remoting = {
      handle: (row: RequestRow, handler: never) => {
        if (row.code === CHECK_TRANSACTION_STATE.code) serve = handler;
      },
      invokeOneWay: async (_row: unknown, address: string, header: never) => {
        sent.push({ address, fields: Object.fromEntries(encodeHeader(END_TRANSACTION.request.header, header)) });
      },
    };
    const instance = { remoting, ports: { logger: silentLogger } };
    let asked: MessageExt | undefined;
    const listener = {
      executeLocalTransaction: () => undefined,
      checkLocalTransaction: (message: MessageExt) => {
        asked = message;
        return DECISIONS[expected.extFields!.commitOrRollback!] as never;
      },
    };
    const pool = new TransactionChecks(instance as never, expected.extFields!.producerGroup!, () => listener, {
      concurrency: () => 1,
      waiting: () => 10,
      hooks: [],
    });
    const findChecks = (group: string): CheckHandler | undefined => (group === 'pg_tx' ? (question) => pool.take(question) : undefined);
    serveBrokerRequests({
      remoting: remoting as never,
      find: () => undefined,
      findChecks,
      requestRebalance: () => undefined,
      run: () => undefined,
    } as never);
    const command = decodeCommand(Buffer.from(check.requestHex, 'hex'));
    const header = decodeHeader('CHECK_TRANSACTION_STATE', CHECK_TRANSACTION_STATE.request.header, command.extFields ?? new Map());
    serve!({ header, body: goldenBody(check.requestHex), connection: { remoteAddress: '10.0.0.1:10911' } });
    await pool.close();
    expect([asked!.topic, asked!.msgId, asked!.transactionId]).toEqual(['TopicTx', expected.extFields!.msgId, expected.extFields!.msgId]);
    const [answer, ...more] = sent;
    // A client of 4.9.7 does not know the field.
    if (expected.extFields!.topic === undefined) delete answer!.fields.topic;
    expect([answer, more]).toEqual([{ address: '10.0.0.1:10911', fields: expected.extFields }, []]);
  });

  it.each(checks.filter(({ peer }) => peer.includes('5.5.0 broker')).map((check) => [check.name, check] as const))(
    '%s is asked by our broker in the same words',
    (_name, check) => {
      const asked = decodeMessage(goldenBody(check.requestHex));
      const fields = check.decoded.request.extFields!;
      let frame: { fields: Record<string, string>; message: MessageExt } | undefined;
      const server = {
        invokeOneWay: (_connection: Connection, _row: unknown, header: never, { body }: { body: Uint8Array }) => {
          frame = {
            fields: Object.fromEntries(encodeHeader(CHECK_TRANSACTION_STATE.request.header, header)),
            message: decodeMessage(body),
          };
        },
      } as unknown as RemotingServer;
      const producers = new ProducerTable();
      const connection = { closed: false, pendingBytes: 0, remoteAddress: '10.0.0.9:1' } as Connection;
      producers.register('pg_tx', { connection, clientId: 'c', language: 0, version: 0, lastHeartbeatMs: 0 });
      const place = {
        physicalOffset: Number(fields.commitLogOffset),
        queueOffset: Number(fields.tranStateTableOffset),
        size: 0,
        storeTimestamp: 0,
      };
      const copy = { ...checkedCopy(asked), properties: asked.properties };
      expect(new ProducerQuestions(server, producers, fields.bname!, silentLogger).ask(asked, copy, place)).toBe(true);
      expect(frame!.fields).toEqual(fields);
      const seen = (message: MessageExt) => [message.topic, message.queueId, message.queueOffset, message.commitLogOffset, message.sysFlag, message.bornHost, message.storeTimestamp, message.text(), Object.fromEntries(message.properties)]; // prettier-ignore
      expect(seen(frame!.message)).toEqual(seen(asked));
    },
  );
});

describe.each(['tx-v4', 'tx-v5'])('the store %s', (name) => {
  let directory: string;
  const clock = new ManualClock(1_795_300_000_000);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nrmq-tx-'));
    unpackGoldenStore(name, directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('has three undecided transactions, and its records are those we would write', async () => {
    const sizes = goldenConfig(name);
    const { store } = testStore({ root: directory, config: sizes, clock });
    await store.open();
    try {
      const file = parseJson(readFileSync(join(directory, 'config/consumerOffset.json'))) as {
        offsetTable: Record<string, Record<string, number>>;
      };
      const offset = (topic: string): number => Number(file.offsetTable[`${topic}@CID_RMQ_SYS_TRANS`]?.['0'] ?? -1);
      const committed = { half: offset('RMQ_SYS_TRANS_HALF_TOPIC'), op: offset('RMQ_SYS_TRANS_OP_HALF_TOPIC') };
      const view = { store, logger: silentLogger, logFileBytes: sizes['mappedFileSizeCommitLog']!, transactionTimeOutMs: 6000, nowMs: clock.now(), monotonicMs: 0 }; // prettier-ignore
      const state = new OpenTransactions();
      expect(stateFromLog(state, committed, view)).toEqual([]);
      expect([...state.entries()].map(([, { queueOffset }]) => queueOffset)).toEqual([3, 4, 5]);
      expect([state.halfOffset, state.opOffset]).toEqual(name === 'tx-v4' ? [3, 3] : [3, 1]);
      // Without the op records the commits alone tell.
      const blind = new OpenTransactions();
      expect(stateFromLog(blind, { half: 0, op: 1_000_000 }, view)).toEqual([0, 2]);
      expect([...blind.entries()].map(([, { queueOffset }]) => queueOffset)).toEqual([1, 3, 4, 5]);
      const records = new Map<number, MessageExt>();
      for (let at = 0; at < store.maxPhysicalOffset;) {
        const bytes = store.readRecord(at)!;
        records.set(at, decodeMessage(bytes, { decompress: false }));
        at += bytes.length;
      }
      for (const committedCopy of records.values()) {
        if (committedCopy.sysFlag !== 8) continue;
        const ours = committedMessage(records.get(committedCopy.preparedTransactionOffset)!)!;
        // 4.9.7 leaves the two in; 5.5.0 takes them out.
        const properties = new Map(committedCopy.properties);
        for (const key of ['REAL_TOPIC', 'REAL_QID']) properties.delete(key);
        expect([ours.topic, ours.queueId, ours.sysFlag, Object.fromEntries(ours.properties)]).toEqual([
          committedCopy.topic,
          committedCopy.queueId,
          8,
          Object.fromEntries(properties),
        ]);
      }
      const ops = [...records.values()].filter(({ topic }) => topic === 'RMQ_SYS_TRANS_OP_HALF_TOPIC');
      expect(ops.flatMap(halfOffsetsOf)).toEqual([0, 1, 2]);
      const ours = opMessage(0, encodeHost('127.0.0.1:1'), 0);
      expect([...ours.properties]).toEqual([...ops[0]!.properties]);
      if (name === 'tx-v4') expect(Buffer.from(ours.body).toString()).toBe(ops[0]!.text());
    } finally {
      await store.close();
    }
  });
});
