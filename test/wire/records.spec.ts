// Every record captured from Apache's brokers decodes to its fields and encodes back to its bytes.
import { crc32 } from 'rocketmq-core/common';
import {
  compressionTypeOf,
  decodeBatch,
  decodeMessage,
  decodeMessages,
  encodeRecord,
  RecordView,
  SYS_FLAG,
  tagsCodeOf,
} from 'rocketmq-core/message';
import { goldenData } from '../support/golden-data.js';

interface GoldenRecord {
  name: string;
  hex: string;
  decoded: {
    totalSize: number;
    bodyCrc: number;
    queueId: number;
    flag: number;
    queueOffset: number;
    physicalOffset: number;
    sysFlag: number;
    bornTimestamp: number;
    bornHost: string;
    storeTimestamp: number;
    storeHost: string;
    reconsumeTimes: number;
    preparedTransactionOffset: number;
    topic: string;
    propertiesString: string;
    properties: Record<string, string>;
    tagsCode: number;
    offsetMsgId: string;
    compressionType?: string;
    plainLength?: number;
    plainCrc32?: number;
  };
  consumeQueueUnit?: { hex: string; physicalOffset: number; size: number; tagsCode: number; equalsTagHash: boolean };
}

interface GoldenBatch {
  name: string;
  hex: string;
}

const { records, batchBodies } = goldenData<{ records: GoldenRecord[]; batchBodies: GoldenBatch[] }>('records');

describe('records of Apache brokers', () => {
  it.each(records.map((record) => [record.name, record] as const))('%s', (_name, { hex, decoded, consumeQueueUnit }) => {
    const bytes = Buffer.from(hex, 'hex');
    const message = decodeMessage(bytes, { decompress: false });
    const { totalSize, bodyCrc, bornHost, storeHost, topic, properties, offsetMsgId, tagsCode } = decoded;
    expect([message.storeSize, message.bodyCRC, message.bornHost, message.storeHost, message.topic]).toEqual([
      totalSize,
      bodyCrc,
      bornHost,
      storeHost,
      topic,
    ]);
    expect([message.queueId, message.queueOffset, message.commitLogOffset, message.sysFlag, message.flag]).toEqual([
      decoded.queueId, decoded.queueOffset, decoded.physicalOffset, decoded.sysFlag, decoded.flag,
    ]); // prettier-ignore
    expect([message.bornTimestamp, message.storeTimestamp, message.reconsumeTimes, message.preparedTransactionOffset]).toEqual([
      decoded.bornTimestamp, decoded.storeTimestamp, decoded.reconsumeTimes, decoded.preparedTransactionOffset,
    ]); // prettier-ignore
    expect(Object.fromEntries(message.properties)).toEqual(properties);
    expect(message.offsetMsgId).toBe(offsetMsgId);
    expect(tagsCodeOf(message.tags)).toBe(tagsCode);
    expect(crc32(message.body) & 0x7fffffff).toBe(bodyCrc);
    expect(Buffer.from(encodeRecord({ ...decoded, body: message.body, properties: decoded.propertiesString }))).toEqual(bytes);
    if (consumeQueueUnit?.equalsTagHash)
      expect([consumeQueueUnit.physicalOffset, consumeQueueUnit.size, consumeQueueUnit.tagsCode]).toEqual([
        decoded.physicalOffset,
        totalSize,
        tagsCode,
      ]);
    if (decoded.plainLength !== undefined) {
      expect(compressionTypeOf(decoded.sysFlag)).toBe(decoded.compressionType);
      const plain = decodeMessage(bytes);
      expect([plain.body.length, crc32(plain.body) & 0x7fffffff, plain.sysFlag & SYS_FLAG.COMPRESSED]).toEqual([
        decoded.plainLength,
        decoded.plainCrc32,
        0,
      ]);
      expect(() => decodeMessage(bytes, { maxBodyBytes: decoded.plainLength! - 1 })).toThrow(/unfolds to more than/);
    }
  });

  it('come one after the other in a pull body', () => {
    const some = records.slice(0, 20).map(({ hex }) => Buffer.from(hex, 'hex'));
    expect(decodeMessages(Buffer.concat(some), { decompress: false }).map((message) => message.offsetMsgId)).toEqual(
      records.slice(0, 20).map(({ decoded }) => decoded.offsetMsgId),
    );
  });

  it('are refused when cut at any byte or with any length changed', () => {
    const bytes = Buffer.from(records[0]!.hex, 'hex');
    for (let length = 0; length < bytes.length; length++) expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(/record/);
    const record = new RecordView();
    for (const at of [0, 4, 84]) {
      const changed = Buffer.from(bytes);
      changed.writeInt32BE(0x7fffffff, at);
      expect(record.read(new DataView(changed.buffer, changed.byteOffset, changed.length), 0, changed.length)).toBeDefined();
    }
  });
});

describe('batch bodies of Apache clients', () => {
  it.each(batchBodies.map((batch) => [batch.name, batch] as const))('%s', (_name, { hex }) => {
    const bytes = Buffer.from(hex, 'hex');
    const members = decodeBatch(bytes);
    expect(members.length).toBeGreaterThan(0);
    for (const member of members) expect(member.properties.get('UNIQ_KEY')).toBeDefined();
    expect(() => decodeBatch(bytes.subarray(0, bytes.length - 1))).toThrow(/batch member/);
  });
});
