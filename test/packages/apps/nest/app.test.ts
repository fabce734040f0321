// The test a user writes for such an application, in the Jest and the format that user has. Run by test/packages, not by this repository's Jest.
import { Test } from '@nestjs/testing';
import { AppModule, Invoices, OrderService } from './app.js';

const nameServer = process.env.NAME_SERVER;

test('an order that is paid gets its invoice', async () => {
  const options = nameServer === undefined ? { embedded: true } : { nameServer };
  const module = await Test.createTestingModule({ imports: [AppModule.with(options)] }).compile();
  await module.init();
  await module.get(OrderService).pay('order-2');
  expect(await module.get(Invoices).first).toBe('true ORDER-2 paid');
  await module.close();
}, 60_000);
