// A message as a consumer receives it, without a broker. Must never be used where a real one is at hand.
import { decodeMessage, encodeProperties, encodeRecord, type MessageExt } from 'rocketmq-core/message';

export interface ReceivedMessageInit {
  topic?: string;
  body?: string | Uint8Array;
  properties?: Readonly<Record<string, string>>;
  reconsumeTimes?: number;
  queueId?: number;
  queueOffset?: number;
}

export function receivedMessage(init: ReceivedMessageInit = {}): MessageExt {
  const record = encodeRecord({
    topic: init.topic ?? 'orders',
    queueId: init.queueId ?? 0,
    flag: 0,
    queueOffset: init.queueOffset ?? 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: '127.0.0.1:1000',
    storeTimestamp: 1_700_000_000_001,
    storeHost: '127.0.0.1:10911',
    reconsumeTimes: init.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body: typeof init.body === 'object' ? init.body : Buffer.from(init.body ?? 'x'),
    properties: encodeProperties(new Map(Object.entries(init.properties ?? {}))),
  });
  const message = decodeMessage(record);
  message.brokerName = 'broker-a';
  return message;
}
