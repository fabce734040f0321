// The command mqnamesrv: arguments, configuration file, log, boot line, signals. Must never hold anything a name server in another process needs.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  APACHE_NAMESRV_KEYS,
  createServerLogger,
  loadConfig,
  logDirectory,
  logLevel,
  parseCommandLine,
  printConfig,
  readConfigFile,
  runCommand,
  runDirectory,
  superviseServer,
  usageText,
  writePidFile,
} from 'nest-rocketmq/server';
import { SystemClock } from 'rocketmq-core/common';
import { NAMESRV_CONFIG } from './config/namesrv-config.js';
import { NamesrvLifecycle } from './lifecycle/namesrv-lifecycle.js';
import { NamesrvModule } from './namesrv.module.js';

const COMMAND = {
  command: 'mqnamesrv',
  summary: 'Runs a RocketMQ name server until it gets SIGTERM or SIGINT.',
  options: {
    configFile: { type: 'string', short: 'c', value: 'FILE', doc: 'Name server configuration in properties format.' },
    printConfigItem: { type: 'boolean', short: 'p', doc: 'Prints every configuration key with its value, then exits.' },
  },
} as const;

async function main(): Promise<number | void> {
  const { values, help } = parseCommandLine(COMMAND, process.argv.slice(2));
  if (help) {
    process.stdout.write(usageText(COMMAND));
    return 0;
  }
  const file = values.configFile;
  const { config, unknownKeys, unusedKeys } = loadConfig(NAMESRV_CONFIG, {
    where: file ?? 'configuration',
    text: file === undefined ? undefined : await readConfigFile(file),
    overrideTexts: { configStorePath: file, rocketmqHome: process.env.ROCKETMQ_HOME },
    knownKeys: APACHE_NAMESRV_KEYS,
  });
  if (unknownKeys.length > 0) process.stderr.write(`${file}: unknown keys are ignored: ${unknownKeys.join(', ')}\n`);
  if (values.printConfigItem) {
    process.stdout.write(printConfig(NAMESRV_CONFIG, config));
    return 0;
  }
  const clock = new SystemClock();
  const logger = await createServerLogger({ name: 'namesrv', clock, directory: logDirectory(), level: logLevel() });
  if (unknownKeys.length > 0) logger.warn('unknown configuration keys are ignored', { file, unknownKeys });
  if (unusedKeys.length > 0) logger.info('configuration keys without effect in this implementation', { file, unusedKeys });
  const app = await NestFactory.createApplicationContext(NamesrvModule.forRoot(config, { clock, logger }), {
    logger: false,
    abortOnError: false,
  }).catch((error: unknown) => {
    logger.error('start failed', { error });
    throw error;
  });
  const { host, port } = app.get(NamesrvLifecycle).address;
  const removePidFile = writePidFile(runDirectory(), 'namesrv', { host, port });
  superviseServer({
    clock,
    logger,
    stop: async () => {
      await app.close();
      removePidFile();
    },
  });
  const bootLine = `The Name Server boot success. serializeType=JSON, address ${host}:${port}`;
  logger.info(bootLine);
  process.stdout.write(`${bootLine}\n`);
  if (isLoopback(host))
    process.stdout.write(`Only this machine can connect; write bindAddress=0.0.0.0 into the configuration file to let others in.\n`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

await runCommand(main);
