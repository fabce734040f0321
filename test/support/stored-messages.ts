// Reads everything a broker keeps of a topic, past every client under test. Must never commit an offset or hide a gap.
import type { MessageExt } from 'rocketmq-core/message';
import { GET_MAX_OFFSET, GET_MIN_OFFSET } from 'rocketmq-core/protocol';
import type { BrokerClient } from './broker-client.js';

/** All messages of the queues 0 to `queues` - 1, in the order of each. Throws when an offset in the range of a queue is missing. */
export async function storedMessages(client: BrokerClient, topic: string, queues = 4): Promise<MessageExt[]> {
  const found: MessageExt[] = [];
  for (let queueId = 0; queueId < queues; queueId++) {
    const offsetOf = async (row: typeof GET_MAX_OFFSET | typeof GET_MIN_OFFSET): Promise<number> =>
      (await client.remoting.call(row, client.address, { topic, queueId })).header!.offset;
    const [min, max] = [await offsetOf(GET_MIN_OFFSET), await offsetOf(GET_MAX_OFFSET)];
    for (let offset = min; offset < max;) {
      const messages = await client.messages({ topic, queueId, offset, group: 'reader' });
      for (const message of messages) {
        if (message.queueOffset !== offset) throw new Error(`${topic}/${queueId}: offset ${message.queueOffset} where ${offset} was due`);
        offset++;
      }
      if (messages.length === 0) throw new Error(`${topic}/${queueId}: nothing at offset ${offset} of ${max}`);
      found.push(...messages);
    }
  }
  return found;
}
