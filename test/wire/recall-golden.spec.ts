// Handles of recalls are those of Apache's class and of captured sends, both ways.
import { decodeRecallHandle, encodeRecallHandle } from 'rocketmq-core/message';
import { goldenData } from '../support/golden-data.js';

type Row = Record<string, string | object>;

const rows = goldenData<Record<string, Row[]>>('values')['recallHandle']!;
const made = rows.filter((row): row is Record<string, string> => 'handle' in row);
const read = rows.filter((row) => 'decode' in row);

describe('recall handles', () => {
  it.each(made.map((row) => [row['handle']!, row] as const))('%s', (handle, row) => {
    const { topic, brokerName, deliverTimestamp: timestamp, messageId } = row as Record<string, string>;
    const value = { topic: topic!, brokerName: brokerName!, timestamp: timestamp!, messageId: messageId! };
    expect(encodeRecallHandle(value)).toBe(handle);
    expect(decodeRecallHandle(handle)).toEqual(value);
    expect(decodeRecallHandle(handle.replace(/=+$/, ''))).toEqual(value);
  });

  it.each(read.map((row) => [JSON.stringify(row['decode']), row] as const))('%s is read as Java does', (_title, row) => {
    const result = row['result'] as Record<string, string>;
    expect(decodeRecallHandle(row['decode'] as string)).toEqual('throws' in result ? undefined : result);
  });
});
