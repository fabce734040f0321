// A name server of this product in the test's process, on a free port with its files in a temporary directory. Must never leave either behind.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { type NamesrvConfig, NamesrvLifecycle, NamesrvModule, type NamesrvOverrides } from '@nest-rocketmq/namesrv';

export interface TestNamesrv {
  readonly address: { host: string; port: number };
  readonly directory: string;
  /** Closes the server; its directory stays until `close`. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startNamesrv(
  config: Partial<NamesrvConfig> = {},
  overrides: NamesrvOverrides = {},
  directory?: string,
): Promise<TestNamesrv> {
  const home = directory ?? (await mkdtemp(join(tmpdir(), 'nrmq-namesrv-')));
  const settings = {
    listenPort: 0,
    kvConfigPath: join(home, 'kvConfig.json'),
    configStorePath: join(home, 'namesrv.properties'),
    ...config,
  };
  const app = await NestFactory.createApplicationContext(NamesrvModule.forRoot(settings, overrides), {
    logger: false,
    abortOnError: false,
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= app.close());
  return {
    address: app.get(NamesrvLifecycle).address,
    directory: home,
    stop,
    close: async () => {
      await stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
