// A broker killed while it is written to: every acknowledged message is found by its key afterwards, although its index was not flushed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMessages, encodeProperties } from 'rocketmq-core/message';
import { QUERY_MESSAGE, SEND_MESSAGE_V2 } from 'rocketmq-core/protocol';
import { createRemotingClient, type RemotingClient } from 'rocketmq-core/remoting';
import { freePorts } from '../support/free-ports.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const TOPIC = 'KilledQuery';
const ROUNDS = 4;
const PER_ROUND = 700;
const IN_FLIGHT = 32;

describe('queries after a kill', () => {
  let home: string;
  let address: string;
  let client: RemotingClient;
  let broker: ServerProcess | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-query-killed-'));
    const [port] = await freePorts(1);
    address = `127.0.0.1:${port}`;
    client = createRemotingClient();
    // Several files of each kind, so that the kills come with some of them flushed and some not.
    const lines = [
      'brokerIP1=127.0.0.1',
      `listenPort=${port}`,
      `storePathRootDir=${home}/store`,
      'mappedFileSizeCommitLog=131072',
      'maxHashSlotNum=200',
      'maxIndexNum=500',
    ];
    await writeFile(join(home, 'broker.conf'), `${lines.join('\n')}\n`);
  });
  afterEach(async () => {
    await client.shutdown();
    await broker?.kill();
    await rm(home, { recursive: true, force: true });
  });

  const start = async (): Promise<ServerProcess> =>
    startServer('broker', ['-c', join(home, 'broker.conf')], { HOME: home, ROCKETMQ_LOG_DIR: join(home, 'logs') });

  async function send(key: string): Promise<boolean> {
    const header = {
      producerGroup: 'pg',
      topic: TOPIC,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId: 0,
      sysFlag: 0,
      bornTimestamp: 0,
      flag: 0,
      properties: encodeProperties(new Map([['KEYS', `${key} all`]])),
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    };
    const answer = await client.invoke(SEND_MESSAGE_V2, address, header, { body: Buffer.from(key) }).catch(() => undefined);
    return answer?.code === 0;
  }

  async function find(key: string): Promise<string[]> {
    const header = { topic: TOPIC, key, maxNum: 64, beginTimestamp: 0, endTimestamp: 2n ** 63n - 1n };
    const answer = await client.invoke(QUERY_MESSAGE, address, header);
    return answer.code === 0 ? decodeMessages(answer.body).map((message) => Buffer.from(message.body).toString()) : [];
  }

  it('find every acknowledged message once', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      broker = await start();
      let next = 0;
      const loop = async (): Promise<void> => {
        while (next < PER_ROUND) {
          const key = `r${round}-${next++}`;
          if (await send(key)) acknowledged.push(key);
          if (next === PER_ROUND - IN_FLIGHT * (round + 1)) await broker!.kill();
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
    }
    expect(acknowledged.length).toBeGreaterThan((ROUNDS * PER_ROUND) / 2);
    broker = await start();
    await until(async () => (await find(acknowledged.at(-1)!)).length === 1);
    const missing: string[] = [];
    for (const key of acknowledged) if ((await find(key)).join() !== key) missing.push(key);
    expect(missing).toEqual([]);
    expect(await find('all')).toHaveLength(64);
  });
});
