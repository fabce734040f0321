import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { MessageExt } from 'rocketmq-core/message';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { z } from 'zod';
import { MessageConversionError } from './message-conversion-error.js';
import { DefaultMessageConverter } from './message-converter.js';
import { createPayloadReader, type MessageType } from './payload-reader.js';
import type { StandardSchema } from './standard-schema.js';

class Item {
  @IsString()
  sku!: string;
}

class Order {
  @IsString()
  id!: string;

  @IsInt()
  @Min(1)
  amount!: number;

  @ValidateNested()
  @Type(() => Item)
  item?: Item;

  label(): string {
    return `${this.id}/${this.amount}`;
  }
}

class Plain {
  id!: string;
}

const schema: StandardSchema<unknown, { twice: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) => {
      const n = (value as { n?: unknown }).n;
      return typeof n === 'number' ? { value: { twice: n * 2 } } : { issues: [{ message: 'is no number', path: ['n'] }] };
    },
  },
};

async function read(messageType: MessageType | undefined, body: string): Promise<unknown> {
  const reader = await createPayloadReader(messageType, new DefaultMessageConverter());
  return reader(receivedMessage({ body }));
}

describe('createPayloadReader', () => {
  it('hands out the message, its text, its bytes or its JSON', async () => {
    expect(await read(undefined, 'x')).toBeInstanceOf(MessageExt);
    expect(await read(MessageExt, 'x')).toBeInstanceOf(MessageExt);
    expect(await read(String, '{"a":1}')).toBe('{"a":1}');
    expect(await read(Buffer, 'x')).toEqual(Buffer.from('x'));
    expect(await read(Object, '{"a":[1]}')).toEqual({ a: [1] });
  });

  it('makes instances of a class, nested ones too, and validates them', async () => {
    const order = (await read(Order, '{"id":"o1","amount":3,"item":{"sku":"s"}}')) as Order;
    expect(order.label()).toBe('o1/3');
    expect(order.item).toBeInstanceOf(Item);
    const failure = read(Order, '{"id":5,"amount":0,"item":{"sku":1}}');
    await expect(failure).rejects.toBeInstanceOf(MessageConversionError);
    await expect(failure).rejects.toMatchObject({
      issues: ['id: id must be a string', 'amount: amount must not be less than 1', 'item.sku: sku must be a string'],
    });
  });

  it('takes classes without any rule', async () => {
    expect(await read(Plain, '{"id":"x"}')).toBeInstanceOf(Plain);
  });

  it('gives what a schema makes of the body', async () => {
    expect(await read(schema, '{"n":4}')).toEqual({ twice: 8 });
    await expect(read(schema, '{"n":"4"}')).rejects.toMatchObject({ message: 'the payload does not fit its schema: n: is no number' });
  });

  it('reads the elements of an array by class or schema, and tells all that do not fit', async () => {
    const [order, ...rest] = (await read([Order], '[{"id":"o1","amount":3},{"id":"o2","amount":4}]')) as Order[];
    expect([order!.label(), rest.length]).toEqual(['o1/3', 1]);
    expect(await read([schema], '[{"n":1},{"n":2}]')).toEqual([{ twice: 2 }, { twice: 4 }]);
    expect(await read([Object], '[1,"a"]')).toEqual([1, 'a']);
    await expect(read([Order], '{"id":"o1","amount":3}')).rejects.toThrow('the payload is no JSON array');
    await expect(read([Order], '[{"id":"o1","amount":0},7,{"id":"o2","amount":1},{"id":1,"amount":1}]')).rejects.toMatchObject({
      issues: [
        '[0] amount: amount must not be less than 1',
        '[1] the payload is no JSON object, Order cannot be made of it',
        '[3] id: id must be a string',
      ],
    });
  });

  it('reads with zod', async () => {
    const sku = z.object({ sku: z.string().transform((text) => text.toUpperCase()), count: z.number().int().default(1) });
    expect(await read(sku, '{"sku":"a","more":1}')).toEqual({ sku: 'A', count: 1 });
    expect(await read([sku], '[{"sku":"b","count":2}]')).toEqual([{ sku: 'B', count: 2 }]);
    const failure = read(sku, '{"sku":1,"count":1.5}');
    await expect(failure).rejects.toMatchObject({ issues: [expect.stringMatching(/^sku: /), expect.stringMatching(/^count: /)] });
  });

  it('takes an error of a transformation for one of the content', async () => {
    class Dated {
      @Transform(({ value }: { value: string }) => new Date(value).toISOString()) at!: string;
    }
    await expect(read(Dated, '{"at":"never"}')).rejects.toThrow('the payload cannot become a Dated: Invalid time value');
    await expect(read(Dated, '{"at":"never"}')).rejects.toBeInstanceOf(MessageConversionError);
  });

  it.each([
    ['{', 'is no JSON'],
    ['[1]', 'is no JSON object, Order cannot be made of it'],
    ['null', 'is no JSON object'],
    ['', 'is no JSON'],
  ])('refuses the body %p for a class', async (body, reason) => {
    await expect(read(Order, body)).rejects.toThrow(reason);
  });

  it.each(['hunter2 is the password', '{"id":hunter2,"amount":3,"and":"so on and so on"}'])('says nothing of the body %p', async (body) => {
    const error: unknown = await read(Order, body).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/^the body \(\d+ bytes\) is no JSON: Unexpected token 'h'$/);
  });
});
