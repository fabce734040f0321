// A redis-server of our own on a free port, keeping nothing on disk. Must never be left running, nor touch one that is not ours.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePorts } from './free-ports.js';
import { until } from './until.js';

const BOOT_LIMIT_MS = 10_000;

export interface RedisServer {
  readonly port: number;
  /** A client that fails at once while the server is away. */
  connect(): Redis;
  /** SIGKILL, then gone; the keys with it. */
  kill(): Promise<void>;
  /** On the same port, empty. */
  start(): Promise<void>;
  /** Server, clients and directory. */
  close(): Promise<void>;
}

/** Where redis-server is installed. CI fails without it; elsewhere the caller skips, and says so. */
export function hasRedisServer(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (found) return true;
  if (process.env['CI']) throw new Error('redis-server is missing: .ci/run installs it');
  process.stderr.write(
    '\n*** redis-server is not installed: the tests of RedisIdempotencyStore are SKIPPED (apt-get install redis-server) ***\n\n',
  );
  return false;
}

export async function startRedis(): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'nrmq-redis-'));
  const [port] = (await freePorts(1)) as [number];
  const clients: Redis[] = [];
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    connect() {
      const client = new Redis({ host: '127.0.0.1', port, enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
      // Told by each call as well; without a handler it is printed.
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async start() {
      const settings = { port, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'no' };
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
      child = spawn('redis-server', args, { stdio: 'ignore' });
      const probe = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, lazyConnect: true });
      probe.on('error', () => undefined);
      try {
        probe.connect().catch(() => undefined);
        await until(() => probe.status === 'ready', BOOT_LIMIT_MS);
      } finally {
        probe.disconnect();
      }
    },
    async kill() {
      const running = child;
      child = undefined;
      if (running === undefined) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
    async close() {
      for (const client of clients) client.disconnect();
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
