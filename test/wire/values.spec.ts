// Functions give what Apache's classes give, for every captured input.
import { crc32, javaStringHashCode, parseDelayUnits, SeededRandom, ManualClock } from 'rocketmq-core/common';
import {
  buildSubscriptionData,
  compressBody,
  type CompressionType,
  compressionFlag,
  decodeBatch,
  decodeOffsetMessageId,
  decodeProperties,
  decodeUniqueIdTime,
  createUniqueIdGenerator,
  decompressBody,
  dlqTopicOf,
  encodeBatch,
  encodeHost,
  encodeOffsetMessageId,
  encodeProperties,
  isSendForbiddenTopic,
  isSystemTopic,
  Message,
  RESERVED_PROPERTIES,
  retryTopicOf,
  tagsCodeOf,
  topicNameProblem,
  validateGroupName,
} from 'rocketmq-core/message';
import zlib from 'node:zlib';
import { goldenData } from '../support/golden-data.js';

type Row = Record<string, unknown>;
type Rejection = { rejected: string };

const values = goldenData<Record<string, Row[]>>('values');
const rows = (name: string): Array<[string, Row]> => values[name]!.map((row) => [JSON.stringify(row).slice(0, 90), row]);

describe('values of Apache classes', () => {
  it.each(rows('stringHashCode'))('stringHashCode %s', (_title, row) => {
    expect(javaStringHashCode(row['input'] as string)).toBe(row['hashCode']);
  });

  it.each(rows('tagsCode'))('tagsCode %s', (_title, row) => {
    expect(tagsCodeOf(row['tag'] as string | null)).toBe(row['singleTag']);
  });

  it.each(rows('crc32'))('crc32 %s', (_title, row) => {
    const bytes = Buffer.from(row['hex'] as string, 'hex');
    expect(crc32(bytes)).toBe(row['crc32unsigned']);
    expect(crc32(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(2)]), 3, 3 + bytes.length) & 0x7fffffff).toBe(row['crc32and7fffffff']);
  });

  it.each(rows('offsetMessageId'))('offsetMessageId %s', (_title, row) => {
    if (typeof row['offset'] !== 'string' || typeof row['host'] !== 'string') return;
    const { host, port } = row as { host: string; port: number };
    const decoded = decodeOffsetMessageId(row['id'] as string)!;
    expect(String(decoded.physicalOffset)).toBe(row['decodedOffset']);
    expect(Buffer.from(encodeHost(decoded.host))).toEqual(
      Buffer.from(encodeHost(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
    );
    if (Number.isSafeInteger(Number(row['offset'])))
      expect(encodeOffsetMessageId(encodeHost(decoded.host), Number(row['offset']))).toBe(row['id']);
  });

  it.each(rows('uniqueIdDecode'))('uniqueIdDecode %s', (_title, row) => {
    const bytes = Buffer.from(row['id'] as string, 'hex');
    expect(bytes.readInt32BE(bytes.length - 6)).toBe(row['msSinceMonthStart']);
    expect(bytes.readUInt16BE(bytes.length - 12)).toBe(row['pid']);
  });

  it('uniqueIdTime in the zone of this process', () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const known = values['uniqueIdTime']!.filter((row) => row['zone'] === zone);
    for (const row of known) expect(decodeUniqueIdTime(row['id'] as string, row['nowMs'] as number)).toBe(row['timeMs']);
    const clock = new ManualClock();
    const next = createUniqueIdGenerator({ clock, random: new SeededRandom(1), ip: '10.0.0.9', pid: 6085 });
    const ids = Array.from({ length: 100_000 }, () => next());
    expect(new Set(ids.slice(0, 65_536)).size).toBe(65_536);
    expect(ids[0]).toMatch(/^0A00000917C5[\dA-F]{20}$/);
    expect(decodeUniqueIdTime(ids[0]!, clock.now() + 1)).toBe(clock.now());
  });

  it.each(rows('propertiesToString'))('propertiesToString %s', (_title, row) => {
    const entries = Object.entries(row['properties'] as Record<string, string | null>).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    const text = encodeProperties(new Map(entries));
    expect(text.split('\u0002').toSorted()).toEqual((row['string'] as string).split('\u0002').toSorted());
  });

  it.each(rows('stringToProperties'))('stringToProperties %s', (_title, row) => {
    expect(Object.fromEntries(decodeProperties(row['string'] as string | null))).toEqual(row['properties']);
  });

  it.each(rows('topicValidation'))('topicValidation %s', (_title, row) => {
    const { topic, clientCheckTopic } = row as { topic: string | null; clientCheckTopic: true | Rejection };
    const problem = topicNameProblem(topic);
    expect(problem).toBe(clientCheckTopic === true ? undefined : clientCheckTopic.rejected);
    if (topic === null) return;
    expect([isSystemTopic(topic), isSendForbiddenTopic(topic)]).toEqual([row['isSystemTopic'], row['forbiddenToSend']]);
  });

  it.each(rows('groupValidation'))('groupValidation %s', (_title, row) => {
    const { group, clientCheckGroup } = row as { group: string | null; clientCheckGroup: true | Rejection };
    const check = (): void => validateGroupName(group);
    if (clientCheckGroup === true) expect(check).not.toThrow();
    else expect(check).toThrow(clientCheckGroup.rejected);
    if (group !== null) expect([retryTopicOf(group), dlqTopicOf(group)]).toEqual([row['retryTopic'], row['dlqTopic']]);
  });

  it.each(rows('putUserProperty'))('putUserProperty %s', (_title, row) => {
    const put = (): void => new Message('T', 'x').putUserProperty(row['key'] as string, row['value'] as string);
    if (row['result'] === true) expect(put).not.toThrow();
    else expect(put).toThrow();
  });

  it('reserved property names', () => {
    const { reserved } = values['messageConst'] as unknown as { reserved: string[] };
    expect([...RESERVED_PROPERTIES].toSorted()).toEqual(reserved.toSorted());
  });

  it.each(rows('subscriptionData').filter(([, row]) => 'result' in row))('subscriptionData %s', (_title, row) => {
    const build = (): unknown =>
      buildSubscriptionData(row['topic'] as string, row['expression'] as string | null, (row['type'] as string | undefined) ?? 'TAG');
    const result = row['result'] as Row;
    if ('throws' in result) {
      expect(build).toThrow();
      return;
    }
    const built = build() as Row;
    expect((built['tagsSet'] as string[]).toSorted()).toEqual((result['tagsSet'] as string[]).toSorted());
    expect((built['codeSet'] as number[]).toSorted()).toEqual((result['codeSet'] as number[]).toSorted());
    expect([built['subString'], built['expressionType']]).toEqual([result['subString'], result['expressionType']]);
  });

  it.each(rows('batchBody').filter(([, row]) => 'encoded' in row))('batchBody %s', (_title, row) => {
    const bytes = Buffer.from(row['encoded'] as string, 'hex');
    const expected = row['messages'] as Array<{ flag: number; body: string; properties: Record<string, string>; propertiesString: string }>;
    const members = decodeBatch(bytes);
    expect(
      members.map(({ flag, body, properties }) => ({
        flag,
        body: Buffer.from(body).toString('hex'),
        properties: Object.fromEntries(properties),
      })),
    ).toEqual(expected.map(({ flag, body, properties }) => ({ flag, body, properties })));
    // In the order the properties were written, the bytes are the same.
    expect(Buffer.from(encodeBatch(members)).toString('hex')).toBe(row['encoded']);
  });

  it.each(rows('delayLevels'))('delayLevels %s', (_title, row) => {
    const result = row['result'] as { ok: boolean; table?: Record<string, number> };
    const parsed = (row['config'] as string).split(' ').map(parseDelayUnits);
    if (result.ok && result.table !== undefined) expect(parsed).toEqual(Object.values(result.table));
  });

  it.each(rows('compression'))('compression %s', (_title, row) => {
    const type = row['type'] as CompressionType;
    expect(compressionFlag(type) & 0x700).toBe(row['sysFlagBits']);
    const plain = Buffer.from(decompressBody(type, Buffer.from(row['compressedHex'] as string, 'hex')));
    expect([plain.length, crc32(plain) & 0x7fffffff]).toEqual([row['plainLength'], row['plainCrc32']]);
    if (typeof row['plainUtf8'] === 'string') expect(plain.toString()).toBe(row['plainUtf8']);
    if (type === 'ZSTD' && !('zstdCompressSync' in zlib)) {
      expect(() => compressBody(type, plain)).toThrow(/needs Node 22/);
      return;
    }
    expect(Buffer.from(decompressBody(type, compressBody(type, plain))).equals(plain)).toBe(true);
  });
});
