// A name server and brokers of this product in the test's process. Must never leave a socket or directory behind.
import type { BrokerConfigInput, BrokerOverrides } from '@nest-rocketmq/broker';
import { startBroker, type TestBroker } from './broker.js';
import { startNamesrv, type TestNamesrv } from './namesrv.js';

export interface TestCluster {
  /** `host:port`. */
  readonly nameServer: string;
  readonly namesrv: TestNamesrv;
  readonly brokers: readonly TestBroker[];
  close(): Promise<void>;
}

export async function startCluster(
  names: readonly string[] = ['broker-a'],
  config: BrokerConfigInput = {},
  overrides: Partial<BrokerOverrides> = {},
): Promise<TestCluster> {
  const namesrv = await startNamesrv();
  const nameServer = `127.0.0.1:${namesrv.address.port}`;
  const brokers: TestBroker[] = [];
  for (const brokerName of names) {
    brokers.push(await startBroker({ config: { namesrvAddr: [nameServer], brokerIP1: '127.0.0.1', brokerName, ...config }, overrides }));
  }
  return {
    nameServer,
    namesrv,
    brokers,
    close: async () => {
      for (const broker of brokers) await broker.close();
      await namesrv.close();
    },
  };
}
