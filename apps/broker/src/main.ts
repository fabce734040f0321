// The command `mqbroker`: reads flags and broker.conf, runs the broker until a signal. Must never hold what the module could.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  CommandUsageError,
  createServerLogger,
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
import { BrokerModule } from './broker.module.js';
import { isNameServerAddress } from './config/broker-config.js';
import { BROKER_CONFIG_SCHEMA } from './config/broker-config.schema.js';
import { createBrokerConfig } from './config/create-broker-config.js';
import { isLoopback } from './config/local-address.js';
import { BrokerLifecycle } from './lifecycle/broker-lifecycle.js';
import { RegisterService } from './registration/register-service.js';

const COMMAND = {
  command: 'mqbroker',
  summary: 'Runs a RocketMQ broker.',
  options: {
    configFile: { type: 'string', short: 'c', value: 'FILE', doc: 'Configuration file in properties format.' },
    namesrvAddr: { type: 'string', short: 'n', value: 'HOST:PORT', doc: 'Name servers, separated by semicolons; wins over the file.' },
    printConfigItem: { type: 'boolean', short: 'p', doc: 'Prints every key with its value and ends.' },
    printImportantConfig: { type: 'boolean', short: 'm', doc: 'Prints the important keys and ends.' },
  },
} as const;

async function main(): Promise<number | void> {
  const { values, help } = parseCommandLine(COMMAND, process.argv.slice(2));
  if (help) {
    process.stdout.write(usageText(COMMAND));
    return 0;
  }
  checkNameServers('-n', values.namesrvAddr);
  checkNameServers('NAMESRV_ADDR in the environment', values.namesrvAddr === undefined ? process.env.NAMESRV_ADDR || undefined : undefined);
  const { config, unknownKeys, unusedKeys } = createBrokerConfig({
    where: values.configFile ?? 'mqbroker',
    text: values.configFile === undefined ? undefined : await readConfigFile(values.configFile),
    overrideTexts: { namesrvAddr: values.namesrvAddr ?? (process.env.NAMESRV_ADDR || undefined) },
  });
  if (values.printConfigItem || values.printImportantConfig) {
    process.stdout.write(printConfig(BROKER_CONFIG_SCHEMA, config, { importantOnly: values.printImportantConfig === true }));
    return 0;
  }
  const clock = new SystemClock();
  const logger = await createServerLogger({ name: 'broker', clock, directory: logDirectory(), level: logLevel() });
  if (unknownKeys.length > 0) logger.warn(`unknown keys ignored: ${unknownKeys.join(', ')}`, { file: values.configFile });
  if (unusedKeys.length > 0) logger.info(`keys of Apache's without effect here: ${unusedKeys.join(', ')}`, { file: values.configFile });
  const onStoreSealed = (error: Error): void => {
    // The sealed store keeps every confirmed message; only a new start can write again (D7).
    process.stderr.write(`store sealed, the broker ends: ${error.message}\n`);
    logger.flushSync();
    process.exit(1);
  };
  const app = await NestFactory.createApplicationContext(BrokerModule.forRoot(config, { clock, logger, onStoreSealed }), {
    logger: false,
    abortOnError: false,
  }).catch((error: unknown) => {
    logger.error('start failed', { error });
    throw error;
  });
  const broker = app.get(BrokerLifecycle);
  const removePidFile = writePidFile(runDirectory(), 'broker', { host: config.bindAddress, port: broker.address.port });
  superviseServer({
    clock,
    logger,
    stop: async () => {
      await app.close();
      removePidFile();
    },
  });
  if (unknownKeys.length > 0) process.stderr.write(`unknown keys ignored: ${unknownKeys.join(', ')}\n`);
  process.stdout.write(`${broker.bootLine()}\n`);
  const missing = app.get(RegisterService, { strict: false }).notRegistered();
  if (missing.length > 0) {
    process.stderr.write(
      `not registered with ${missing.join(', ')} yet, so clients cannot find this broker there; tried again every ${config.registerNameServerPeriod} ms\n`,
    );
  }
  if (isLoopback(config.bindAddress)) {
    process.stdout.write('Only this machine can connect; write bindAddress=0.0.0.0 into the configuration file to let others in.\n');
  }
}

/** Said here, as the configuration file has nothing to do with it. */
function checkNameServers(origin: string, text: string | undefined): void {
  if (text !== undefined && text.split(';').every((address) => address.trim() === '')) {
    throw new CommandUsageError(`${origin} names no name server`, usageText(COMMAND));
  }
  const wrong = text?.split(';').find((address) => address.trim() !== '' && !isNameServerAddress(address.trim()));
  if (wrong !== undefined) throw new CommandUsageError(`${origin}: "${wrong.trim()}" is no host:port`, usageText(COMMAND));
}

await runCommand(main);
