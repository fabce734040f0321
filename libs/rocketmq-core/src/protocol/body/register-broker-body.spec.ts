import { deflateSync } from 'node:zlib';
import { BodyDecodeError } from '../json/index.js';
import {
  decodeRegisterBrokerBody,
  encodeRegisterBrokerBody,
  REGISTER_BODY_BYTES_MAX,
  type RegisterBrokerBody,
} from './register-broker-body.js';
import type { TopicConfig } from './topic-config.js';

function topic(topicName: string, change: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 4,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
    ...change,
  };
}

const NAMES = ['T', '__proto__', '%RETRY%bad group!', 'a 1 1 6 SINGLE_TAG'];
const BODY: RegisterBrokerBody = {
  topicConfigSerializeWrapper: {
    dataVersion: { counter: 3, stateVersion: 0, timestamp: 1_700_000_000_000 },
    topicConfigTable: new Map(NAMES.map((name) => [name, topic(name)])),
  },
  filterServerList: ['10.0.0.1:9000'],
};

describe('RegisterBrokerBody', () => {
  it('keeps any topic name in JSON', () => {
    expect(decodeRegisterBrokerBody(encodeRegisterBrokerBody(BODY))).toEqual(BODY);
  });

  it('keeps names with blanks and attributes in the compressed form', () => {
    const config = topic('a b', { attributes: new Map([['message.type', 'FIFO']]), topicFilterType: 'MULTI_TAG' });
    const body = {
      ...BODY,
      topicConfigSerializeWrapper: { ...BODY.topicConfigSerializeWrapper, topicConfigTable: new Map([['a b', config]]) },
    };
    expect(decodeRegisterBrokerBody(encodeRegisterBrokerBody(body, { compressed: true }), { compressed: true })).toEqual(body);
  });

  it('reads the table alone, as brokers before 3.0.11 send it, and nothing at all', () => {
    const { topicConfigTable } = decodeRegisterBrokerBody(Buffer.from('{"topicConfigTable":{"T":{"topicName":"T","perm":"4"}}}'), {
      topicsOnly: true,
    }).topicConfigSerializeWrapper;
    expect(topicConfigTable.get('T')).toMatchObject({ perm: 4, readQueueNums: 16 });
    expect(decodeRegisterBrokerBody(new Uint8Array(0)).topicConfigSerializeWrapper.topicConfigTable.size).toBe(0);
  });

  const packed = (...ints: number[]): Buffer => {
    const bytes = Buffer.alloc(ints.length * 4);
    ints.forEach((value, i) => bytes.writeInt32BE(value, i * 4));
    return deflateSync(bytes);
  };

  it.each([
    ['no zlib stream', Buffer.from('{}')],
    ['a stream cut off', deflateSync(Buffer.alloc(1000)).subarray(0, 8)],
    ['one that unfolds beyond the limit', deflateSync(Buffer.alloc(REGISTER_BODY_BYTES_MAX + 1))],
    ['a length beyond the end', packed(1000)],
    ['a negative length', packed(-1)],
    ['an end in the middle', deflateSync(Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{}'), Buffer.from([0, 0, 0, 9])]))],
    [
      'a topic that is none',
      deflateSync(Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{}'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 3]), Buffer.from('T x')])),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeRegisterBrokerBody(bytes, { compressed: true })).toThrow(BodyDecodeError);
  });
});
