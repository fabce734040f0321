// Takes back a message that waits for its moment [java DefaultMQProducerImpl#recallMessage]: one attempt at the broker the handle names.
// Must never guess another broker: only that one has the message.
import { BrokerReplyError, IllegalMessageError, NoRouteError } from '../../errors/index.js';
import { decodeRecallHandle, DLQ_PREFIX, PROPERTY, RETRY_PREFIX, validateTopicName } from '../../message/index.js';
import { RECALL_MESSAGE, RESPONSE_CODES, responseCodeName } from '../../protocol/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { MASTER_ID } from '../instance/topic-route.js';

export interface RecallWish {
  readonly producerGroup: string;
  readonly topic: string;
  readonly recallHandle: string;
  readonly timeoutMs: number;
  /** Told of what the broker answered, success or not; not when no broker did. */
  readonly answered?: ((outcome: RecallOutcome) => void) | undefined;
}

export interface RecallOutcome {
  readonly messageId: string;
  readonly success: boolean;
  readonly regionId: string | undefined;
  /** False: the broker wants no traces. */
  readonly traceOn: boolean;
}

/** Resolves with the id of the message taken back. */
export async function recallMessage(instance: ClientInstance, wish: RecallWish): Promise<string> {
  const { producerGroup, topic, recallHandle, timeoutMs } = wish;
  validateTopicName(topic);
  if (topic.startsWith(RETRY_PREFIX) || topic.startsWith(DLQ_PREFIX)) throw new IllegalMessageError('topic is not supported', { topic });
  const given: unknown = recallHandle;
  if (typeof given !== 'string') {
    throw new IllegalMessageError('there is no recall handle: only sends with any time give one, from brokers of 5.3.2 on', { topic });
  }
  const handle = decodeRecallHandle(recallHandle);
  if (handle === undefined) throw new IllegalMessageError('recall handle is invalid: give it as the send returned it', { topic });
  const route = await instance.routes.find(topic);
  const broker = route?.data.brokerDatas.find(({ brokerName }) => brokerName === handle.brokerName);
  const address = broker?.brokerAddrs.get(MASTER_ID);
  if (address === undefined)
    throw new NoRouteError(topic, `broker ${handle.brokerName}, which has the message, has no master in its route`);
  const header = { producerGroup, topic, recallHandle, brokerName: handle.brokerName };
  const answer = await instance.remoting.invoke(RECALL_MESSAGE, address, header, { timeoutMs });
  wish.answered?.({
    messageId: handle.messageId,
    success: answer.code === RESPONSE_CODES.SUCCESS,
    regionId: answer.extFields.get(PROPERTY.MSG_REGION),
    traceOn: answer.extFields.get(PROPERTY.TRACE_SWITCH) !== 'false',
  });
  if (answer.code !== RESPONSE_CODES.SUCCESS) {
    throw new BrokerReplyError(address, RECALL_MESSAGE.name, answer.code, responseCodeName(answer.code), answer.remark);
  }
  return answer.header?.msgId ?? handle.messageId;
}
