// What a broker registers: its topics with their version. JSON, the older form without a wrapper, and the compressed binary form
// [java RegisterBrokerBody].
import { deflateSync, inflateSync } from 'node:zlib';
import { BodyDecodeError, BodyReader, jsonBytes, parseJson, writeJson } from '../json/index.js';
import { readTopicConfigTable, type TopicConfigTableBody } from './config-tables.js';
import { readDataVersion } from './data-version.js';
import { readAttributes, type TopicConfig } from './topic-config.js';

/** [java TopicConfigSerializeWrapper] */
export type TopicConfigSerializeWrapper = TopicConfigTableBody;

export interface RegisterBrokerBody {
  topicConfigSerializeWrapper: TopicConfigSerializeWrapper;
  filterServerList: string[];
}

/** A compressed registration may not unfold to more. */
export const REGISTER_BODY_BYTES_MAX = 64 * 1024 * 1024;

export function encodeRegisterBrokerBody(body: RegisterBrokerBody, options: { compressed?: boolean } = {}): Uint8Array {
  if (options.compressed === true) return encodeCompressed(body);
  const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
  return jsonBytes(
    writeJson({
      filterServerList: body.filterServerList,
      topicConfigSerializeWrapper: {
        dataVersion,
        mappingDataVersion: { counter: 0, stateVersion: 0, timestamp: dataVersion.timestamp },
        topicConfigTable,
        topicQueueMappingDetailMap: {},
        topicQueueMappingInfoMap: {},
      },
    }),
  );
}

/** `topicsOnly`: the body of a broker older than 3.0.11, which is the wrapper alone. An empty body has no topics. */
export function decodeRegisterBrokerBody(
  body: Uint8Array,
  options: { compressed?: boolean; topicsOnly?: boolean } = {},
): RegisterBrokerBody {
  if (body.length === 0)
    return { topicConfigSerializeWrapper: { dataVersion: readDataVersion(undefined), topicConfigTable: new Map() }, filterServerList: [] };
  if (options.compressed === true) return decodeCompressed(body);
  const reader = BodyReader.parse(body);
  if (options.topicsOnly === true) return { topicConfigSerializeWrapper: readTopicConfigTable(reader), filterServerList: [] };
  return {
    topicConfigSerializeWrapper: readTopicConfigTable(reader.object('topicConfigSerializeWrapper')),
    filterServerList: reader.strings('filterServerList'),
  };
}

function encodeCompressed(body: RegisterBrokerBody): Uint8Array {
  const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
  const parts: Buffer[] = [lengthPrefixed(writeJson(dataVersion)), int32(topicConfigTable.size)];
  for (const topic of topicConfigTable.values()) {
    const { topicName, readQueueNums, writeQueueNums, perm, topicFilterType, attributes } = topic;
    parts.push(lengthPrefixed(`${topicName} ${readQueueNums} ${writeQueueNums} ${perm} ${topicFilterType} ${writeJson(attributes)}`));
  }
  parts.push(lengthPrefixed(writeJson(body.filterServerList)), int32(0));
  return deflateSync(Buffer.concat(parts));
}

function decodeCompressed(body: Uint8Array): RegisterBrokerBody {
  const bytes = inflate(body);
  let at = 0;
  const nextInt = (): number => {
    if (at + 4 > bytes.length) throw new BodyDecodeError('compressed', `cut off at byte ${at}`);
    at += 4;
    return bytes.readInt32BE(at - 4);
  };
  const nextText = (): string => {
    const length = nextInt();
    if (length < 0 || at + length > bytes.length)
      throw new BodyDecodeError('compressed', `length ${length} at byte ${at} is beyond the end`);
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const dataVersion = readDataVersion(new BodyReader(parseJson(nextText())));
  const topicConfigTable = new Map<string, TopicConfig>();
  for (let left = nextInt(); left > 0; left--) {
    const topic = readTopicLine(nextText());
    topicConfigTable.set(topic.topicName, topic);
  }
  const list = parseJson(nextText());
  const filterServerList = Array.isArray(list) ? list.map(String) : [];
  return { topicConfigSerializeWrapper: { dataVersion, topicConfigTable }, filterServerList };
}

function inflate(body: Uint8Array): Buffer {
  try {
    return inflateSync(body, { maxOutputLength: REGISTER_BODY_BYTES_MAX });
  } catch (error) {
    throw new BodyDecodeError('compressed', `this does not unfold within ${REGISTER_BODY_BYTES_MAX} bytes: ${(error as Error).message}`);
  }
}

const TOPIC_LINE = /^(.+?) (\d{1,9}) (\d{1,9}) (\d{1,9}) (SINGLE_TAG|MULTI_TAG)(?: (\{.*\}))?$/s;

/**
 * `name read write perm filterType attributesJson`, the last one absent before 5.0 [java TopicConfig#decode]. A name may hold blanks:
 * 4.9.7 brokers make such topics and then compress themselves out of Java's name servers.
 */
function readTopicLine(text: string): TopicConfig {
  const parts = TOPIC_LINE.exec(text);
  if (parts === null) throw new BodyDecodeError('compressed', `this is no topic: ${text.slice(0, 80)}`);
  const [, topicName, read, write, perm, filterType, attributes] = parts;
  return {
    topicName: topicName!,
    readQueueNums: Number(read),
    writeQueueNums: Number(write),
    perm: Number(perm),
    topicFilterType: filterType === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: attributes === undefined ? new Map() : readAttributes(new BodyReader({ attributes: parseJson(attributes) }), 'attributes'),
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([int32(bytes.length), bytes]);
}
