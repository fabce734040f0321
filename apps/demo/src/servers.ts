// mqnamesrv and mqbroker of this repository as processes of their own, on free ports. Must never outlive the work they are for.
import { join } from 'node:path';
import { DEMO_BROKER } from './broker-settings.js';
import { Program } from './programs.js';
import { withTemporaryDirectory, writeProperties } from './temporary-directory.js';

const BOOT_LINE = /boot success\. .*address (\S+:\d+)/;
const BROKER_BOOT_LINE = /boot success\. /;

const fileOf = (server: 'namesrv' | 'broker'): URL => new URL(`../../${server}/bin/mq${server}.mjs`, import.meta.url);

/** A name server and a broker, with the demo's settings and a temporary store, for as long as `work` takes. */
export async function withServers(work: (nameServer: string) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const env = { HOME: directory, ROCKETMQ_LOG_DIR: join(directory, 'logs'), ROCKETMQ_RUN_DIR: join(directory, 'run') };
    const nameServerConf = await writeProperties(join(directory, 'namesrv.conf'), { listenPort: 0 });
    const namesrv = await Program.start({
      name: 'mqnamesrv',
      file: fileOf('namesrv'),
      args: ['-c', nameServerConf],
      env,
      upLine: BOOT_LINE,
    });
    try {
      const nameServer = BOOT_LINE.exec(namesrv.output())![1]!;
      const brokerConf = await writeProperties(join(directory, 'broker.conf'), {
        brokerName: 'broker-a',
        listenPort: 0,
        storePathRootDir: join(directory, 'store'),
        ...DEMO_BROKER,
      });
      const args = ['-n', nameServer, '-c', brokerConf];
      const broker = await Program.start({ name: 'mqbroker', file: fileOf('broker'), args, env, upLine: BROKER_BOOT_LINE });
      try {
        await work(nameServer);
      } finally {
        await broker.stop();
      }
    } finally {
      await namesrv.stop();
    }
  });
}
