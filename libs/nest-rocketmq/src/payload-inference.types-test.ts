// Compile-time promises of the public door: what a schema, a class, String or Buffer as the type makes of the payload, wherever a type is given.
// Must never run, nor name a type that should be inferred.
import { z } from 'zod';
import {
  type BatchContext,
  type MessageContext,
  MessageExt,
  type PayloadOf,
  type RocketMQListener,
  RocketMQMessageListener,
  type RocketMQReplyListener,
  type RocketMQTemplate,
} from './index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;

class Order {
  constructor(
    readonly id: string,
    readonly amount: number,
  ) {}
}
const Payment = z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)), note: z.string().optional() });
type Payment = z.output<typeof Payment>;

// What comes out of the schema counts, not what goes in.
same<Equal<PayloadOf<typeof Payment>, Payment>>();
same<Equal<PayloadOf<typeof Payment>['at'], Date>>();
same<Equal<PayloadOf<typeof Payment>['note'], string | undefined>>();
// A class is its instances, whatever its constructor takes.
same<Equal<PayloadOf<typeof Order>, Order>>();
same<Equal<PayloadOf<StringConstructor>, string>>();
same<Equal<PayloadOf<BufferConstructor>, Buffer>>();

const common = { topic: 't', consumerGroup: 'g' } as const;

@RocketMQMessageListener({ ...common, messageType: Payment })
export class ZodListener implements RocketMQListener<Payment> {
  onMessage(payment: Payment, context: MessageContext): void {
    payment.at.getTime();
    same<Equal<typeof context.signal, AbortSignal>>();
  }
}

@RocketMQMessageListener({ ...common, messageType: String })
export class TextListener {
  onMessage(text: string): void {
    text.trim();
  }
}

@RocketMQMessageListener({ ...common, messageType: Buffer })
export class BytesListener {
  onMessage(bytes: Buffer): void {
    bytes.readInt8();
  }
}

@RocketMQMessageListener({ ...common, messageType: Order })
export class BatchListener {
  onMessages(orders: Order[], context: BatchContext): void {
    same<Equal<typeof context.messages, readonly MessageExt[]>>();
    orders[0]?.amount.toFixed();
  }
}

@RocketMQMessageListener({ ...common, messageType: Order })
export class ReplyListener implements RocketMQReplyListener<Order, string> {
  onRequest(order: Order): string {
    return order.id;
  }
}

// @ts-expect-error the schema gives `at` as a Date
@RocketMQMessageListener({ ...common, messageType: Payment })
export class WrongSchemaListener {
  onMessage(_payment: { id: string; at: string }): void {}
}

// @ts-expect-error a batch of orders, not of texts
@RocketMQMessageListener({ ...common, messageType: Order })
export class WrongBatchListener {
  onMessages(_texts: string[]): void {}
}

// @ts-expect-error bytes are no text
@RocketMQMessageListener({ ...common, messageType: Buffer })
export class WrongBytesListener {
  onMessage(_text: string): void {}
}

export async function received(template: RocketMQTemplate): Promise<void> {
  const raw = await template.receive(1000);
  same<Equal<typeof raw, MessageExt[]>>();
  const orders = await template.receive(Order, 1000);
  same<Equal<typeof orders, Order[]>>();
  const payments = await template.receive(Payment);
  same<Equal<typeof payments, Payment[]>>();
  const texts = await template.receive(String);
  same<Equal<typeof texts, string[]>>();
  const bytes = await template.receive(Buffer);
  same<Equal<typeof bytes, Buffer[]>>();
}

export async function answered(template: RocketMQTemplate): Promise<void> {
  const order = await template.sendAndReceive('orders', 'x', Order);
  same<Equal<typeof order, Order>>();
  const payment = await template.sendAndReceive('orders', 'x', Payment);
  same<Equal<typeof payment, Payment>>();
  const text = await template.sendAndReceive('orders', 'x', String);
  same<Equal<typeof text, string>>();
}
