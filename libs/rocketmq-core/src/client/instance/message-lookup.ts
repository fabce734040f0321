// Finds messages that are stored: by either kind of id, by key [java MQAdminImpl#viewMessage, queryMessage, queryMessageByUniqKey].
// The two kinds of id look alike: a failed guess is normal here. Must never take a hit of the index for the message asked for: it is a hash.
import { BrokerReplyError, IllegalMessageError, MessageNotFoundError, NoRouteError } from '../../errors/index.js';
import { decodeMessages, decodeOffsetMessageId, decodeUniqueIdTime, type MessageExt } from '../../message/index.js';
import { QUERY_MESSAGE, RESPONSE_CODES, responseCodeName, VIEW_MESSAGE_BY_ID } from '../../protocol/index.js';
import type { ClientInstance } from './client-instance.js';
import { MASTER_ID } from './topic-route.js';

/** What a query by key found [java QueryResult]. */
export interface QueryResult {
  /** Oldest first; up to the number asked for from each broker. */
  readonly messageList: MessageExt[];
  /** Store time of the newest message that is indexed on any broker asked. */
  readonly indexLastUpdateTimestamp: number;
  /** Brokers that did not answer: their messages are missing. */
  readonly failedBrokers: readonly string[];
}

interface KeyQuery {
  readonly topic: string;
  readonly key: string;
  readonly maxNum: number;
  readonly begin: number;
  readonly end: number | bigint;
  readonly isUnique: boolean;
}

const UNIQUE_KEY_MAX_NUM = 32;
/** Java's int. */
const MAX_NUM_LIMIT = 2 ** 31 - 1;
const LOOK_BACK_MS = 3 * 24 * 60 * 60 * 1000;
const LONG_MAX = 2n ** 63n - 1n;
/** `timeoutMillis * 3` of Java's MQAdminImpl. */
const QUERY_TIMEOUT_MS = 18_000;

/** Throws MessageNotFoundError when no broker of the topic has it. */
export async function viewMessage(instance: ClientInstance, topic: string, msgId: string): Promise<MessageExt> {
  requireWord('msgId', msgId);
  requireTopic(topic);
  const found = (await byOffsetId(instance, topic, msgId)) ?? (await byUniqueKey(instance, topic, msgId));
  if (found === undefined) throw new MessageNotFoundError(topic, `no message with id ${msgId} was found in topic ${topic}`, { msgId });
  return found;
}

/** Every broker of the topic is asked. Throws NoRouteError, MessageNotFoundError, or what a broker failed with when the others have nothing. */
export async function queryMessage(
  instance: ClientInstance,
  query: { topic: string; key: string; maxNum: number; begin: number; end: number },
): Promise<QueryResult> {
  const { topic, key } = query;
  requireTopic(topic);
  requireWord('key', key);
  requireWithin('maxNum', query.maxNum, MAX_NUM_LIMIT);
  requireWithin('begin', query.begin, Number.MAX_SAFE_INTEGER);
  requireWithin('end', query.end, Number.MAX_SAFE_INTEGER);
  const { messages, failures, indexLastUpdateTimestamp } = await askBrokers(instance, { ...query, isUnique: false });
  const messageList = messages.filter((message) => message.topic === topic && (message.keys ?? '').split(' ').includes(key));
  if (messageList.length === 0) {
    if (failures.size > 0) throw [...failures.values()][0];
    throw new MessageNotFoundError(topic, `query message by key finished, but no message: ${key} in topic ${topic}`, { key });
  }
  return {
    messageList: messageList.toSorted((a, b) => a.storeTimestamp - b.storeTimestamp),
    indexLastUpdateTimestamp,
    failedBrokers: [...failures.keys()],
  };
}

/** Any name: brokers have topics nobody may make, such as a POP consumer's `%RETRY%group+topic`. */
function requireTopic(topic: unknown): void {
  if (typeof topic !== 'string' || topic.trim() === '') throw new IllegalMessageError('The specified topic is blank', { topic });
}

