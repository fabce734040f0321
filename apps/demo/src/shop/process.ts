// One application of the shop as a process of its own: node apps/demo/dist/shop/process.js orders 127.0.0.1:9876. SIGTERM ends it, after what its
// handlers are at; so does the end of whoever started it.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { isApplication, loadApplication, LOG_LEVELS } from './applications.js';
import { APPLICATIONS } from './contracts.js';

const [name, nameServer] = process.argv.slice(2);
if (isApplication(name) && nameServer !== undefined) {
  const application = await NestFactory.createApplicationContext(await loadApplication(name, nameServer), { logger: LOG_LEVELS });
  application.enableShutdownHooks(undefined, { useProcessExit: true });
  process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM'));
  // Reading keeps the process alive, which the client's timers do not.
  process.stdin.resume();
  console.log(`${name} is up`);
} else {
  console.error(`usage: node apps/demo/dist/shop/process.js ${APPLICATIONS.join('|')} HOST:PORT`);
  process.exitCode = 2;
}
