// Whole tables of topics and groups, as administrators and slaves fetch them [java TopicConfigSerializeWrapper, SubscriptionGroupWrapper].
import { BodyReader, jsonBytes, writeJson } from '../json/index.js';
import { type DataVersion, readDataVersion } from './data-version.js';
import { readSubscriptionGroupConfig, readTopicConfig, type SubscriptionGroupConfig, type TopicConfig } from './topic-config.js';

export interface TopicConfigTableBody {
  dataVersion: DataVersion;
  topicConfigTable: Map<string, TopicConfig>;
}

export function encodeTopicConfigTable(table: TopicConfigTableBody): Uint8Array {
  return jsonBytes(writeJson(table));
}

export function decodeTopicConfigTable(body: Uint8Array): TopicConfigTableBody {
  return readTopicConfigTable(BodyReader.parse(body));
}

/** An absent table is empty. */
export function readTopicConfigTable(reader: BodyReader | undefined): TopicConfigTableBody {
  const topicConfigTable = new Map<string, TopicConfig>();
  for (const [name, value] of reader?.namedEntries('topicConfigTable') ?? []) {
    topicConfigTable.set(name, readTopicConfig(reader!.child('topicConfigTable', value)));
  }
  return { dataVersion: readDataVersion(reader?.object('dataVersion')), topicConfigTable };
}

export interface SubscriptionGroupTableBody {
  dataVersion: DataVersion;
  /** group -> topic -> bits of what is forbidden; bit 1 = pull. */
  forbiddenTable: Map<string, Map<string, number>>;
  subscriptionGroupTable: Map<string, SubscriptionGroupConfig>;
}

export function encodeSubscriptionGroupTable(table: SubscriptionGroupTableBody): Uint8Array {
  return jsonBytes(writeJson(table));
}

export function decodeSubscriptionGroupTable(body: Uint8Array): SubscriptionGroupTableBody {
  const reader = BodyReader.parse(body);
  const subscriptionGroupTable = new Map<string, SubscriptionGroupConfig>();
  for (const [name, value] of reader.namedEntries('subscriptionGroupTable')) {
    subscriptionGroupTable.set(name, readSubscriptionGroupConfig(reader.child('subscriptionGroupTable', value)));
  }
  const forbiddenTable = new Map<string, Map<string, number>>();
  for (const [group, value] of reader.namedEntries('forbiddenTable')) {
    const topics = new BodyReader({ topics: value }, '$.forbiddenTable');
    forbiddenTable.set(group, new Map(topics.namedEntries('topics').map(([topic, bits]) => [topic, Number(bits)])));
  }
  return { dataVersion: readDataVersion(reader.object('dataVersion')), forbiddenTable, subscriptionGroupTable };
}

export function encodeSubscriptionGroupConfig(config: SubscriptionGroupConfig): Uint8Array {
  return jsonBytes(writeJson(config));
}

export function decodeSubscriptionGroupConfig(body: Uint8Array): SubscriptionGroupConfig {
  return readSubscriptionGroupConfig(BodyReader.parse(body));
}
