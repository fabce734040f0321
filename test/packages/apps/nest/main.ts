// Runs the application against the name server it is given, or with a cluster inside the process, and prints what was sent and consumed.
import { NestFactory } from '@nestjs/core';
import { AppModule, Invoices, OrderService } from './app.js';

async function main(nameServer: string | undefined): Promise<void> {
  const options = nameServer === undefined ? { embedded: true } : { nameServer };
  const app = await NestFactory.createApplicationContext(AppModule.with(options), { logger: ['error'] });
  const { sendStatus } = await app.get(OrderService).pay('order-1');
  console.log(sendStatus, await app.get(Invoices).first);
  await app.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