function requireWord(what: string, given: unknown): void {
  if (typeof given !== 'string' || given.trim() === '')
    throw new IllegalMessageError(`a query needs a ${what}, found ${typeof given === 'string' ? 'a blank' : typeof given}`, { what });
}

function requireWithin(what: string, given: unknown, max: number): void {
  if (!Number.isInteger(given) || (given as number) > max || (given as number) < -max)
    throw new IllegalMessageError(`${what} ${String(given)} of a query is no integer up to ${max}`, { what });
}

async function byOffsetId(instance: ClientInstance, topic: string, msgId: string): Promise<MessageExt | undefined> {
  const place = decodeOffsetMessageId(msgId);
  const route = await instance.routes.find(topic);
  // Only brokers of the topic are asked: the host inside a unique id is nonsense, and connecting to it costs a time-out.
  const known = route?.data.brokerDatas.some((broker) => [...broker.brokerAddrs.values()].includes(place?.host ?? ''));
  if (place === undefined || known !== true || place.physicalOffset > BigInt(Number.MAX_SAFE_INTEGER) || place.physicalOffset < 0n) {
    return undefined;
  }
  const { remoting, config } = instance;
  const header = { offset: Number(place.physicalOffset), topic };
  const answer = await remoting.invoke(VIEW_MESSAGE_BY_ID, place.host, header, { timeoutMs: config.mqClientApiTimeout });
  return answer.code === RESPONSE_CODES.SUCCESS ? decodeMessages(answer.body)[0] : undefined;
}

async function byUniqueKey(instance: ClientInstance, topic: string, msgId: string): Promise<MessageExt | undefined> {
  const now = instance.ports.clock.now();
  const begin = Math.max(0, Math.min(now - LOOK_BACK_MS, (decodeUniqueIdTime(msgId, now) ?? now) - 1000));
  const query = { topic, key: msgId, maxNum: UNIQUE_KEY_MAX_NUM, begin, end: LONG_MAX, isUnique: true };
  const { messages, failures } = await askBrokers(instance, query);
  const found = messages.find((each) => each.msgId === msgId);
  if (found === undefined && failures.size > 0) throw [...failures.values()][0];
  return found;
}

/** Asks one address of every broker of the topic, the master where there is one. */
async function askBrokers(
  instance: ClientInstance,
  query: KeyQuery,
): Promise<{ messages: MessageExt[]; failures: Map<string, unknown>; indexLastUpdateTimestamp: number }> {
  const { topic, key, maxNum, begin, end, isUnique } = query;
  const route = await instance.routes.find(topic);
  if (route === undefined) throw new NoRouteError(topic, 'no name server knows it');
  const header = {
    topic,
    key,
    maxNum,
    beginTimestamp: begin,
    endTimestamp: BigInt(end),
    uniqueKeyQuery: String(isUnique),
    indexType: isUnique ? 'U' : 'K',
  };
  const failures = new Map<string, unknown>();
  let indexLastUpdateTimestamp = 0;
  const parts = await Promise.all(
    route.data.brokerDatas.map(async ({ brokerName, brokerAddrs }) => {
      const address = brokerAddrs.get(MASTER_ID) ?? [...brokerAddrs.values()][0];
      if (address === undefined) return [];
      try {
        const answer = await instance.remoting.invoke(QUERY_MESSAGE, address, header, { timeoutMs: QUERY_TIMEOUT_MS });
        if (answer.code === RESPONSE_CODES.QUERY_NOT_FOUND) return [];
        if (answer.code !== RESPONSE_CODES.SUCCESS) {
          throw new BrokerReplyError(address, QUERY_MESSAGE.name, answer.code, responseCodeName(answer.code), answer.remark);
        }
        indexLastUpdateTimestamp = Math.max(indexLastUpdateTimestamp, answer.header?.indexLastUpdateTimestamp ?? 0);
        return decodeMessages(answer.body);
      } catch (error) {
        failures.set(brokerName, error);
        return [];
      }
    }),
  );
  return { messages: parts.flat(), failures, indexLastUpdateTimestamp };
}
