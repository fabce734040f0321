// A broker whose disk fails under it: nothing unwritten is acknowledged, the process ends with 1, the next start serves what was acknowledged.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrokerClient } from '../support/broker-client.js';
import { freePorts } from '../support/free-ports.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

describe('a broker whose disk takes no more', () => {
  let home: string;
  let server: ServerProcess | undefined;
  let client: BrokerClient;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-enospc-'));
  });
  afterEach(async () => {
    await client.close();
    await server?.kill();
    await rm(home, { recursive: true, force: true });
  });

  it('acknowledges nothing more, ends with 1, and starts again with everything acknowledged', async () => {
    const [port] = (await freePorts(1)) as [number];
    const flag = join(home, 'full');
    const conf = [`brokerIP1=127.0.0.1`, `listenPort=${port}`, `storePathRootDir=${home}/store`, 'mappedFileSizeCommitLog=1048576'];
    await writeFile(join(home, 'broker.conf'), `${conf.join('\n')}\n`);
    const preload = pathToFileURL(join(import.meta.dirname, '../support/failing-disk.mjs')).href;
    const env = { HOME: home, ROCKETMQ_LOG_DIR: join(home, 'logs'), FAIL_WRITES_WHEN: flag };
    const args = ['-c', join(home, 'broker.conf')];
    server = await startServer('broker', args, { ...env, NODE_OPTIONS: `--import ${preload}` });
    client = new BrokerClient(`127.0.0.1:${port}`);
    const acknowledged: string[] = [];
    for (let n = 0; n < 50; n++) if ((await client.send('orders', `body ${n}`)).code === 0) acknowledged.push(`body ${n}`);
    expect(acknowledged).toHaveLength(50);
    await writeFile(flag, '');
    const late = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.send('orders', `late ${n}`).then(({ code }) => code).catch(() => 'lost')), // prettier-ignore
    );
    expect(late.filter((code) => code === 0)).toEqual([]);
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('store sealed, the broker ends');
    await rm(flag);
    await client.close();
    client = new BrokerClient(`127.0.0.1:${port}`);
    server = await startServer('broker', args, env);
    const served = await client.messages({ topic: 'orders' });
    expect(served.map((message) => message.text())).toEqual(acknowledged.slice(0, served.length));
    expect(served.length).toBe(32);
    const rest = await client.messages({ topic: 'orders', offset: 32 });
    expect(rest.map((message) => message.text())).toEqual(acknowledged.slice(32));
  });
});
