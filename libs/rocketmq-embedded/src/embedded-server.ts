// One server, a Nest application of its own, inside the caller's process. Must never outlive stop().
import 'reflect-metadata';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { quietly } from './quiet-loading.js';

type RootModule = Parameters<typeof NestFactory.createApplicationContext>[0];

export class EmbeddedServer {
  private constructor(private readonly application: INestApplicationContext) {}

  /** Resolves when the module has bootstrapped; what a failed start opened is closed again. */
  static async start(module: RootModule): Promise<EmbeddedServer> {
    return new EmbeddedServer(await quietly(() => NestFactory.createApplicationContext(module, { abortOnError: false })));
  }

  get<T>(token: Type<T> | symbol): T {
    return this.application.get<T>(token, { strict: false });
  }

  stop(): Promise<void> {
    return this.application.close();
  }
}
