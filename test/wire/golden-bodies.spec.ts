// Every captured JSON body of a request we know is read by its reader, and what the writer makes of it says the same.
import { GOLDEN_FAMILIES, goldenExchanges } from '../support/golden-exchanges.js';
import {
  decodeBatchAck,
  decodeCheckClientRequest,
  decodeClusterInfo,
  decodeConsumerList,
  decodeDataVersion,
  decodeHeartbeatData,
  decodeKVTable,
  decodeLockBatchRequest,
  decodeLockBatchResponse,
  decodeQueryAssignmentRequest,
  decodeQueryAssignmentResponse,
  decodeRegisterBrokerBody,
  decodeResetOffsetBody,
  decodeSetMessageRequestMode,
  decodeSubscriptionGroupConfig,
  decodeSubscriptionGroupTable,
  decodeTopicConfigTable,
  decodeTopicList,
  decodeTopicRouteData,
  encodeBatchAck,
  encodeCheckClientRequest,
  encodeClusterInfo,
  encodeConsumerList,
  encodeDataVersion,
  encodeHeartbeatData,
  encodeKVTable,
  encodeLockBatchRequest,
  encodeLockBatchResponse,
  encodeQueryAssignmentRequest,
  encodeQueryAssignmentResponse,
  encodeRegisterBrokerBody,
  encodeResetOffsetBody,
  encodeSetMessageRequestMode,
  encodeSubscriptionGroupConfig,
  encodeSubscriptionGroupTable,
  encodeTopicConfigTable,
  encodeTopicList,
  encodeTopicRouteData,
  type JsonValue,
  parseJson,
  REQUEST_TABLE,
} from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';

interface BodyCodec {
  decode(body: Uint8Array): unknown;
  encode(value: never): Uint8Array;
  /** Written byte for byte as Java does: same members, same order, same form. */
  exact?: boolean;
}

const lists: BodyCodec = { decode: decodeTopicList, encode: encodeTopicList, exact: true };
const version: BodyCodec = { decode: decodeDataVersion, encode: encodeDataVersion };

const REQUESTS = new Map<string, BodyCodec>([
  ['HEART_BEAT', { decode: decodeHeartbeatData, encode: encodeHeartbeatData }],
  ['LOCK_BATCH_MQ', { decode: decodeLockBatchRequest, encode: encodeLockBatchRequest }],
  ['UNLOCK_BATCH_MQ', { decode: decodeLockBatchRequest, encode: encodeLockBatchRequest }],
  ['CHECK_CLIENT_CONFIG', { decode: decodeCheckClientRequest, encode: encodeCheckClientRequest }],
  ['QUERY_DATA_VERSION', version],
  ['REGISTER_TOPIC_IN_NAMESRV', { decode: decodeTopicRouteData, encode: (route: never) => encodeTopicRouteData(route) }],
  ['UPDATE_AND_CREATE_SUBSCRIPTIONGROUP', { decode: decodeSubscriptionGroupConfig, encode: encodeSubscriptionGroupConfig }],
  ['RESET_CONSUMER_CLIENT_OFFSET', { decode: decodeResetOffsetBody, encode: encodeResetOffsetBody, exact: true }],
  ['BATCH_ACK_MESSAGE', { decode: decodeBatchAck, encode: encodeBatchAck, exact: true }],
  ['QUERY_ASSIGNMENT', { decode: decodeQueryAssignmentRequest, encode: encodeQueryAssignmentRequest, exact: true }],
  ['SET_MESSAGE_REQUEST_MODE', { decode: decodeSetMessageRequestMode, encode: encodeSetMessageRequestMode, exact: true }],
]);

const RESPONSES = new Map<string, BodyCodec>([
  ['GET_CONSUMER_LIST_BY_GROUP', { decode: decodeConsumerList, encode: encodeConsumerList, exact: true }],
  ['LOCK_BATCH_MQ', { decode: decodeLockBatchResponse, encode: encodeLockBatchResponse, exact: true }],
  ['QUERY_ASSIGNMENT', { decode: decodeQueryAssignmentResponse, encode: encodeQueryAssignmentResponse, exact: true }],
  ['GET_ROUTEINFO_BY_TOPIC', { decode: decodeTopicRouteData, encode: (route: never) => encodeTopicRouteData(route) }],
  ['GET_BROKER_CLUSTER_INFO', { decode: decodeClusterInfo, encode: encodeClusterInfo }],
  ['GET_ALL_TOPIC_LIST_FROM_NAMESERVER', lists],
  ['GET_TOPICS_BY_CLUSTER', lists],
  ['GET_SYSTEM_TOPIC_LIST_FROM_NS', lists],
  ['GET_UNIT_TOPIC_LIST', lists],
  ['GET_KVLIST_BY_NAMESPACE', { decode: decodeKVTable, encode: encodeKVTable, exact: true }],
  ['QUERY_DATA_VERSION', version],
  ['GET_ALL_TOPIC_CONFIG', { decode: decodeTopicConfigTable, encode: encodeTopicConfigTable }],
  ['GET_ALL_SUBSCRIPTIONGROUP_CONFIG', { decode: decodeSubscriptionGroupTable, encode: encodeSubscriptionGroupTable }],
]);

