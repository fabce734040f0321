import { decodeMessage, encodeHost, encodeProperties, encodeRecord, type MessageExt } from 'rocketmq-core/message';
import type { DraftMessage } from '../message/broker-message.js';
import {
  checkedCopy,
  checkTimesOf,
  committedMessage,
  discardedCopy,
  halfOffsetsOf,
  movedCopy,
  ownImmunityMsOf,
  toHalfMessage,
  transactionIdentity,
} from './half-message.js';

const HOST = encodeHost('127.0.0.1:10911');

const stored = (topic: string, properties: Record<string, string>, body = 'm', sysFlag = 0): MessageExt =>
  decodeMessage(
    encodeRecord({
      topic,
      queueId: 0,
      flag: 7,
      queueOffset: 3,
      physicalOffset: 500,
      sysFlag,
      bornTimestamp: 1000,
      bornHost: '[2001:db8::1]:1',
      storeTimestamp: 1001,
      storeHost: '127.0.0.1:10911',
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from(body),
      properties: encodeProperties(new Map(Object.entries(properties))),
    }),
    { decompress: false },
  );
const half = (more: Record<string, string> = {}): MessageExt =>
  stored('RMQ_SYS_TRANS_HALF_TOPIC', {
    UNIQ_KEY: 'U',
    PGROUP: 'g',
    TRAN_MSG: 'true',
    TAGS: 'A',
    REAL_TOPIC: 'Money',
    REAL_QID: '2',
    ...more,
  });

describe('the records of a transaction', () => {
  it('a half message remembers where it belongs, and the draft stays as it was', () => {
    const draft: DraftMessage = {
      topic: 'Money',
      queueId: 2,
      flag: 7,
      sysFlag: 0x4 | 0x301,
      bornTimestamp: 1000,
      bornHost: HOST,
      storeHost: HOST,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from('m'),
      properties: new Map([['UNIQ_KEY', 'U']]),
    };
    const made = toHalfMessage(draft);
    expect([made.topic, made.queueId, made.sysFlag, Object.fromEntries(made.properties)]).toEqual([
      'RMQ_SYS_TRANS_HALF_TOPIC',
      0,
      0x301,
      { UNIQ_KEY: 'U', __transactionId__: 'U', REAL_TOPIC: 'Money', REAL_QID: '2' },
    ]);
    expect([draft.topic, draft.properties.size]).toEqual(['Money', 1]);
  });

  it('a committed one keeps flag, hosts, born time and compression', () => {
    const compressed = stored('RMQ_SYS_TRANS_HALF_TOPIC', { REAL_TOPIC: 'Money', REAL_QID: '2' }, 'm', 0x301);
    expect(committedMessage(compressed)).toMatchObject({
      topic: 'Money',
      queueId: 2,
      flag: 7,
      sysFlag: 0x301 | 0x8 | 0x10,
      bornTimestamp: 1000,
      preparedTransactionOffset: 500,
    });
    for (const wrong of [
      { REAL_TOPIC: 'Money' },
      { REAL_QID: '1' },
      { REAL_TOPIC: 'Money', REAL_QID: '-1' },
      { REAL_TOPIC: 'M', REAL_QID: 'x' },
    ]) {
      expect(committedMessage(stored('RMQ_SYS_TRANS_HALF_TOPIC', wrong as Record<string, string>))).toBeUndefined();
    }
  });

  it('copies count checks, or nothing, and are one transaction', () => {
    expect(Object.fromEntries(checkedCopy(half()).properties)).toMatchObject({ TRANSACTION_CHECK_TIMES: '1', REAL_QID: '2' });
    expect(Object.fromEntries(checkedCopy(half({ TRANSACTION_CHECK_TIMES: '4' })).properties)).toMatchObject({
      TRANSACTION_CHECK_TIMES: '5',
    });
    for (const copy of [movedCopy, checkedCopy]) {
      expect(copy(half({ TRAN_PREPARED_QUEUE_OFFSET: '1' })).properties.has('TRAN_PREPARED_QUEUE_OFFSET')).toBe(false);
    }
    expect(discardedCopy(half())).toMatchObject({ topic: 'TRANS_CHECK_MAX_TIME_TOPIC', queueId: 0, flag: 7 });
    const identities = [half(), checkedCopy(half()), movedCopy(half()), committedMessage(half())!].map(transactionIdentity);
    expect(new Set(identities).size).toBe(1);
    expect(transactionIdentity(half({ PGROUP: 'other' }))).not.toBe(identities[0]);
  });

  it('op records are read in both forms, and nothing else', () => {
    const op = (body: string, tags = 'd'): number[] => halfOffsetsOf(stored('RMQ_SYS_TRANS_OP_HALF_TOPIC', { TAGS: tags }, body));
    expect([op('12'), op('0,1,25,'), op('7,x,-1,,9'), op('5', 'e'), op('99999999999999999999')]).toEqual([
      [12],
      [0, 1, 25],
      [7, 9],
      [],
      [],
    ]);
  });

  it('odd numbers in properties count as absent', () => {
    expect(['3', 'x', '-2', '1.5'].map((times) => checkTimesOf(half({ TRANSACTION_CHECK_TIMES: times })))).toEqual([3, 0, 0, 0]);
    const immunity = (text: string): number | undefined => ownImmunityMsOf(half({ CHECK_IMMUNITY_TIME_IN_SECONDS: text }), 6000);
    expect([ownImmunityMsOf(half(), 6000), immunity('60'), immunity('-1'), immunity('soon')]).toEqual([undefined, 60_000, 6000, 6000]);
  });
});
