// The Nest application that answers the rocketmq-spring one of test/interop/spring: a listener per kind, and every kind sent.
// Must never look into a server: what counts is what each application is told.
import {
  type Message,
  MessageBuilder,
  RocketMQLocalTransactionState,
  RocketMQMessageListener,
  type RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import type { DefaultMQPushConsumer, MessageExt, SendResult } from 'rocketmq-core';
import { fromTheFirst } from './our-clients.js';

/** What Spring sends to, what it listens to, and what both do. Groups of both begin alike. */
export const TOPICS = { out: 'from-spring', in: 'to-spring', all: 'both' } as const;
export const SPRING_GROUP = 'spring-app';
const GROUP = 'nest-app';
const LIMIT_MS = 60_000;

const KINDS = ['', '-order', '-retry', '-ask', '-pull'];

/** The broker's list of topics: a consumer that starts before its topic exists looks for it every 30 seconds, and tells brokers as seldom. */
export function topicsJson(): string {
  const names = [TOPICS.all, ...KINDS.flatMap((kind) => [`${TOPICS.out}${kind}`, `${TOPICS.in}${kind}`])];
  const config = { readQueueNums: 4, writeQueueNums: 4, perm: 6, topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false };
  return JSON.stringify({
    topicConfigTable: Object.fromEntries(names.map((topicName) => [topicName, { topicName, ...config }])),
    dataVersion: { counter: 1, stateVersion: 0, timestamp: 1 },
  });
}

export class Order {
  id!: string;
  amount!: number;
}

/** What the listeners below were told, in order. */
export class Heard {
  readonly all: MessageExt[] = [];
  readonly texts: string[] = [];
  readonly orders: Order[] = [];
  readonly sql: string[] = [];
  readonly inOrder: MessageExt[] = [];
  readonly each: string[] = [];
  readonly retries: Array<[string, number]> = [];
  readonly decided: Array<[string, string]> = [];

  of(kind: string): MessageExt[] {
    return this.all.filter((message) => message.text().startsWith(kind));
  }
}

/** Classes are made anew for each application: a decorated class belongs to one. `offsetDir`: where the broadcasting one keeps its offsets. */
export function partnerProviders(heard: Heard, offsetDir: string): Array<new () => object> {
  return [...payloadListeners(heard), ...kindListeners(heard, offsetDir), ...answering(), transactions(heard)];
}

abstract class Early {
  prepareStart(consumer: DefaultMQPushConsumer): void {
    fromTheFirst(consumer);
  }
}

function payloadListeners(heard: Heard): Array<new () => object> {
  @RocketMQMessageListener({ topic: TOPICS.out, consumerGroup: `${GROUP}-all` })
  class All extends Early {
    onMessage(message: MessageExt): void {
      heard.all.push(message);
    }
  }
  @RocketMQMessageListener({ topic: TOPICS.out, consumerGroup: `${GROUP}-text`, selectorExpression: 'text || late', messageType: String })
  class Text extends Early {
    onMessage(text: string): void {
      heard.texts.push(text);
    }
  }
  @RocketMQMessageListener({ topic: TOPICS.out, consumerGroup: `${GROUP}-orders`, selectorExpression: 'json', messageType: Order })
  class Orders extends Early {
    onMessage(order: Order): void {
      heard.orders.push(order);
    }
  }
  @RocketMQMessageListener({
    topic: TOPICS.out,
    consumerGroup: `${GROUP}-sql`,
    selectorType: 'SQL92',
    selectorExpression: 'amount > 100',
    messageType: String,
  })
  class Sql extends Early {
    onMessage(text: string): void {
      heard.sql.push(text);
    }
  }
  return [All, Text, Orders, Sql];
}

function kindListeners(heard: Heard, offsetDir: string): Array<new () => object> {
  @RocketMQMessageListener({ topic: `${TOPICS.out}-order`, consumerGroup: `${GROUP}-order`, consumeMode: 'ORDERLY' })
  class InOrder extends Early {
    onMessage(message: MessageExt): void {
      heard.inOrder.push(message);
    }
  }
  // The other member of this group is Spring's.
  @RocketMQMessageListener({
    topic: TOPICS.all,
    consumerGroup: `${SPRING_GROUP}-each`,
    messageModel: 'BROADCASTING',
    messageType: String,
  })
  class Everyone extends Early {
    onMessage(text: string): void {
      heard.each.push(text);
    }
    override prepareStart(consumer: DefaultMQPushConsumer): void {
      super.prepareStart(consumer);
      // In the home directory, those of the run before would be found.
      consumer.localOffsetStoreDir = offsetDir;
    }
  }
  @RocketMQMessageListener({
    topic: `${TOPICS.out}-retry`,
    consumerGroup: `${GROUP}-retry`,
    maxReconsumeTimes: 1,
    delayLevelWhenNextConsume: 1,
    messageType: String,
  })
  class Flaky extends Early {
    onMessage(text: string, { reconsumeTimes }: { reconsumeTimes: number }): void {
      heard.retries.push([text, reconsumeTimes]);
      if (reconsumeTimes === 0 || text === 'dead') throw new Error('on purpose');
    }
  }
  return [InOrder, Everyone, Flaky];
}

function answering(): Array<new () => object> {
  @RocketMQMessageListener({ topic: `${TOPICS.out}-ask`, consumerGroup: `${GROUP}-ask`, selectorExpression: 'object', messageType: Order })
  class Prices extends Early {
    onRequest(order: Order): Order {
      return { id: order.id, amount: order.amount * 2 };
    }
  }
  @RocketMQMessageListener({
    topic: `${TOPICS.out}-ask`,
    consumerGroup: `${GROUP}-ask-text`,
    selectorExpression: 'text',
    messageType: String,
  })
  class TextAnswers extends Early {
    onRequest(text: string): string {
      return `${text} costs 42`;
    }
  }
  return [Prices, TextAnswers];
}

function transactions(heard: Heard): new () => object {
  @RocketMQTransactionListener()
  class Transactions {
    executeLocalTransaction(message: Message<Buffer>, arg: unknown): RocketMQLocalTransactionState {
      heard.decided.push(['execute', message.payload.toString()]);
      return arg as RocketMQLocalTransactionState;
    }
    checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
      heard.decided.push(['check', message.payload.toString()]);
      return RocketMQLocalTransactionState.COMMIT;
    }
  }
  return Transactions;
}

