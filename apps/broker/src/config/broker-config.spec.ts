import { ConfigError } from 'rocketmq-core/errors';
import type { Machine } from './broker-config.js';
import { createBrokerConfig } from './create-broker-config.js';
import { chooseLocalAddress } from './local-address.js';

const MACHINE: Machine = {
  hostName: 'box-1',
  interfaces: [
    { address: '127.0.0.1', family: 'IPv4', internal: true },
    { address: '192.168.1.5', family: 'IPv4', internal: false },
    { address: '10.0.0.7', family: 'IPv4', internal: false },
  ],
};
const problemsOf = (text: string): string[] => {
  try {
    createBrokerConfig({ where: 'broker.conf', text }, MACHINE);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key, problem }) => `${key}: ${problem}`);
    throw error;
  }
  return [];
};

describe('createBrokerConfig', () => {
  it('binds to loopback and tells clients that address unless told otherwise', () => {
    const { config } = createBrokerConfig({}, MACHINE);
    expect(config).toMatchObject({
      bindAddress: '127.0.0.1',
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      brokerName: 'box-1',
      listenPort: 10911,
    });
    expect(config.storePathCommitLog).toBe(`${config.storePathRootDir}/commitlog`);
  });

  it('tells a usable address when bound to all of them', () => {
    const { config } = createBrokerConfig({ text: 'bindAddress=0.0.0.0' }, MACHINE);
    expect(config.brokerIP1).toBe('10.0.0.7');
    expect(chooseLocalAddress(MACHINE.interfaces.slice(0, 2))).toBe('192.168.1.5');
    expect(chooseLocalAddress(MACHINE.interfaces.slice(0, 1))).toBe('127.0.0.1');
  });

  it('reads an Apache file: known keys used, known but unused ones and typing errors told apart', () => {
    const text =
      'brokerClusterName = DefaultCluster\nbrokerName=broker-a\nbrokerId=0\nbrokerRole=ASYNC_MASTER\nsendMessageThreadPoolNums=16\nbrokrName=x\n';
    const { config, unknownKeys, unusedKeys } = createBrokerConfig({ text }, MACHINE);
    expect(config.brokerName).toBe('broker-a');
    expect(unknownKeys).toEqual(['brokrName']);
    expect(unusedKeys).toEqual(['sendMessageThreadPoolNums']);
  });

  it('lets flags win over the file', () => {
    const { config } = createBrokerConfig({ text: 'namesrvAddr=a:1', overrideTexts: { namesrvAddr: 'b:2;c:3' } }, MACHINE);
    expect(config.namesrvAddr).toEqual(['b:2', 'c:3']);
  });

  it.each([
    ['500ms 1s', '"500ms", level 1, is no delay such as 1s, 5m, 2h or 1d'],
    ['1s 5s,10s', '"5s,10s", level 2, is no delay such as 1s, 5m, 2h or 1d'],
    [' ', 'names no delay: separate delays such as 1s, 5m, 2h or 1d by blanks'],
  ])('refuses the delay table "%s" together with what else is wrong', (table, problem) => {
    const text = `enableControllerMode=true\nmessageDelayLevel=${table}`;
    expect(problemsOf(text)).toEqual([`messageDelayLevel: ${problem}`, expect.stringMatching(/^enableControllerMode: /)]);
  });

  it('refuses bad values by name and range, all at once', () => {
    const problems = problemsOf('listenPort=70000\nflushDiskType=SOMETIMES\nautoCreateTopicEnable=maybe');
    expect(problems).toHaveLength(3);
    expect(problems.join('\n')).toMatch(/listenPort: "70000" is no integer within 0\.\.65535/);
    expect(problems.join('\n')).toMatch(/flushDiskType: .*ASYNC_FLUSH, SYNC_FLUSH/);
  });

  it.each([
    ['aclEnable=true', /aclEnable/],
    ['authenticationEnabled=true', /authenticationEnabled/],
    ['brokerRole=SYNC_MASTER\ninSyncReplicas=2', /inSyncReplicas/],
    ['brokerRole=SLAVE\nbrokerId=1', /brokerRole/],
    ['brokerRole=SLAVE', /brokerId/],
    ['namesrvAddr=localhost', /namesrvAddr/],
    ['listenPort=1', /VIP/],
    ['deleteWhen=99', /deleteWhen: "99" .*00\.\.23/],
    ['deleteWhen=04;24', /deleteWhen/],
    ['brokerIP1=not an ip', /brokerIP1: "not an ip"/],
    ['bindAddress=http://x', /bindAddress/],
  ])('refuses %j rather than doing something else', (text, expected) => {
    expect(problemsOf(text).join('\n')).toMatch(expected);
  });

  it.each(['brokerIP1=10.0.0.1', 'brokerIP1=mq_host-1.example.org', 'brokerIP1=fe80::1', 'deleteWhen=4;16;23', 'deleteWhen=00'])(
    'takes %s',
    (text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  it('gives a master id 0 whatever the file says', () => {
    expect(createBrokerConfig({ text: 'brokerId=5' }, MACHINE).config.brokerId).toBe(0);
  });
});
