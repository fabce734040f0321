// The hot codec and the derived one agree: what the scanners read is what the rows decode, what the templates write is what the encoder writes (D17).
import fc from 'fast-check';
import { javaStringHashCode } from 'rocketmq-core/common';
import { decodeProperties, encodeHost, encodeOffsetMessageId, encodeProperties, PROPERTY } from 'rocketmq-core/message';
import {
  decodeHeader,
  encodeHeader,
  FrameScan,
  PULL_MESSAGE,
  PullScan,
  type RemotingCommand,
  scanHeader,
  SEND_MESSAGE_V2,
  SEND_REPLY_MAX,
  SendReplyTemplate,
  SendScan,
  type SerializeType,
  writePullReplyHead,
} from 'rocketmq-core/protocol';
import { decodeCommand, encodeCommand } from 'rocketmq-core/remoting';

const CODES = new Set([SEND_MESSAGE_V2.code, PULL_MESSAGE.code]);
const FORMS: SerializeType[] = ['JSON', 'ROCKETMQ'];

function command(code: number, extFields: Map<string, string>, serializeType: SerializeType, opaque = 7): RemotingCommand {
  return { code, language: 0, version: 513, opaque, flag: 0, remark: undefined, extFields, body: undefined, serializeType };
}

function scan(frame: Uint8Array): FrameScan | undefined {
  const found = new FrameScan();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const headerEnd = 8 + (view.getInt32(4) & 0xffffff);
  return scanHeader(found, frame, view, 8, headerEnd, frame[4]!, CODES) ? found : undefined;
}

const text = (bytes: Uint8Array, start: number, end: number): string => Buffer.from(bytes.subarray(start, end)).toString('utf8');

const name = fc.stringMatching(/^[%|a-zA-Z0-9_-]{1,60}$/);
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  .filter((each) => !/[\u0000-\u0002]/.test(each) && Buffer.from(each).toString() === each);
const userProperty = fc.tuple(fc.stringMatching(/^[a-z][a-zA-Z]{0,10}$/), value);

