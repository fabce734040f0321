import {
  decodePopHandle,
  encodePopHandle,
  joinEntries,
  messageOffsetEntry,
  offsetOrderCountEntry,
  orderCountEntry,
  parseEntries,
  parseMessageOffsets,
  popNormalTopicOf,
  popRealTopicOf,
  popRetryTopicOf,
  popTopicTypeOf,
  startOffsetEntry,
} from './pop-handle.js';

const HANDLE = {
  startOffset: 100,
  popTime: 1_700_000_000_000,
  invisibleTime: 60_000,
  reviveQueueId: 3,
  topicType: 0,
  brokerName: 'broker-a',
  queueId: 2,
} as const;

describe('POP handles', () => {
  it('are read as they are written, with and without the place of the message', () => {
    for (const handle of [HANDLE, { ...HANDLE, queueOffset: 107, topicType: 2 as const }]) {
      expect(decodePopHandle(encodePopHandle(handle))).toEqual(handle);
    }
    expect(encodePopHandle({ ...HANDLE, queueOffset: 107 })).toBe('100 1700000000000 60000 3 0 broker-a 2 107');
  });

  it('keep what a proxy appends to itself', () => {
    expect(decodePopHandle('100 1700000000000 60000 3 1 broker-a 2 107 4711')).toEqual({ ...HANDLE, topicType: 1, queueOffset: 107 });
  });

  it.each([
    '',
    ' ',
    'nonsense',
    '100 1700000000000 60000 3 0 broker-a',
    '100 1700000000000 60000 3 0  2 107',
    'x 1700000000000 60000 3 0 broker-a 2 107',
    '-1 1700000000000 60000 3 0 broker-a 2 107',
    '100 99999999999999999999 60000 3 0 broker-a 2 107',
    '100 9223372036854775807 60000 3 0 broker-a 2 107',
    '100 1700000000000 60000 3 0 broker-a 2 ten',
    '100 1e3 60000 3 0 broker-a 2 107',
  ])('refuse %j', (text) => {
    expect(decodePopHandle(text)).toBeUndefined();
  });
});

describe('POP retry topics', () => {
  it('are named after group and topic, in two forms', () => {
    expect([popRetryTopicOf('T_1', 'g_1'), popRetryTopicOf('T_1', 'g_1', true)]).toEqual(['%RETRY%g_1_T_1', '%RETRY%g_1+T_1']);
    expect(['T', '%RETRY%g_T', '%RETRY%g+T'].map((topic) => popTopicTypeOf(topic))).toEqual([0, 1, 2]);
    expect(([0, 1, 2] as const).map((type) => popRealTopicOf('T', 'g', type))).toEqual(['T', '%RETRY%g_T', '%RETRY%g+T']);
  });

  it('lead back to the topic, for the group they belong to only', () => {
    expect(popNormalTopicOf('%RETRY%g_1_T_1', 'g_1')).toBe('T_1');
    expect(popNormalTopicOf('%RETRY%g_1+T_1', 'g_1')).toBe('T_1');
    expect(popNormalTopicOf('%RETRY%other_T', 'g')).toBe('%RETRY%other_T');
    // The retry topic of a group that pulls, popped by somebody.
    expect(popNormalTopicOf('%RETRY%g', 'g')).toBe('%RETRY%g');
    expect(popNormalTopicOf('T', 'g')).toBe('T');
  });
});

describe('offset lists of an answer', () => {
  it('hold one entry for each queue', () => {
    const starts = joinEntries([startOffsetEntry(0, 1, 55), startOffsetEntry(1, 0, 7)]);
    const offsets = joinEntries([messageOffsetEntry(0, 1, [55, 56, 58]), messageOffsetEntry(1, 0, [7])]);
    expect([starts, offsets]).toEqual(['0 1 55;1 0 7', '0 1 55,56,58;1 0 7']);
    expect(parseEntries(starts)).toEqual(
      new Map([
        ['0@1', '55'],
        ['1@0', '7'],
      ]),
    );
    expect(parseMessageOffsets(offsets)).toEqual(
      new Map([
        ['0@1', [55, 56, 58]],
        ['1@0', [7]],
      ]),
    );
    expect(joinEntries([offsetOrderCountEntry(0, 1, 55, 2), orderCountEntry(0, 1, 0)])).toBe('0 qo1%55 2;0 1 0');
  });

  it('are empty for nothing and none for nonsense', () => {
    expect(parseEntries('')).toEqual(new Map());
    expect([parseEntries('0 1'), parseEntries('0 1 2 3'), parseMessageOffsets('0 1 a,b')]).toEqual([undefined, undefined, undefined]);
  });
});
