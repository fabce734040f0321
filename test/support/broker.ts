// A broker of this product in the test's process, on free ports with its store in a temporary directory. Must never leave either behind.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type BrokerConfigInput, BrokerLifecycle, BrokerModule, type BrokerOverrides, createBrokerConfig } from '@nest-rocketmq/broker';

export interface TestBroker {
  /** `host:port` of the main port. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly vipPort: number;
  readonly directory: string;
  readonly app: INestApplicationContext;
  /** Closes the broker; its directory stays until `close`. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface TestBrokerOptions {
  config?: BrokerConfigInput;
  overrides?: Partial<BrokerOverrides>;
  /** An existing store. */
  directory?: string;
}

/** Small files, so that a store costs nothing. */
const SMALL_STORE: BrokerConfigInput = { mappedFileSizeCommitLog: 4 * 1024 * 1024, mappedFileSizeConsumeQueue: 20 * 1000 };

export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'nrmq-broker-')));
  const { config } = createBrokerConfig({
    overrides: { ...SMALL_STORE, listenPort: 0, brokerName: 'broker-a', storePathRootDir: directory, ...options.config },
  });
  const app = await NestFactory.createApplicationContext(BrokerModule.forRoot(config, options.overrides), {
    logger: false,
    abortOnError: false,
  });
  const { address } = app.get(BrokerLifecycle, { strict: false });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= app.close());
  return {
    address: `127.0.0.1:${address.port}`,
    host: '127.0.0.1',
    port: address.port,
    vipPort: address.vipPort,
    directory,
    app,
    stop,
    close: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