describe('SendScan', () => {
  it('reads what the row reads, or leaves the frame to it', () => {
    fc.assert(
      fc.property(
        fc.record({
          topic: name,
          queueId: fc.integer({ min: -1, max: 70_000 }),
          sysFlag: fc.constantFrom(0, 1, 0x301, 4, 8),
          bornTimestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
          flag: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
          reconsumeTimes: fc.constantFrom(0, 0, 0, 3),
          batch: fc.constantFrom(false, false, true),
        }),
        fc.option(value, { nil: undefined }),
        fc.array(userProperty, { maxLength: 4 }),
        fc.constantFrom(...FORMS),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (fields, tags, user, form, opaque) => {
          const properties = new Map([['UNIQ_KEY', '0A00000917C518B4AAC20000000A0000'], ['WAIT', 'true'], ...user]);
          if (tags !== undefined) properties.set(PROPERTY.TAGS, tags);
          const header = {
            producerGroup: 'pg',
            defaultTopic: 'TBW102',
            defaultTopicQueueNums: 4,
            properties: encodeProperties(properties),
            unitMode: false,
            brokerName: 'b',
            ...fields,
          };
          const frame = encodeCommand(command(310, encodeHeader(SEND_MESSAGE_V2.request.header, header), form, opaque));
          const derived = decodeHeader('send', SEND_MESSAGE_V2.request.header, decodeCommand(frame).extFields);
          const found = scan(frame);
          if (found === undefined) return;
          expect(found.opaque).toBe(opaque);
          const send = new SendScan();
          const plain =
            fields.queueId >= 0 &&
            fields.queueId <= 65_535 &&
            (fields.sysFlag & ~0x703) === 0 &&
            fields.reconsumeTimes === 0 &&
            !fields.batch;
          if (!send.read(found)) return;
          expect(plain).toBe(true);
          expect(text(frame, send.topicStart, send.topicEnd)).toBe(derived.topic);
          expect([send.queueId, send.sysFlag, send.bornTimestamp, send.flag]).toEqual([
            derived.queueId,
            derived.sysFlag,
            derived.bornTimestamp,
            derived.flag,
          ]);
          const stored = text(send.properties, send.propertiesStart, send.propertiesStart + send.propertiesLength);
          expect(decodeProperties(stored)).toEqual(decodeProperties(derived.properties));
          expect(send.tagsCode).toBe(tags === undefined ? 0 : javaStringHashCode(tags));
          expect(text(send.properties, send.uniqKeyStart, send.uniqKeyStart + send.uniqKeyLength)).toBe(properties.get('UNIQ_KEY'));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(FORMS)('takes the plain send of an Apache client, %s', (form) => {
    const header = {
      producerGroup: 'pg', topic: 'TopicTest', defaultTopic: 'TBW102', defaultTopicQueueNums: 4, queueId: 3, sysFlag: 0, bornTimestamp: 1_795_228_886_394, flag: 0,
      properties: 'KEYS\u0001k1\u0002UNIQ_KEY\u0001FD00000000000000000000000000000278764E0E2F2A67644E0E0000\u0002WAIT\u0001true\u0002TAGS\u0001TagA', reconsumeTimes: 0, unitMode: false, batch: false, brokerName: 'broker-a',
    }; // prettier-ignore
    const found = scan(encodeCommand(command(310, encodeHeader(SEND_MESSAGE_V2.request.header, header), form)));
    const send = new SendScan();
    expect(send.read(found!)).toBe(true);
    expect(send.tagsCode).toBe(2598919);
  });

  it.each([
    'DELAY',
    'TRAN_MSG',
    'TIMER_DELAY_MS',
    'TIMER_DELIVER_MS',
    'POP_CK',
    'CLUSTER',
    'MSG_REGION',
    'TRACE_ON',
    'REAL_TOPIC',
    'INNER_NUM',
    '__CRC32#',

    'PGROUP',
  ])('leaves a message with %s to the derived path', (property) => {
    const header = {
      producerGroup: 'pg',
      topic: 'T',
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId: 0,
      sysFlag: 0,
      bornTimestamp: 1,
      flag: 0,
      properties: `UNIQ_KEY\u0001A\u0002${property}\u00011\u0002`,
    };
    const found = scan(encodeCommand(command(310, encodeHeader(SEND_MESSAGE_V2.request.header, header), 'JSON')));
    expect(new SendScan().read(found!)).toBe(false);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(0, 1), (bytes, serializeType) => {
        const found = new FrameScan();
        if (scanHeader(found, bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, serializeType, CODES))
          new SendScan().read(found);
      }),
      { numRuns: 3000 },
    );
  });

  it('survives mutations of a real header, and never reads beyond it', () => {
    const header = {
      producerGroup: 'pg',
      topic: 'T',
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId: 0,
      sysFlag: 0,
      bornTimestamp: 1,
      flag: 0,
      properties: 'UNIQ_KEY\u0001A\u0002TAGS\u0001x\u0002',
    };
    for (const form of FORMS) {
      const frame = encodeCommand(command(310, encodeHeader(SEND_MESSAGE_V2.request.header, header), form));
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(frame.length - 9), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
          const changed = Buffer.from(frame);
          for (const [at, byte] of changes) changed[8 + at] = byte;
          const found = scan(changed);
          if (found === undefined || !new SendScan().read(found)) return;
          for (let i = 0; i < found.fieldCount; i++) expect(found.valueEnd[i]).toBeLessThanOrEqual(changed.length);
        }),
        { numRuns: 3000 },
      );
    }
  });
});

