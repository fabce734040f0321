import { decodeMessage, encodeRecord, encodeProperties, type MessageExt } from 'rocketmq-core/message';
import { type Acknowledgement, type Checkpoint, encodeAck, encodeBatchAckMessage, encodeCheckpoint, isAcknowledged } from './checkpoint.js';
import { EARLY_ACKS_MAX, ReviveQueue, SETTLE_MS } from './revive-queue.js';

const POP_TIME = 1_700_000_000_000;
const INVISIBLE_MS = 10_000;
const DUE = POP_TIME + INVISIBLE_MS;
const KEY = { topic: 'T', consumerGroup: 'g', queueId: 1, startOffset: 5, popTime: POP_TIME, brokerName: 'b' };

const checkpoint = (change: Partial<Checkpoint> = {}): Checkpoint => ({
  ...KEY,
  invisibleTime: INVISIBLE_MS,
  bitMap: 0,
  count: 3,
  distances: [0, 1, 4],
  reviveOffset: 0,
  suspend: false,
  rePutTimes: 0,
  ...change,
});
const ack = (offsets: number[], change: Partial<Acknowledgement> = {}): Acknowledgement => ({ ...KEY, offsets, ...change });

function setUp() {
  const queue = new ReviveQueue(0, 'b');
  let queueOffset = 0;
  const message = (tag: string, body: Uint8Array, deliverMs: number): MessageExt =>
    decodeMessage(
      encodeRecord({
        topic: 'rmq_sys_REVIVE_LOG_c',
        queueId: 0,
        flag: 0,
        queueOffset: queueOffset++,
        physicalOffset: 0,
        sysFlag: 0,
        bornTimestamp: 0,
        bornHost: '127.0.0.1:1',
        storeTimestamp: 0,
        storeHost: '127.0.0.1:1',
        reconsumeTimes: 0,
        preparedTransactionOffset: 0,
        body,
        properties: encodeProperties(new Map([['TAGS', tag], ['TIMER_DELIVER_MS', String(deliverMs)]])), // prettier-ignore
      }),
    );
  const take = (tag: string, body: Uint8Array, deliverMs: number): void => queue.take(message(tag, body, deliverMs));
  return {
    queue,
    take,
    ck: (change: Partial<Checkpoint> = {}) => take('ck', encodeCheckpoint(checkpoint(change)), DUE - 1000),
    ack: (offsets: number[], change: Partial<Acknowledgement> = {}) => take('ack', encodeAck(ack(offsets, change)), DUE),
    batch: (offsets: number[]) => take('bAck', encodeBatchAckMessage(ack(offsets)), DUE),
  };
}

const open = (found: Checkpoint | undefined): number[] => [0, 1, 2].filter((index) => !isAcknowledged(found!, index));

describe('ReviveQueue', () => {
  it('gives out a checkpoint when everything that was due with it has been read', () => {
    const { queue, ck, ack: one } = setUp();
    ck();
    expect(queue.due(10)).toEqual([]);
    queue.readToEnd(DUE + SETTLE_MS);
    expect(queue.due(10)).toEqual([]);
    queue.readToEnd(DUE + SETTLE_MS + 1);
    expect(open(queue.due(10)[0])).toEqual([0, 1, 2]);
    one([6]);
    expect(open(queue.due(10)[0])).toEqual([0, 2]);
    expect([queue.settle(1), queue.openCheckpoints, queue.due(10)]).toEqual([0, 0, []]);
  });

  it('is told the time by later messages too', () => {
    const { queue, ck, take } = setUp();
    ck();
    take('ck', encodeCheckpoint(checkpoint({ popTime: POP_TIME + 5000 })), DUE + SETTLE_MS + 1);
    expect(queue.due(10).map(({ popTime }) => popTime)).toEqual([POP_TIME]);
  });

  it('marks single acknowledgements, batches, and those that came before their checkpoint', () => {
    const { queue, ck, ack: one, batch } = setUp();
    one([9]);
    ck();
    batch([5, 6]);
    queue.readToEnd(DUE + SETTLE_MS + 1);
    expect([open(queue.due(10)[0]), queue.ignored]).toEqual([[], 0]);
  });

  it('takes no acknowledgement of another delivery, nor of another message', () => {
    const { queue, ck, ack: one } = setUp();
    ck();
    one([5], { popTime: POP_TIME + 1 });
    one([5], { consumerGroup: 'other' });
    one([5], { startOffset: 4 });
    one([5], { brokerName: 'z' });
    one([7]);
    queue.readToEnd(DUE + SETTLE_MS + 1);
    expect([open(queue.due(10)[0]), queue.ignored]).toEqual([[0, 1, 2], 1]);
  });

  it('takes a checkpoint that the timer delivered twice as one', () => {
    const { queue, ck, ack: one } = setUp();
    ck();
    ck();
    for (const offset of [5, 6, 9]) one([offset]);
    queue.readToEnd(DUE + SETTLE_MS + 1);
    expect(queue.due(10).map((found) => open(found))).toEqual([[]]);
    expect([queue.settle(1), queue.openCheckpoints]).toEqual([0, 0]);
  });

  it('settles from the front only', () => {
    const { queue, ck } = setUp();
    ck({ startOffset: 1 });
    ck({ startOffset: 2, invisibleTime: INVISIBLE_MS + 60_000 });
    ck({ startOffset: 3 });
    queue.readToEnd(DUE + SETTLE_MS + 1);
    // The third is due, but stands behind the second: its place may not be passed.
    expect(queue.due(10).map(({ startOffset }) => startOffset)).toEqual([1]);
    queue.settle(1);
    queue.readToEnd(DUE + 60_000 + SETTLE_MS + 1);
    expect(queue.due(1).map(({ startOffset }) => startOffset)).toEqual([2]);
    expect([queue.due(10).length, queue.settle(2)]).toEqual([2, 2]);
  });

  it('passes over what is no checkpoint, and drops the oldest acknowledgements of nothing', () => {
    const { queue, ck, take, ack: one } = setUp();
    take('ck', Buffer.from('nonsense'), 0);
    take('ack', Buffer.from('{}'), 0);
    take('other', Buffer.from('{}'), 0);
    expect([queue.ignored, queue.nextOffset, queue.openCheckpoints]).toEqual([3, 3, 0]);
    one([5]);
    for (let n = 0; n < EARLY_ACKS_MAX; n++) one([5], { startOffset: 100 + n });
    ck();
    queue.readToEnd(DUE + SETTLE_MS + 1);
    expect(open(queue.due(1)[0])).toEqual([0, 1, 2]);
  });
});
