// A name server and brokers inside the caller's process, on free loopback ports. Must never leave a socket, a timer or a temporary file behind.
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NamesrvLifecycle, NamesrvModule } from '@nest-rocketmq/namesrv';
import { silentLogger, SystemClock } from 'rocketmq-core/common';
import { ConfigError, type ConfigProblem } from 'rocketmq-core/errors';
import { EmbeddedBroker } from './embedded-broker.js';
import { BROKERS_MAX, EMBEDDED_OPTIONS, type EmbeddedRocketMQOptions, OWNED_BROKER_KEYS } from './embedded-options.js';
import { EmbeddedServer } from './embedded-server.js';

interface Parts {
  readonly nameServer: string;
  readonly brokers: readonly EmbeddedBroker[];
  readonly storePath: string;
  /** In the order they have to run. */
  readonly closers: ReadonlyArray<() => Promise<void>>;
}

export class EmbeddedRocketMQ {
  /** `host:port`, for the option `nameServer` of clients. */
  readonly nameServer: string;
  readonly brokers: readonly EmbeddedBroker[];
  readonly storePath: string;
  private stopped: Promise<void> | undefined;

  private constructor(private readonly parts: Parts) {
    this.nameServer = parts.nameServer;
    this.brokers = parts.brokers;
    this.storePath = parts.storePath;
  }

  static async start(options: EmbeddedRocketMQOptions = {}): Promise<EmbeddedRocketMQ> {
    checkOptions(options);
    const closers: Array<() => Promise<void>> = [];
    try {
      return new EmbeddedRocketMQ(await openParts(options, closers));
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** Stops a broker in order and starts it again on its store, at its address. By name; default: the first. */
  async restartBroker(name: string = this.brokers[0]!.name): Promise<void> {
    const broker = this.brokers.find((candidate) => candidate.name === name);
    if (broker === undefined) throw new Error(`no broker "${name}"; there are ${this.brokers.map((one) => one.name).join(', ')}`);
    await broker.stop();
    await broker.start();
  }

  /** Makes the topics that are not there yet, on every broker that runs; a listener started after this finds their queues at once. */
  async createTopics(names: readonly string[], queues?: number): Promise<void> {
    for (const broker of this.brokers) if (broker.isRunning) await broker.createTopics(names, queues);
  }

  /** Everything closed, the temporary directory removed. Stopping again does nothing. */
  stop(): Promise<void> {
    this.stopped ??= closeAll(this.parts.closers);
    return this.stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function openParts(options: EmbeddedRocketMQOptions, closers: Array<() => Promise<void>>): Promise<Parts> {
  const clock = options.clock ?? new SystemClock();
  const logger = options.logger ?? silentLogger;
  const storePath = await openStorePath(options.storePath, closers);
  const namesrv = await EmbeddedServer.start(
    NamesrvModule.forRoot(
      {
        listenPort: 0,
        bindAddress: '127.0.0.1',
        kvConfigPath: join(storePath, 'namesrv', 'kvConfig.json'),
        configStorePath: join(storePath, 'namesrv', 'namesrv.properties'),
      },
      { clock, logger },
    ),
  );
  closers.unshift(() => namesrv.stop());
  const { host, port } = namesrv.get(NamesrvLifecycle).address;
  const nameServer = `${host}:${port}`;
  const brokers: EmbeddedBroker[] = [];
  for (let index = 0; index < (options.brokers ?? 1); index++) {
    const name = `broker-${String.fromCharCode('a'.charCodeAt(0) + index)}`;
    const { brokerConfig } = options;
    const broker = new EmbeddedBroker({ name, storePath: join(storePath, name), nameServer, brokerConfig, clock, logger });
    closers.unshift(() => broker.stop());
    await broker.start();
    brokers.push(broker);
  }
  return { nameServer, brokers, storePath, closers };
}

async function openStorePath(given: string | undefined, closers: Array<() => Promise<void>>): Promise<string> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return resolve(given);
  }
  const temporary = await mkdtemp(join(tmpdir(), 'rocketmq-embedded-'));
  closers.push(() => rm(temporary, { recursive: true, force: true }));
  return temporary;
}

/** Runs every closer, even when one fails, then reports. */
async function closeAll(closers: ReadonlyArray<() => Promise<void>>): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'the embedded cluster did not close cleanly');
}

const KNOWN_OPTIONS: ReadonlySet<string> = new Set(Object.keys(EMBEDDED_OPTIONS));

function checkOptions(options: EmbeddedRocketMQOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError('embedded RocketMQ', [{ key: 'options', problem: `${String(options)} is no object` }]);
  }
  const { brokers = 1, storePath } = options;
  const brokerConfig: unknown = options.brokerConfig === undefined ? {} : options.brokerConfig;
  const problems: ConfigProblem[] = [];
  for (const key of Object.keys(options)) {
    if (!KNOWN_OPTIONS.has(key)) problems.push({ key, problem: `is unknown; known options: ${[...KNOWN_OPTIONS].join(', ')}` });
  }
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > BROKERS_MAX) {
    problems.push({ key: 'brokers', problem: `${String(brokers)} is no integer within 1..${BROKERS_MAX}` });
  }
  if (storePath !== undefined && (typeof storePath !== 'string' || storePath === '')) {
    problems.push({ key: 'storePath', problem: 'is no path: give a directory, or leave it out for a temporary one' });
  }
  const isObject = typeof brokerConfig === 'object' && brokerConfig !== null;
  if (!isObject) problems.push({ key: 'brokerConfig', problem: 'is no object: give keys of broker.conf with their values' });
  for (const key of OWNED_BROKER_KEYS) {
    if (isObject && key in brokerConfig)
      problems.push({ key: `brokerConfig.${key}`, problem: 'is chosen by the embedded cluster: leave it out' });
  }
  if (problems.length > 0) throw new ConfigError('embedded RocketMQ', problems);
}