describe('PullScan', () => {
  it('reads what the row reads', () => {
    fc.assert(
      fc.property(
        fc.record({
          consumerGroup: name,
          topic: name,
          queueId: fc.nat(1000),
          queueOffset: fc.nat(2 ** 31),
          maxMsgNums: fc.integer({ min: 1, max: 32 }),
          sysFlag: fc.constantFrom(0, 1, 2, 3, 6, 22),
          commitOffset: fc.nat(2 ** 31),
          suspendTimeoutMillis: fc.constant(15_000),
          subVersion: fc.nat(2 ** 31),
          maxMsgBytes: fc.option(fc.constant(262_144), { nil: undefined }),
          expressionType: fc.constant('TAG'),
          brokerName: fc.option(fc.constant('broker-a'), { nil: undefined }),
        }),
        fc.constantFrom(...FORMS),
        (fields, form) => {
          const found = scan(encodeCommand(command(11, encodeHeader(PULL_MESSAGE.request.header, fields), form)));
          const pull = new PullScan();
          const taken = pull.read(found!);
          expect(taken).toBe((fields.sysFlag & 4) === 0);
          if (!taken) return;
          expect([text(found!.bytes, pull.groupStart, pull.groupEnd), text(found!.bytes, pull.topicStart, pull.topicEnd)]).toEqual([
            fields.consumerGroup,
            fields.topic,
          ]);
          expect([pull.queueId, pull.queueOffset, pull.maxMsgNums, pull.sysFlag, pull.commitOffset, pull.subVersion]).toEqual([
            fields.queueId, fields.queueOffset, fields.maxMsgNums, fields.sysFlag, fields.commitOffset, fields.subVersion,
          ]); // prettier-ignore
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('answer templates', () => {
  const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const opaque = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

  it.each([['10.0.0.5:10911'], ['[fd00::1]:10911']])(
    'write a send answer that decodes to what the encoder writes, store host %s',
    (host) => {
      const storeHost = encodeHost(host);
      const template = new SendReplyTemplate({ storeHost, regionId: 'Default"Region', traceOn: true });
      template.setRemark(10, 'FLUSH_DISK_TIMEOUT');
      fc.assert(
        fc.property(
          opaque,
          fc.nat(65_535),
          offset,
          offset,
          fc.constantFrom(0, 10),
          fc.constantFrom(0, 1),
          (id, queueId, queueOffset, physicalOffset, code, serializeType) => {
            const out = new Uint8Array(SEND_REPLY_MAX);
            const uniqKey = Buffer.from('xx0A00000917C518B4AAC20000000A0000');
            const end = template.write(out, new DataView(out.buffer), 0, {
              serializeType,
              code,
              opaque: id,
              queueId,
              queueOffset,
              physicalOffset,
              uniqKey: new DataView(uniqKey.buffer, uniqKey.byteOffset, uniqKey.length),
              uniqKeyStart: 2,
              uniqKeyLength: 32,
            });
            const answer = decodeCommand(out.subarray(0, end));
            expect(answer).toEqual({
          code, language: 0, version: 513, opaque: id, flag: 1, body: undefined,
          remark: code === 0 ? undefined : 'FLUSH_DISK_TIMEOUT',
          serializeType: serializeType === 1 && code === 0 ? 'ROCKETMQ' : 'JSON',
          extFields: new Map([
            ['MSG_REGION', 'Default"Region'], ['TRACE_ON', 'true'], ['msgId', encodeOffsetMessageId(storeHost, physicalOffset)], ['queueId', String(queueId)],
            ['queueOffset', String(queueOffset)], ['transactionId', '0A00000917C518B4AAC20000000A0000'],
          ]),
        }); // prettier-ignore
          },
        ),
        { numRuns: 1000 },
      );
    },
  );

  it('write a pull answer head that decodes to what the encoder writes', () => {
    fc.assert(
      fc.property(
        opaque,
        offset,
        offset,
        offset,
        fc.constantFrom(0, 1),
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        (id, next, min, max, serializeType, body) => {
          const out = new Uint8Array(1024);
          const headEnd = writePullReplyHead(
            out,
            new DataView(out.buffer),
            0,
            { serializeType, opaque: id, suggestWhichBrokerId: 0, nextBeginOffset: next, minOffset: min, maxOffset: max },
            body.length,
          );
          out.set(body, headEnd);
          const answer = decodeCommand(out.subarray(0, headEnd + body.length));
          expect(answer.remark).toBe('FOUND');
          expect([answer.code, answer.flag, answer.opaque, answer.version]).toEqual([0, 1, id, 513]);
          expect(Buffer.from(answer.body!)).toEqual(Buffer.from(body));
          expect(decodeHeader('pull', PULL_MESSAGE.response.header, answer.extFields)).toEqual({
          suggestWhichBrokerId: 0, nextBeginOffset: next, minOffset: min, maxOffset: max, topicSysFlag: 0, groupSysFlag: 0,
        }); // prettier-ignore
        },
      ),
      { numRuns: 1000 },
    );
  });
});
