// Which names may become directories. A topic never reaches the file system unchecked (D4), wherever it came from.
import { IllegalMessageError } from '../../errors/index.js';

const TOPIC = /^[%|a-zA-Z0-9_-]+$/;
const TOPIC_BYTES_MAX = 255;
const QUEUE_ID = /^(0|[1-9]\d{0,9})$/;
const QUEUE_ID_MAX = 0x7fffffff;

export function isTopicName(topic: string): boolean {
  return topic.length <= TOPIC_BYTES_MAX && TOPIC.test(topic);
}

export function checkQueueName(topic: string, queueId: number): void {
  if (!isTopicName(topic)) {
    throw new IllegalMessageError(`topic ${JSON.stringify(topic.slice(0, 300))} is not 1..${TOPIC_BYTES_MAX} characters of %|a-zA-Z0-9_-`);
  }
  if (!Number.isInteger(queueId) || queueId < 0 || queueId > QUEUE_ID_MAX) {
    throw new IllegalMessageError(`queueId ${queueId} of topic ${topic} is not within 0..${QUEUE_ID_MAX}`);
  }
}

/** The queueId a directory stands for, undefined when its name is none. */
export function queueIdOfDirectory(name: string): number | undefined {
  if (!QUEUE_ID.test(name)) return undefined;
  const queueId = Number(name);
  return queueId <= QUEUE_ID_MAX ? queueId : undefined;
}
