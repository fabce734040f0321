// Records of a retry topic as their consumer is to see them: under the topic it knows, with the handle that leads back to where they
// really lie [java PopMessageProcessor#popMsgFromQueue]. Pure; must never touch what is stored.
import { decodeMessages, encodePopHandle, encodeProperties, encodeRecord, type PopHandle, PROPERTY } from 'rocketmq-core/message';

export function asNormalMessages(records: Uint8Array, topic: string, delivery: Omit<PopHandle, 'queueOffset'>): Uint8Array {
  const messages = decodeMessages(records, { decompress: false });
  return Buffer.concat(
    messages.map((message) => {
      const properties = new Map(message.properties);
      if (!properties.has(PROPERTY.POP_CK)) {
        properties.set(PROPERTY.POP_CK, encodePopHandle({ ...delivery, queueOffset: message.queueOffset }));
      }
      return encodeRecord({
        topic,
        queueId: message.queueId,
        flag: message.flag,
        queueOffset: message.queueOffset,
        physicalOffset: message.commitLogOffset,
        sysFlag: message.sysFlag,
        bornTimestamp: message.bornTimestamp,
        bornHost: message.bornHost,
        storeTimestamp: message.storeTimestamp,
        storeHost: message.storeHost,
        reconsumeTimes: message.reconsumeTimes,
        preparedTransactionOffset: message.preparedTransactionOffset,
        body: message.body,
        properties: encodeProperties(properties),
      });
    }),
  );
}
