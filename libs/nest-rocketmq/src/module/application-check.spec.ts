import { silentLogger } from 'rocketmq-core/common';
import type { ConfigurationProblem, RocketMQConfigurationError, RocketMQOptions } from '../options/index.js';
import { type ApplicationPart, checkApplication } from './application-check.js';
import type { ConnectionSetup } from './connection-setup.js';

interface Given extends Partial<Pick<ApplicationPart, 'children' | 'isEnabled' | 'name'>> {
  options?: RocketMQOptions;
  transactions?: number;
  problems?: ConfigurationProblem[];
  unreachable?: string;
}

const part = ({
  name = 'default',
  children = [],
  isEnabled = true,
  options = {},
  transactions = 0,
  problems = [],
  unreachable,
}: Given): ApplicationPart => ({
  name,
  label: `RocketMQModule "${name}"`,
  isEnabled,
  children,
  prepare: () => ({ options, problems, listeners: [], transactions: Array.from({ length: transactions }) }) as unknown as ConnectionSetup,
  findUnreachable: async () =>
    unreachable === undefined ? undefined : { where: name, option: 'nameServer', problem: unreachable, remedy: 'Start it.' },
});

async function check(...parts: ApplicationPart[]): Promise<string[]> {
  try {
    await checkApplication(parts, parts[0]!, silentLogger);
    return [];
  } catch (error) {
    return (error as RocketMQConfigurationError).details.map(({ where, option, problem }) => `${where}: ${option}: ${problem}`);
  }
}
const wrong = { where: 'Enhancer', option: 'enhance', problem: 'is missing', remedy: 'Write it.' };

describe('checkApplication', () => {
  it('lets sound connections pass, whoever is away', async () => {
    expect(await check(part({ unreachable: 'down' }), part({ name: 'second', children: [part({ name: 'ext' })] }))).toEqual([]);
  });

  it('tells what several connections say once, and then who cannot be reached', async () => {
    expect(await check(part({ problems: [wrong], unreachable: 'down' }), part({ name: 'second', problems: [wrong] }))).toEqual([
      'Enhancer: enhance: is missing',
      'default: nameServer: down',
    ]);
  });

  it('knows names given twice, in children too', async () => {
    expect(await check(part({ children: [part({ name: 'audit' })] }), part({ name: 'audit' }))).toEqual([
      'RocketMQModule "audit": name: "audit" is set up 2 times',
    ]);
  });

  it('refuses a producer group whose members cannot answer for each other, on one cluster', async () => {
    const options = (nameServer: string, group = 'shop'): RocketMQOptions => ({ nameServer, producer: { group } });
    const deciding = (name: string, nameServer: string): ApplicationPart => part({ name, options: options(nameServer), transactions: 1 });
    const asked = (name: string, other: string): string =>
      `RocketMQModule "${name}": producer.group: "shop" is also the group of RocketMQModule "${other}", whose transaction listener brokers could not ask here`;
    expect(await check(deciding('a', 'x:1'), part({ name: 'b', options: options('x:1') }))).toEqual([asked('b', 'a')]);
    expect(await check(part({ name: 'b', options: options('x:1') }), deciding('a', 'x:1'))).toEqual([asked('b', 'a')]);
    expect(await check(deciding('a', 'x:1'), deciding('b', 'x:1'))).toEqual([asked('b', 'a')]);
    expect(await check(deciding('a', 'x:1'), part({ name: 'b', options: options('x:1', 'other') }))).toEqual([]);
    expect(await check(deciding('a', 'x:1'), part({ name: 'b', options: options('y:1') }))).toEqual([]);
    expect(await check(deciding('a', 'x:1'), part({ name: 'b', options: options('x:1'), isEnabled: false }))).toEqual([]);
  });
});
