// A topic's route as producers and consumers need it: where to send, what to read, whether it changed. Pure; knows no network.
import { compareMessageQueues, type MessageQueue } from '../../message/index.js';
import type { BrokerData, QueueData, TopicRouteData } from '../../protocol/index.js';

export interface TopicRoute {
  readonly topic: string;
  readonly data: TopicRouteData;
  /** Queues to send to, by broker name, then queue id. */
  readonly publishQueues: readonly MessageQueue[];
  /** Queues to read from. */
  readonly subscribeQueues: readonly MessageQueue[];
  /** Made from the template topic: the broker creates the topic on the first send. */
  readonly fromTemplate: boolean;
}

export const MASTER_ID = 0;
const PERM_WRITE = 2;
const PERM_READ = 4;

export function createTopicRoute(topic: string, data: TopicRouteData, fromTemplate = false): TopicRoute {
  return {
    topic,
    data,
    publishQueues: publishQueuesOf(topic, data),
    subscribeQueues: subscribeQueuesOf(topic, data),
    fromTemplate,
  };
}

/** The template topic's route with its queue counts cut, to stand for a topic that does not exist yet. */
export function routeFromTemplate(topic: string, template: TopicRouteData, queueNums: number): TopicRoute {
  const queueDatas = template.queueDatas.map((queue) => {
    const count = Math.min(queueNums, queue.readQueueNums);
    return { ...queue, readQueueNums: count, writeQueueNums: count };
  });
  return createTopicRoute(topic, { ...template, queueDatas }, true);
}

/** [java MQClientInstance#topicRouteData2TopicPublishInfo]: writable queues of brokers that have a master. */
function publishQueuesOf(topic: string, data: TopicRouteData): MessageQueue[] {
  const ordered = orderedQueues(topic, data.orderTopicConf);
  if (ordered !== undefined) return ordered;
  const masters = new Set(data.brokerDatas.filter((broker) => broker.brokerAddrs.has(MASTER_ID)).map((broker) => broker.brokerName));
  return queuesOf(
    topic,
    data.queueDatas.filter((queue) => (queue.perm & PERM_WRITE) !== 0 && masters.has(queue.brokerName)),
    (queue) => queue.writeQueueNums,
  );
}

function subscribeQueuesOf(topic: string, data: TopicRouteData): MessageQueue[] {
  return queuesOf(
    topic,
    data.queueDatas.filter((queue) => (queue.perm & PERM_READ) !== 0),
    (queue) => queue.readQueueNums,
  );
}

function queuesOf(topic: string, queueDatas: readonly QueueData[], countOf: (queue: QueueData) => number): MessageQueue[] {
  const queues = queueDatas.flatMap((data) =>
    Array.from({ length: Math.max(0, countOf(data)) }, (_, queueId) => ({ topic, brokerName: data.brokerName, queueId })),
  );
  return queues.toSorted(compareMessageQueues);
}

/** `broker-a:4;broker-b:4`: exactly these queues, in this order. */
function orderedQueues(topic: string, orderTopicConf: string | undefined): MessageQueue[] | undefined {
  if (orderTopicConf === undefined || orderTopicConf === '') return undefined;
  const queues: MessageQueue[] = [];
  for (const part of orderTopicConf.split(';')) {
    const [brokerName, count] = part.split(':');
    if (brokerName === undefined || !/^\d{1,5}$/.test(count ?? '')) continue;
    for (let queueId = 0; queueId < Number(count); queueId++) queues.push({ topic, brokerName, queueId });
  }
  return queues;
}

/** True when two routes say the same, whatever the order of their lists. */
export function sameRoute(a: TopicRouteData, b: TopicRouteData): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint(data: TopicRouteData): string {
  const queues = data.queueDatas
    .map((queue) => [queue.brokerName, queue.readQueueNums, queue.writeQueueNums, queue.perm, queue.topicSysFlag].join(' '))
    .toSorted();
  return JSON.stringify([data.orderTopicConf ?? '', queues, data.brokerDatas.map(brokerText).toSorted()]);
}

function brokerText(broker: BrokerData): string {
  const addresses = [...broker.brokerAddrs].map(([id, address]) => `${id}=${address}`).toSorted();
  return [broker.cluster, broker.brokerName, ...addresses].join(' ');
}
