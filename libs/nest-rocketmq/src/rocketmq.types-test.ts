// Compile-time promises of the public door: payload types follow messageType. Never run.
import type { SendResult } from 'rocketmq-core';
import {
  ExtRocketMQConsumerConfiguration,
  ExtRocketMQTemplateConfiguration,
  type InlineTransaction,
  ListenerEnhancer,
  type ListenerEnhancerFunction,
  type ListenerEnhancerMethods,
  type BatchContext,
  type BatchResult,
  type ConsumeOutcome,
  Ctx,
  defineTopic,
  currentMessageContext,
  DeadLetter,
  Headers,
  Message,
  MessageBuilder,
  type MessageContext,
  MessageExt,
  OnMessage,
  Payload,
  type PayloadOf,
  type RocketMQBatchListener,
  type RocketMQListener,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  type ListenerStats,
  type RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
  type StandardSchema,
} from './index.js';
import type { TakesPayload } from './listener/rocketmq-message-listener.decorator.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;

class Order {
  id!: string;
  amount!: number;
}
declare const schema: StandardSchema<unknown, { sku: string }>;

same<Equal<PayloadOf<undefined>, MessageExt>>();
same<Equal<PayloadOf<typeof MessageExt>, MessageExt>>();
same<Equal<PayloadOf<StringConstructor>, string>>();
same<Equal<PayloadOf<typeof Buffer>, Buffer>>();
same<Equal<PayloadOf<typeof Order>, Order>>();
same<Equal<PayloadOf<typeof schema>, { sku: string }>>();
same<Equal<PayloadOf<readonly [typeof Order]>, Order[]>>();
same<Equal<PayloadOf<[typeof schema]>, Array<{ sku: string }>>>();

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g' })
export class RawListener implements RocketMQListener {
  async onMessage(message: MessageExt): Promise<void> {
    message.json<Order>();
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order, consumeMode: 'CONCURRENTLY' })
export class OrderListener implements RocketMQListener<Order> {
  onMessage(order: Order): void {
    order.amount.toFixed();
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: schema })
export class SchemaListener {
  onMessage(item: { sku: string }): void {
    item.sku.trim();
  }
}

// What the compiler says names the method and both types: the wrong class is compared with one that would do.
class TakesText {
  onMessage(_text: string): void {}
}
same<Equal<TakesPayload<Order, TakesText>, abstract new (...args: never[]) => RocketMQListener<Order>>>();
same<Equal<TakesPayload<string, TakesText>, unknown>>();

// @ts-expect-error onMessage takes a string while messageType is a class
@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order })
export class WrongPayload {
  onMessage(_text: string): void {}
}

// @ts-expect-error onMessage takes an Order while no messageType is given
@RocketMQMessageListener({ topic: 't', consumerGroup: 'g' })
export class MissingType {
  onMessage(_order: Order): void {}
}

// @ts-expect-error there is no onMessage
@RocketMQMessageListener({ topic: 't', consumerGroup: 'g' })
export class NoHandler {}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: [Order] })
export class ArrayListener {
  onMessage(orders: Order[]): void {
    orders[0]?.amount.toFixed();
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order, consumeMessageBatchMaxSize: 16 })
export class Bulk implements RocketMQBatchListener<Order> {
  async onMessages(orders: Order[], context: BatchContext): Promise<void | ConsumeOutcome[]> {
    if (orders.length !== context.items.length) return orders.map(() => DeadLetter('none'));
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order })
export class Settling {
  onMessages(orders: Order[]): Promise<BatchResult[]> {
    return Promise.allSettled(orders.map(async (order) => order.id));
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order })
export class DecoratedBatch {
  onMessages(@Payload() orders: Order[], @Headers('KEYS') keys: string[]): void {
    orders[0]!.id = keys[0]!;
  }
}

