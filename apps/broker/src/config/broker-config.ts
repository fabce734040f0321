// From keys as read to a configuration the broker can run with: empty names filled, roles made consistent, contradictions refused.
// Must never read files or interfaces itself: what the machine says is handed in.
import { ConfigError, type ConfigProblem } from 'rocketmq-core/errors';
import { delayTableProblem } from '../schedule/delay-levels.js';
import type { BrokerConfig } from './broker-config.schema.js';
import { chooseLocalAddress, isAnyAddress, type LocalInterface } from './local-address.js';

/** What the machine supplies. */
export interface Machine {
  hostName: string;
  interfaces: readonly LocalInterface[];
}

/** Checks across keys; the loader reports them with the rest. */
export function brokerConfigProblems(config: BrokerConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (config.brokerRole === 'SLAVE') {
    problems.push(
      config.brokerId > 0
        ? { key: 'brokerRole', problem: 'SLAVE is not served yet: use ASYNC_MASTER or SYNC_MASTER' }
        : { key: 'brokerId', problem: `"${config.brokerId}" is not possible with brokerRole=SLAVE: a slave has an id above 0` },
    );
  }
  if (config.listenPort === 1 || config.listenPort === 2) {
    problems.push({ key: 'listenPort', problem: `"${config.listenPort}" leaves no VIP port: it is listenPort - 2` });
  }
  for (const address of config.namesrvAddr) {
    if (!isNameServerAddress(address)) problems.push({ key: 'namesrvAddr', problem: `"${address}" is no host:port` });
  }
  const delays = delayTableProblem(config.messageDelayLevel);
  if (delays !== undefined) problems.push({ key: 'messageDelayLevel', problem: delays });
  return [...problems, ...notServedProblems(config)];
}

/** `host:port` of a name server. */
export function isNameServerAddress(address: string): boolean {
  const port = Number(/^.+:(\d{1,5})$/.exec(address)?.[1] ?? NaN);
  return port > 0 && port <= 65_535;
}

/** A guarantee or a protection that was asked for and cannot be given refuses the start; ignoring it would be a lie. */
function notServedProblems(config: BrokerConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const key of [
    'aclEnable',
    'authenticationEnabled',
    'authorizationEnabled',
    'enableControllerMode',
    'enableDLegerCommitLog',
  ] as const) {
    if (config[key]) problems.push({ key, problem: '"true" is not served yet: leave it false' });
  }
  if (config.brokerRole === 'SYNC_MASTER' && config.inSyncReplicas > 1) {
    problems.push({ key: 'inSyncReplicas', problem: `"${config.inSyncReplicas}" is not served yet: replication is missing, 1 is allowed` });
  }
  if (config.storeType !== 'default')
    problems.push({ key: 'storeType', problem: `"${config.storeType}" is not served: only "default" is` });
  return problems;
}

/** Fills what may be left empty and applies the role rules [java BrokerStartup]: a master has id 0. */
export function completeBrokerConfig(config: BrokerConfig, machine: Machine): BrokerConfig {
  const brokerIP1 =
    config.brokerIP1 !== ''
      ? config.brokerIP1
      : isAnyAddress(config.bindAddress)
        ? chooseLocalAddress(machine.interfaces)
        : config.bindAddress === 'localhost'
          ? '127.0.0.1'
          : config.bindAddress;
  const brokerName = config.brokerName !== '' ? config.brokerName : machine.hostName;
  if (!/^[%|a-zA-Z0-9_.-]{1,100}$/.test(brokerName)) {
    throw new ConfigError('broker configuration', [
      { key: 'brokerName', problem: `"${brokerName}" is no name of letters, digits, . _ - % and |, 1 to 100 long` },
    ]);
  }
  return {
    ...config,
    brokerName,
    brokerIP1,
    brokerIP2: config.brokerIP2 !== '' ? config.brokerIP2 : brokerIP1,
    brokerId: config.brokerRole === 'SLAVE' ? config.brokerId : 0,
    storePathCommitLog: config.storePathCommitLog !== '' ? config.storePathCommitLog : `${config.storePathRootDir}/commitlog`,
  };
}
