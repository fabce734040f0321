// One application of a story from start to close. Must never leave it open, whatever the story does.
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Quiet: what a listener of a story throws on purpose would otherwise fill the screen. */
export async function withApplication(module: DynamicModule, work: (application: INestApplicationContext) => Promise<void>): Promise<void> {
  const application = await NestFactory.createApplicationContext(module, { logger: ['error'], abortOnError: false });
  try {
    await work(application);
  } finally {
    await application.close();
  }
}