// @ts-expect-error onMessages takes strings while messageType is a class
@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order })
export class WrongBatch {
  onMessages(_texts: string[]): void {}
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g' })
export class Stock {
  @OnMessage('paid') onPaid(@Payload() o: Order, @Payload('id') id: string): void {
    o.id = id;
  }
  @OnMessage({ topic: 't', tag: 'cancelled || expired', messageType: Order })
  onCancelled(@Payload() o: Order, @Message() m: MessageExt, @Headers('KEYS') k: string, @Ctx() c: MessageContext): Message<Order> {
    return { payload: o, headers: { k, id: m.msgId, topic: c.topic } };
  }
}

@RocketMQMessageListener({ topic: 't', consumerGroup: 'g', messageType: Order })
export class DecoratedParameters {
  onMessage(@Payload() order: Order, @Headers('KEYS') keys: string): void {
    order.id = keys;
  }
}

same<Equal<ReturnType<typeof currentMessageContext>, MessageContext | undefined>>();

// @ts-expect-error the group is missing
RocketMQMessageListener({ topic: 't' });

// @ts-expect-error the topic is missing
RocketMQMessageListener({ consumerGroup: 'g' });

// @ts-expect-error topic and subscriptions exclude each other
RocketMQMessageListener({ topic: 't', subscriptions: [{ topic: 'u' }], consumerGroup: 'g' });

@RocketMQMessageListener({ topic: ['t', 'u'], consumerGroup: 'g' })
export class SeveralTopics implements RocketMQListener {
  onMessage(): void {}
}

@RocketMQMessageListener({
  subscriptions: [{ topic: 't', selectorExpression: 'paid' }, { topic: 'u' }],
  consumerGroup: 'g',
  messageType: Order,
})
export class Subscriptions implements RocketMQListener<Order> {
  onMessage(order: Order): void {
    order.amount.toFixed();
  }
}

export async function registry(listeners: RocketMQListenerRegistry): Promise<void> {
  await listeners.register(
    { topic: 't', consumerGroup: 'g', messageType: Order },
    (order, { msgId }) => void [order.amount.toFixed(), msgId],
  );
  await listeners.register({ topic: 't', consumerGroup: 'g' }, (message) => void message.text());
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: Order }, OrderListener);
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: Order }, new OrderListener());
  // @ts-expect-error the listener takes an Order while messageType is String
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: String }, OrderListener);
  // Methods with @OnMessage have any name; parameter decorators may fill what stands behind the payload.
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: Order }, Stock);
  await listeners.register({ topic: 't', consumerGroup: 'g' }, new Stock());
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: Order }, DecoratedParameters);
  // @ts-expect-error the same, of an instance
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: String }, new OrderListener());
  // @ts-expect-error nothing of it takes a message
  await listeners.register({ topic: 't', consumerGroup: 'g' }, class {});
  // @ts-expect-error nor here
  await listeners.register({ topic: 't', consumerGroup: 'g' }, {});
  // @ts-expect-error the function takes an Order while messageType is String
  await listeners.register({ topic: 't', consumerGroup: 'g', messageType: String }, (order: Order) => void order.amount);
  const all: ListenerStats[] = listeners.stats();
  const one: ListenerStats = listeners.stats(OrderListener);
  void [all, one];
}

@RocketMQTransactionListener({ rocketMQTemplateBeanName: 'audit', maximumPoolSize: 4 })
export class PayTransaction implements RocketMQLocalTransactionListener<{ account: string }> {
  executeLocalTransaction(message: Message<Buffer>, arg: { account: string }): RocketMQLocalTransactionState {
    return message.payload.length > arg.account.length ? RocketMQLocalTransactionState.COMMIT : 'ROLLBACK';
  }

  async checkLocalTransaction(): Promise<RocketMQLocalTransactionState> {
    return RocketMQLocalTransactionState.UNKNOWN;
  }
}

// @ts-expect-error there is no check
@RocketMQTransactionListener()
export class NoCheck {
  executeLocalTransaction(): RocketMQLocalTransactionState {
    return 'COMMIT';
  }
}

@ExtRocketMQTemplateConfiguration({ value: 'audit', group: 'audit', sendMessageTimeout: 3000, retryNextServer: true })
@ExtRocketMQConsumerConfiguration({ topic: 'audits', pullBatchSize: 5 })
export class AuditTemplate extends RocketMQTemplate {
  note(text: string): Promise<SendResult> {
    return this.syncSend('audits', text);
  }
}

// @ts-expect-error the class is no template
@ExtRocketMQTemplateConfiguration()
export class NoTemplate {}

// @ts-expect-error no such attribute
ExtRocketMQTemplateConfiguration({ timeout: 3000 });

RocketMQModule.forFeature(AuditTemplate);
RocketMQModule.forFeature([AuditTemplate], { imports: [] });
RocketMQModule.forFeature({
  name: 'reports',
  connection: 'default',
  producer: { maxMessageSize: 1000 },
  pullConsumer: {},
  lazyConnect: true,
});
RocketMQModule.forFeatureAsync({ name: 'reports', useFactory: async () => ({ producer: { group: 'reports' } }) });
// @ts-expect-error the name is missing
RocketMQModule.forFeature({ producer: { group: 'reports' } });
RocketMQModule.forRoot({ placeholders: (key) => process.env[key], consumer: { listeners: { g: { t: '${off:false}' } } } });

