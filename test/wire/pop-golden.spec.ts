// Names, handles and lists of POP consumption as Apache's classes make and read them.
import {
  decodePopHandle,
  encodePopHandle,
  type PopTopicType,
  parseEntries,
  parseMessageOffsets,
  popRealTopicOf,
  popRetryTopicOf,
  popTopicTypeOf,
} from 'rocketmq-core/message';
import { goldenData } from '../support/golden-data.js';

type Row = Record<string, unknown>;

const rows = goldenData<Record<string, Row[]>>('values')['popExtraInfo']!;
const HANDLE = {
  startOffset: 100,
  popTime: 1_700_000_000_000,
  invisibleTime: 60_000,
  reviveQueueId: 3,
  topicType: 0 as PopTopicType,
  brokerName: 'broker-a',
  queueId: 2,
};

const rowWith = (...names: string[]): Row => rows.find((row) => names.every((name) => name in row))!;

describe('values of ExtraInfoUtil and KeyBuilder', () => {
  it('make the handle', () => {
    expect(encodePopHandle(HANDLE)).toBe(rowWith('ckQueueOffset')['extraInfo']);
    expect(encodePopHandle({ ...HANDLE, queueOffset: 107 })).toBe(rowWith('msgQueueOffset')['extraInfo']);
    const retried = rows.filter((row) => String(row['topic']).startsWith('%RETRY%'));
    expect(retried.length).toBe(2);
    for (const row of retried) {
      const handle = { ...HANDLE, topicType: popTopicTypeOf(String(row['topic'])), queueId: 0 };
      expect(encodePopHandle(handle)).toBe(row['extraInfo']);
    }
  });

  it('read the handle', () => {
    const row = rowWith('split');
    const handle = decodePopHandle((row['split'] as string[]).join(' '))!;
    expect(handle).toMatchObject({ queueId: row['queueId'], queueOffset: row['queueOffset'], brokerName: row['brokerName'] });
    expect([String(handle.topicType), popRealTopicOf('TopicTest', 'cg', handle.topicType)]).toEqual([row['retry'], row['realTopic']]);
  });

  it('read the lists of an answer', () => {
    const row = rowWith('startOffsetInfo');
    const numbers = (text: string) => new Map([...parseEntries(text)!].map(([key, value]) => [key, Number(value)]));
    expect(Object.fromEntries(numbers(row['startOffsetInfo'] as string))).toEqual(row['parsed']);
    expect(Object.fromEntries(parseMessageOffsets(row['msgOffsetInfo'] as string)!)).toEqual(row['parsedMsg']);
    expect(Object.fromEntries(numbers(row['orderCountInfo'] as string))).toEqual(row['parsedOrder']);
  });

  it('name the retry topics', () => {
    const row = rowWith('popRetryV1');
    expect([popRetryTopicOf('TopicTest', 'cg'), popRetryTopicOf('TopicTest', 'cg', true)]).toEqual([row['popRetryV1'], row['popRetryV2']]);
  });
});
