// The text of the broker's state files (`config/*.json`), in Apache's pretty form, and back. Reads files of 4.9.7 and 5.5.0.
// Must never guess: a member of the wrong type is an error, which makes the loader take the backup.
import {
  BodyReader,
  parseJson,
  readDataVersion,
  readSetMessageRequestMode,
  readSubscriptionGroupConfig,
  readTopicConfig,
  writeJson,
} from 'rocketmq-core/protocol';
import type { ConsumerFilterFile, ConsumerFilterRecord } from '../filter/consumer-filter-table.js';
import type { MessageRequestModeFile } from '../loadbalance/message-request-modes.js';
import type { ConsumerOffsetFile, ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { OrderInfoRecord } from '../pop/order-info.js';
import type { OrderInfoFile } from '../pop/order-info-table.js';
import type { DelayOffsetFile } from '../schedule/delay-offsets.js';
import type { SubscriptionGroupFile } from '../subscription/subscription-group-table.js';
import type { TopicConfigFile } from '../topic/topic-config-table.js';

const PRETTY = { pretty: true } as const;

export function writeTopics(file: TopicConfigFile): string {
  return writeJson(file, PRETTY);
}

export function readTopics(text: string): TopicConfigFile {
  const reader = new BodyReader(parseJson(text));
  const topics = reader.namedEntries('topicConfigTable');
  return {
    dataVersion: readDataVersion(reader.object('dataVersion')),
    topicConfigTable: new Map(topics.map(([name, value]) => [name, readTopicConfig(reader.child(`topicConfigTable.${name}`, value))])),
  };
}

export function writeGroups(file: SubscriptionGroupFile): string {
  return writeJson(file, PRETTY);
}

export function readGroups(text: string): SubscriptionGroupFile {
  const reader = new BodyReader(parseJson(text));
  const groups = reader.namedEntries('subscriptionGroupTable');
  const forbidden = reader.namedEntries('forbiddenTable');
  return {
    dataVersion: readDataVersion(reader.object('dataVersion')),
    forbiddenTable: new Map(
      forbidden.map(([group, value]) => {
        const topics = reader.child(`forbiddenTable.${group}`, { topics: value });
        const bits = topics.object('topics')!;
        return [group, new Map(topics.namedEntries('topics').map(([topic]) => [topic, bits.integer(topic)]))];
      }),
    ),
    subscriptionGroupTable: new Map(
      groups.map(([name, value]) => [name, readSubscriptionGroupConfig(reader.child(`subscriptionGroupTable.${name}`, value))]),
    ),
  };
}

export function writeOffsets(file: ReturnType<ConsumerOffsetTable['toFile']>): string {
  return writeJson(file, PRETTY);
}

export function readOffsets(text: string): ConsumerOffsetFile {
  const reader = new BodyReader(parseJson(text));
  const entries = reader.namedEntries('offsetTable');
  return {
    dataVersion: readDataVersion(reader.object('dataVersion')),
    offsetTable: new Map(
      entries.map(([key, value]) => [key, numbersOf(reader.child(`offsetTable.${key}`, { offsets: value }), 'offsets')]),
    ),
  };
}

export function writeDelayOffsets(file: DelayOffsetFile): string {
  return writeJson(file, PRETTY);
}

export function readDelayOffsets(text: string): DelayOffsetFile {
  const reader = new BodyReader(parseJson(text));
  return { dataVersion: readDataVersion(reader.object('dataVersion')), offsetTable: numbersOf(reader, 'offsetTable') };
}

export function writeConsumerFilters(file: ConsumerFilterFile): string {
  return writeJson(file, PRETTY);
}

export function readConsumerFilters(text: string): ConsumerFilterFile {
  const reader = new BodyReader(parseJson(text));
  const topics = reader.namedEntries('filterDataByTopic');
  return {
    filterDataByTopic: new Map(
      topics.map(([topic, value]) => {
        const groups = reader.child(`filterDataByTopic.${topic}`, value);
        const entries = groups.namedEntries('groupFilterData');
        const filters = entries.map(
          ([group, entry]) => [group, readConsumerFilter(groups.child(`groupFilterData.${group}`, entry))] as const,
        );
        return [topic, { groupFilterData: new Map(filters), topic }];
      }),
    ),
  };
}

/** The bloom positions are computed again, `dead` follows from the times. */
function readConsumerFilter(reader: BodyReader): ConsumerFilterRecord {
  const bornTime = reader.integer('bornTime', 0);
  const deadTime = reader.integer('deadTime', 0);
  return {
    bloomFilterData: { bitNum: 0, bitPos: [] },
    bornTime,
    clientVersion: reader.integer('clientVersion', 0),
    consumerGroup: reader.string('consumerGroup', ''),
    dead: deadTime >= bornTime,
    deadTime,
    expression: reader.string('expression', ''),
    expressionType: reader.string('expressionType', 'SQL92'),
    topic: reader.string('topic', ''),
  };
}

export function writeOrderInfos(file: OrderInfoFile): string {
  return writeJson(file, PRETTY);
}

export function readOrderInfos(text: string): OrderInfoFile {
  const reader = new BodyReader(parseJson(text));
  const entries = reader.namedEntries('table');
  return {
    orderInfoCount: reader.integer('orderInfoCount', 0),
    orderedConsumptionLevel: reader.string('orderedConsumptionLevel', 'QUEUE'),
    table: new Map(
      entries.map(([key, value]) => {
        const queues = reader.child(`table.${key}`, { queues: value });
        return [key, new Map(queues.numberedEntries('queues').map(([queueId, info]) => [queueId, readOrderInfo(queues.child(key, info))]))];
      }),
    ),
  };
}

function readOrderInfo(reader: BodyReader): OrderInfoRecord {
  const table = (name: string): Map<number, number> | undefined => (reader.has(name) ? numbersOf(reader, name) : undefined);
  return {
    a: reader.string('a', undefined),
    cm: reader.integer('cm', 0),
    i: reader.integer('i', undefined),
    l: reader.integer('l', 0),
    o: reader.integers('o'),
    oc: table('oc'),
    ot: table('ot'),
    popTime: reader.integer('popTime', 0),
  };
}

export function writeRequestModes(file: MessageRequestModeFile): string {
  return writeJson(file, PRETTY);
}

export function readRequestModes(text: string): MessageRequestModeFile {
  const reader = new BodyReader(parseJson(text));
  const topics = reader.namedEntries('messageRequestModeMap');
  return {
    messageRequestModeMap: new Map(
      topics.map(([topic, value]) => {
        const groups = reader.child(`messageRequestModeMap.${topic}`, { groups: value });
        const modes = groups
          .namedEntries('groups')
          .map(([group, mode]) => [group, readSetMessageRequestMode(groups.child(group, mode))] as const);
        return [topic, new Map(modes)];
      }),
    ),
  };
}

/** A map with integer keys and values. */
function numbersOf(reader: BodyReader, name: string): Map<number, number> {
  const values = reader.object(name);
  return new Map(reader.numberedEntries(name).map(([key]) => [key, values!.integer(String(key))]));
}