@ListenerEnhancer({ order: 1 })
export class Enhancer implements ListenerEnhancerMethods {
  enhance: ListenerEnhancerFunction = (options, listener) => ({ ...options, id: listener.name });
}

// @ts-expect-error enhance returns nothing
@ListenerEnhancer()
export class NoEnhancer {
  enhance(): void {}
}

const inline: InlineTransaction = { execute: async ({ payload }) => (payload.length > 0 ? 'COMMIT' : 'ROLLBACK'), check: () => 'UNKNOWN' };
RocketMQTransactionListener({ topic: ['payments', 'refunds'] });

export async function template(rocketMQTemplate: RocketMQTemplate): Promise<void> {
  const result = await rocketMQTemplate.syncSend('orders:paid', new Order());
  same<Equal<typeof result, SendResult>>();
  await rocketMQTemplate.syncSend('orders', MessageBuilder.withPayload(new Order()).build(), 3000, 3);
  await rocketMQTemplate.syncSend('orders', 'x', { timeout: 1000, delayLevel: 3, keys: ['k1'], headers: { source: 'web' } });
  same<Equal<ReturnType<() => void>, void>>();
  const nothing: void = rocketMQTemplate.asyncSend('orders', 'x', { onSuccess: (sent) => void sent.msgId, onException: () => undefined });
  void nothing;
  const order = await rocketMQTemplate.sendAndReceive('prices', 'tea', Order, 'key', 500);
  same<Equal<typeof order, Order>>();
  const sku = await rocketMQTemplate.sendAndReceive('prices', 'tea', { replyType: schema, timeout: 500 });
  same<Equal<typeof sku, { sku: string }>>();
  const reply = await rocketMQTemplate.sendAndReceive('prices', 'tea');
  same<Equal<typeof reply, MessageExt>>();
  const called: void = rocketMQTemplate.sendAndReceive('prices', 'tea', {
    replyType: Order,
    onSuccess: (answer: Order) => void answer.amount,
    onException: () => undefined,
  });
  void called;
  // @ts-expect-error nobody answers a one-way send
  await rocketMQTemplate.sendOneWay('orders', 'x', { timeout: 3 });
  // @ts-expect-error the hash key is missing
  await rocketMQTemplate.syncSendOrderly('orders', 'x');
  await rocketMQTemplate.sendMessageInTransaction('orders', new Order(), inline);
  // @ts-expect-error no such option
  await rocketMQTemplate.syncSend('orders', 'x', { delay: 3 });
}

// Topic contracts: what may be sent, where, and what listeners get.
declare const priced: StandardSchema<{ sku: string; price: string }, { sku: string; price: number }>;
const Prices = defineTopic('prices', { schema: priced, tags: ['new', 'changed'], key: ({ sku }) => sku });
const Audit = defineTopic('audit', { schema: Order });

export async function typedTopics(template: RocketMQTemplate): Promise<void> {
  await template.syncSend(Prices.to('new'), { sku: 's', price: '1' });
  await template.syncSend(Prices.to('new'), MessageBuilder.withPayload({ sku: 's', price: '1' }).build());
  await template.asyncSendOrderly(Prices.to('changed'), { sku: 's', price: '1' }, 's');
  await template.syncSend(Audit.to(), new Order());
  await template.syncSend('anything', 1);
  // @ts-expect-error a listener gets the number, a sender gives the text
  await template.syncSend(Prices.to('new'), { sku: 's', price: 1 });
  // @ts-expect-error no such tag
  Prices.to('gone');
  // @ts-expect-error a topic with tags wants one
  Prices.to();
  // @ts-expect-error a topic without tags takes none
  Audit.to('x');
}

@RocketMQMessageListener({ ...Prices.listen('new'), consumerGroup: 'g' })
export class PriceListener {
  onMessage(price: { sku: string; price: number }): void {
    price.price.toFixed();
  }
}

// @ts-expect-error onMessage takes another payload than the topic has
@RocketMQMessageListener({ ...Prices.listen(), consumerGroup: 'g' })
export class WrongPriceListener {
  onMessage(price: { sku: string; price: string }): void {
    price.price.trim();
  }
}
