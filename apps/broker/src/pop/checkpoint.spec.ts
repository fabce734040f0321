// Checkpoints of a run of Apache's 5.5.0: read, and written byte for byte.
import {
  BATCH_ACK_TAG,
  ACK_TAG,
  type Checkpoint,
  decodeAck,
  decodeCheckpoint,
  deliveryKeyText,
  encodeAck,
  encodeBatchAckMessage,
  encodeCheckpoint,
  indexOfOffset,
  isAcknowledged,
  offsetAt,
  reviveTimeOf,
  reviveUniqueKey,
} from './checkpoint.js';

const CK =
  '{"bm":0,"bn":"broker-a","c":"PopGroup","d":[0,1,2],"it":3600000,"n":3,"pt":1795227317090,"q":0,"reviveTime":1795230917090,"ro":0,"so":0,"sp":false,"t":"Popped"}';
const ACK = '{"ao":1,"bn":"broker-a","c":"PopGroup","pt":1795227317090,"q":0,"so":0,"t":"Popped"}';
const BATCH = '{"ao":-1,"aol":[2],"bn":"broker-a","c":"PopG","pt":1795226730634,"q":0,"so":2,"t":"PopT"}';

const bytes = (text: string): Buffer => Buffer.from(text);
const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe('a checkpoint', () => {
  it('is written as it was read', () => {
    const checkpoint = decodeCheckpoint(bytes(CK), 0, 'x')!;
    expect(text(encodeCheckpoint(checkpoint))).toBe(CK);
    expect(reviveTimeOf(checkpoint)).toBe(1_795_230_917_090);
    expect(reviveUniqueKey(checkpoint, checkpoint.startOffset, 'ck')).toBe('Popped@0@0@PopGroup@1795227317090@broker-a@ck');
    const again = { ...checkpoint, rePutTimes: 2, suspend: true };
    expect(decodeCheckpoint(encodeCheckpoint(again), 0, 'x')).toEqual(again);
  });

  it('knows its messages by offset, with gaps and, from old brokers, without', () => {
    const gaps: Checkpoint = { ...decodeCheckpoint(bytes(CK), 5, 'x')!, startOffset: 10, count: 3, distances: [0, 2, 5], bitMap: 0b10 };
    expect([offsetAt(gaps, 2), indexOfOffset(gaps, 12), indexOfOffset(gaps, 11), indexOfOffset(gaps, 9)]).toEqual([15, 1, -1, -1]);
    expect([isAcknowledged(gaps, 0), isAcknowledged(gaps, 1)]).toEqual([false, true]);
    const old: Checkpoint = { ...gaps, distances: [] };
    expect([offsetAt(old, 2), indexOfOffset(old, 12), indexOfOffset(old, 13), indexOfOffset(old, 9)]).toEqual([12, 2, -1, -1]);
  });

  it('holds thirty-two', () => {
    const full = { ...decodeCheckpoint(bytes(CK), 5, 'x')!, bitMap: 1 << 31 };
    expect([isAcknowledged(full, 31), isAcknowledged(full, 30)]).toEqual([true, false]);
    expect(decodeCheckpoint(encodeCheckpoint(full), 5, 'x')!.bitMap).toBe(1 << 31);
  });

  it.each([
    '',
    'null',
    '[]',
    '{"t":"T"}',
    '{"c":"g"}',
    CK.replace('"n":3', '"n":33'),
    CK.replace('"n":3', '"n":4'),
    CK.replace('3600000', '"x"'),
  ])('is none in %j', (body) => {
    expect(decodeCheckpoint(bytes(body), 0, 'x')).toBeUndefined();
  });
});

describe('an acknowledgement', () => {
  it('is written as it was read, one or several', () => {
    const one = decodeAck(bytes(ACK), ACK_TAG, 'x')!;
    expect([text(encodeAck(one)), reviveUniqueKey(one, 1, 'ack')]).toEqual([ACK, 'Popped@0@1@PopGroup@1795227317090@broker-a@ack']);
    const several = decodeAck(bytes(BATCH), BATCH_ACK_TAG, 'x')!;
    expect([several.offsets, text(encodeBatchAckMessage(several))]).toEqual([[2], BATCH]);
    expect(decodeAck(bytes(BATCH.replace('"aol"', '"ackOffsetList"')), BATCH_ACK_TAG, 'x')).toEqual(several);
  });

  it('names the delivery of its checkpoint', () => {
    const checkpoint = decodeCheckpoint(bytes(CK), 0, 'x')!;
    expect(deliveryKeyText(decodeAck(bytes(ACK), ACK_TAG, 'x')!)).toBe(deliveryKeyText(checkpoint));
    const nameless = decodeAck(bytes(ACK.replace('"bn":"broker-a",', '')), ACK_TAG, 'broker-a')!;
    expect(deliveryKeyText(nameless)).toBe(deliveryKeyText(checkpoint));
  });
});
