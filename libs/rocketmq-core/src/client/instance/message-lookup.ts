// Finds one message by either kind of id [java MQAdminImpl#viewMessage, queryMessageByUniqKey]. The ids look alike: a failed guess is normal here.
import { IllegalMessageError, NoRouteError } from '../../errors/index.js';
import { decodeMessages, decodeOffsetMessageId, decodeUniqueIdTime, type MessageExt } from '../../message/index.js';
import { QUERY_MESSAGE, RESPONSE_CODES, VIEW_MESSAGE_BY_ID } from '../../protocol/index.js';
import type { ClientInstance } from './client-instance.js';
import { MASTER_ID } from './topic-route.js';

const UNIQUE_KEY_MAX_NUM = 32;
const LOOK_BACK_MS = 3 * 24 * 60 * 60 * 1000;
const LONG_MAX = 2n ** 63n - 1n;

/** Throws IllegalMessageError when no broker of the topic has it. */
export async function viewMessage(instance: ClientInstance, topic: string, msgId: string): Promise<MessageExt> {
  const found = (await byOffsetId(instance, topic, msgId)) ?? (await byUniqueKey(instance, topic, msgId));
  if (found === undefined) throw new IllegalMessageError(`no message with id ${msgId} was found in topic ${topic}`, { topic, msgId });
  return found;
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
  const route = await instance.routes.find(topic);
  if (route === undefined) throw new NoRouteError(topic, 'no name server knows it');
  const now = instance.ports.clock.now();
  const header = {
    topic,
    key: msgId,
    maxNum: UNIQUE_KEY_MAX_NUM,
    beginTimestamp: Math.max(0, Math.min(now - LOOK_BACK_MS, (decodeUniqueIdTime(msgId, now) ?? now) - 1000)),
    endTimestamp: LONG_MAX,
    uniqueKeyQuery: 'true',
  };
  for (const broker of route.data.brokerDatas) {
    const address = broker.brokerAddrs.get(MASTER_ID) ?? [...broker.brokerAddrs.values()][0];
    if (address === undefined) continue;
    const answer = await instance.remoting.invoke(QUERY_MESSAGE, address, header, { timeoutMs: instance.config.mqClientApiTimeout });
    if (answer.code !== RESPONSE_CODES.SUCCESS) continue;
    const message = decodeMessages(answer.body).find((each) => each.msgId === msgId);
    if (message !== undefined) return message;
  }
  return undefined;
}