/** Results of every send that has one, by kind. The body begins with the kind. */
export async function sendEveryKind(template: RocketMQTemplate): Promise<Map<string, SendResult>> {
  const to = TOPICS.in;
  const results = new Map<string, SendResult>();
  const sent = async (kind: string, send: Promise<SendResult>): Promise<void> => void results.set(kind, await send);
  const build = (kind: string, headers: Record<string, unknown>) => MessageBuilder.createMessage(kind, headers);
  await sent('text', template.syncSend(`${to}:text`, 'text ü'));
  await sent('json', template.syncSend(`${to}:json`, { id: 'o-1', amount: 7 }));
  await sent('bytes', template.syncSend(to, Buffer.from('bytes\u0001')));
  await sent('headers', template.syncSend(`${to}:tag`, build('headers', { KEYS: 'k1 k2', 'x-user': 'u1', FLAG: '7' })));
  await sent('collection', template.syncSend(to, build('collection', { KEYS: ['p', 'q'], WAIT_STORE_MSG_OK: false })));
  await sent('large', template.syncSend(to, `large${'0123456789'.repeat(2000)}`));
  await sent('sql-small', template.syncSend(`${to}:sql`, build('sql-small', { amount: 50 })));
  await sent('sql-large', template.syncSend(`${to}:sql`, build('sql-large', { amount: 150 })));
  for (const each of ['each-3', 'each-4']) await sent(each, template.syncSend(TOPICS.all, each));
  for (const each of ['again', 'dead']) await sent(each, template.syncSend(`${to}-retry`, each));
  await template.sendOneWay(to, 'oneway');
  await sent('converted', template.convertAndSend(to, 'converted', { 'x-user': 'u2' }));
  await sent('async', new Promise((onSuccess, onException) => template.asyncSend(to, 'async', { onSuccess, onException })));
  for (let i = 0; i < 6; i++) await sent(`order-${i}`, template.syncSendOrderly(`${to}-order`, `order-${i}`, `key-${i % 2}`));
  await sent('level', template.syncSend(to, 'level', 10_000, 1));
  await sent('seconds', template.syncSendDelayTimeSeconds(to, 'seconds', 1));
  await sent('millis', template.syncSendDelayTimeMills(to, 'millis', 1500));
  await sent('moment', template.syncSendDeliverTimeMills(to, 'moment', new Date(Date.now() + 1000)));
  await sent('batch', template.syncSend(`${to}:batch`, [build('batch-1', { KEYS: 'b1' }), build('batch-2', { KEYS: 'b2' })]));
  await sent('ordered-batch', template.syncSendOrderly(`${to}:batch`, [build('ordered-1', {}), build('ordered-2', {})], 'key-0'));
  for (const state of ['COMMIT', 'ROLLBACK', 'UNKNOWN']) {
    await sent(state, template.sendMessageInTransaction(`${to}:tx`, build(`transaction ${state}`, { KEYS: 't1' }), state));
  }
  return results;
}

/** Answers of the Spring application, in each form of the call. */
export async function askEveryWay(template: RocketMQTemplate): Promise<Record<string, unknown>> {
  const to = `${TOPICS.in}-ask`;
  const [text, hash, object, whole, called] = await Promise.all([
    template.sendAndReceive(`${to}:text`, 'tea', String, LIMIT_MS),
    template.sendAndReceive(`${to}:text`, 'hash', String, 'key-0', LIMIT_MS),
    template.sendAndReceive(`${to}:object`, { id: 'o-2', amount: 21 }, { replyType: Order, timeout: LIMIT_MS }),
    template.sendAndReceive(`${to}:text`, 'whole', { timeout: LIMIT_MS }),
    new Promise((onSuccess, onException) =>
      template.sendAndReceive(`${to}:text`, 'called', { replyType: String, onSuccess, onException }, LIMIT_MS),
    ),
  ]);
  return { text, hash, object, whole, called };
}