const cases: Array<{ label: string; codec: BodyCodec; body: Uint8Array }> = [];
const registrations: Array<{ label: string; body: Uint8Array; compressed: boolean }> = [];
for (const family of GOLDEN_FAMILIES) {
  for (const { name, code, requestHex, responseHex } of goldenExchanges(family)) {
    const row = REQUEST_TABLE.get(code)?.name ?? '';
    const request = decodeCommand(Buffer.from(requestHex, 'hex'));
    const response = responseHex === null ? undefined : decodeCommand(Buffer.from(responseHex, 'hex'));
    if (row === 'REGISTER_BROKER' && request.body !== undefined) {
      // [5.5.0] compresses and says it did not; the body tells the truth: no JSON starts with zlib's first byte.
      registrations.push({ label: name, body: request.body, compressed: request.body[0] === 0x78 });
    }
    const requestCodec = REQUESTS.get(row);
    const isGarbage = name.includes('bad-json') || name.includes('garbage');
    if (requestCodec !== undefined && request.body !== undefined && !isGarbage) {
      cases.push({ label: `${family}: ${name}, request`, codec: requestCodec, body: request.body });
    }
    const responseCodec = RESPONSES.get(row);
    if (responseCodec !== undefined && response?.code === 0 && response.body !== undefined) {
      cases.push({ label: `${family}: ${name}, response`, codec: responseCodec, body: response.body });
    }
  }
}

/** Members of 5.x for static topics, which this product does not have. */
const LEFT_OUT = new Set(['mappingDataVersion', 'topicQueueMappingDetailMap', 'topicQueueMappingInfoMap']);

/** Members of `part` that are null count as absent; `whole` may have more members. */
function expectWithin(part: JsonValue, whole: JsonValue, path = '$'): void {
  if (Array.isArray(part) && Array.isArray(whole)) {
    expect({ path, length: whole.length }).toEqual({ path, length: part.length });
    // Sets have no order.
    const order = (values: JsonValue[]): JsonValue[] => values.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const wholeInOrder = typeof part[0] === 'object' ? whole : order(whole);
    (typeof part[0] === 'object' ? part : order(part)).forEach((item, i) => expectWithin(item, wholeInOrder[i]!, `${path}[${i}]`));
    return;
  }
  if (part === null || typeof part !== 'object' || Array.isArray(part)) {
    expect({ path, value: whole }).toEqual({ path, value: part });
    return;
  }
  const members = entriesOf(whole);
  for (const [name, value] of entriesOf(part))
    if (value !== null && !LEFT_OUT.has(name)) expectWithin(value, members.get(name)!, `${path}.${name}`);
}

function entriesOf(value: JsonValue): Map<string, JsonValue> {
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [typeof key === 'object' ? JSON.stringify(key) : String(key), item]));
  return new Map(Object.entries(value as Record<string, JsonValue>));
}

describe('captured bodies', () => {
  it.each(cases)('$label', ({ codec, body }) => {
    const again = codec.encode(codec.decode(body) as never);
    if (codec.exact) expect(Buffer.from(again).toString()).toBe(Buffer.from(body).toString());
    expectWithin(parseJson(body), parseJson(again));
    expect(codec.decode(again)).toEqual(codec.decode(body));
  });

  it('are enough to mean something', () => {
    expect(cases.length).toBeGreaterThan(150);
    expect(registrations.length).toBeGreaterThan(10);
  });
});

describe('captured registrations', () => {
  it.each(registrations)('$label', ({ body, compressed }) => {
    const decoded = decodeRegisterBrokerBody(body, { compressed });
    for (const form of [true, false]) {
      const again = decodeRegisterBrokerBody(encodeRegisterBrokerBody(decoded, { compressed: form }), { compressed: form });
      const lost = form ? { topicSysFlag: 0, order: false } : {};
      const topics = [...decoded.topicConfigSerializeWrapper.topicConfigTable].map(
        ([name, topic]) => [name, { ...topic, ...lost }] as const,
      );
      expect(again.topicConfigSerializeWrapper.topicConfigTable).toEqual(new Map(topics));
      expect(again.topicConfigSerializeWrapper.dataVersion).toEqual(decoded.topicConfigSerializeWrapper.dataVersion);
    }
  });
});

describe('captured routes of 5.5.0', () => {
  const routes = goldenExchanges('route').filter(
    ({ code, peer, decoded }) => code === 105 && /5\.5\.0 name/.test(peer) && decoded.response?.code === 0,
  );

  it.each(routes)('$name is written byte for byte, in the form the client asked for', ({ decoded, responseHex }) => {
    const { version: clientVersion, extFields } = decoded.request;
    const standard = clientVersion >= 401 || extFields?.['acceptStandardJsonOnly'] === 'true';
    const body = Buffer.from(decodeCommand(Buffer.from(responseHex!, 'hex')).body!).toString();
    expect(Buffer.from(encodeTopicRouteData(decodeTopicRouteData(Buffer.from(body)), { standard })).toString()).toBe(body);
  });
});

describe('captured cluster information of 5.5.0', () => {
  const answers = goldenExchanges('namesrv').filter(({ code, peer }) => code === 106 && /5\.5\.0 name/.test(peer));

  it.each(answers)('$name is written byte for byte, bare numbers as keys', ({ responseHex }) => {
    const body = Buffer.from(decodeCommand(Buffer.from(responseHex!, 'hex')).body!).toString();
    expect(Buffer.from(encodeClusterInfo(decodeClusterInfo(Buffer.from(body)))).toString()).toBe(body);
  });
});
