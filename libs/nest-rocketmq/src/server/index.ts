// The door `nest-rocketmq/server`, for applications that ARE a RocketMQ server (name server, broker):
// - @Handles(ROW), reply(), fail(): processors; RemotingServerModule + REMOTING_SERVER (InjectRemotingServer): the server they are wired to
// - OrderedLifecycle: what starts first stops last
// - config keys (int, long, bool, oneOf, text, path, list, ratio), loadConfig, printConfig, readConfigFile: configuration files
// - createServerLogger, superviseServer, runCommand, parseCommandLine, pid files: a server as a process
export { Handles, HANDLES_METADATA, type HandlesEntry, handlesOf } from './handles.decorator.js';
export { fail, reply, type ReplyExtra } from './reply.js';
export { collectHandlers, ProcessorExplorer, ProcessorWiringError, type ServedHandler } from './processor.explorer.js';
export {
  InjectRemotingServer,
  REMOTING_SERVER,
  RemotingServerModule,
  type RemotingServerModuleAsyncOptions,
  type RemotingServerModuleOptions,
} from './remoting-server.module.js';
export { type LifecycleStep, OrderedLifecycle } from './lifecycle/ordered-lifecycle.js';
export { formatProperties, parseProperties, PROPERTIES_TEXT_LIMIT_BYTES } from './config/properties-file.js';
export {
  bool,
  type ConfigEnvironment,
  type ConfigKey,
  type ConfigKeyOptions,
  type ConfigKeyType,
  ConfigValueError,
  int,
  list,
  long,
  oneOf,
  path,
  ratio,
  text,
} from './config/config-key.js';
export {
  applyConfigUpdate,
  type ConfigOf,
  type ConfigSchema,
  type ConfigUpdate,
  loadConfig,
  type LoadConfigInput,
  type LoadedConfig,
  parseConfigUpdate,
  printConfig,
  processEnvironment,
} from './config/config-schema.js';
export { APACHE_BROKER_KEYS, APACHE_NAMESRV_KEYS } from './config/apache-keys.js';
export { readConfigFile } from './config/read-config-file.js';
export {
  createServerLogger,
  logDirectory,
  logLevel,
  type LogLevel,
  type ServerLogger,
  type ServerLoggerOptions,
} from './logging/server-logger.js';
export { safeFields, safeText } from './logging/safe-text.js';
export {
  type CommandLine,
  type CommandLineOption,
  type CommandLineSpec,
  CommandUsageError,
  parseCommandLine,
  usageText,
} from './process/command-line.js';
export {
  isRunning,
  type PidRecord,
  processStartMark,
  runDirectory,
  runningServers,
  type ServerRole,
  writePidFile,
} from './process/pid-file.js';
export { type ProcessPort, runCommand, SHUTDOWN_DEADLINE_MS, type SupervisedServer, superviseServer } from './process/server-process.js';
