// SEND_OK is never a lie: a broker is killed under load again and again, and every acknowledged message must be where its answer said.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from 'rocketmq-core/common';
import { decodeMessages, encodeProperties } from 'rocketmq-core/message';
import { PULL_MESSAGE, SEND_MESSAGE_V2 } from 'rocketmq-core/protocol';
import { createRemotingClient, type RemotingClient } from 'rocketmq-core/remoting';
import { freePorts } from '../support/free-ports.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

const TOPIC = 'Killed';
const QUEUES = 4;
const ROUNDS = 6;
const IN_FLIGHT = 64;
const FLAG_SUBSCRIPTION = 4;

interface Acknowledged {
  body: string;
  msgId: string;
}

describe.each(['ASYNC_FLUSH', 'SYNC_FLUSH'])('a broker killed under load, %s', (flushDiskType) => {
  let home: string;
  let port: number;
  let broker: ServerProcess | undefined;
  let client: RemotingClient;
  /** queueId -> queueOffset -> what was acknowledged there. */
  let acknowledged: Map<number, Map<number, Acknowledged>>;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-killed-'));
    [port] = (await freePorts(1)) as [number];
    client = createRemotingClient();
    acknowledged = new Map(Array.from({ length: QUEUES }, (_, queueId) => [queueId, new Map()]));
    const lines = [
      `brokerIP1=127.0.0.1`,
      `listenPort=${port}`,
      `storePathRootDir=${home}/store`,
      `flushDiskType=${flushDiskType}`,
      'mappedFileSizeCommitLog=1048576',
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

  async function sendUntilItDies(round: number, killAfter: number): Promise<void> {
    let sequence = 0;
    let answered = 0;
    let alive = true;
    const loop = async (): Promise<void> => {
      while (alive) {
        const body = `${round}-${sequence++}`;
        const queueId = sequence % QUEUES;
        try {
          const { code, header } = await client.invoke(
            SEND_MESSAGE_V2,
            `127.0.0.1:${port}`,
            {
              producerGroup: 'killers',
              topic: TOPIC,
              defaultTopic: 'TBW102',
              defaultTopicQueueNums: QUEUES,
              queueId,
              sysFlag: 0,
              bornTimestamp: 1_700_000_000_000,
              flag: 0,
              properties: encodeProperties(new Map([['UNIQ_KEY', `K${body}`]])),
              reconsumeTimes: 0,
              unitMode: false,
              batch: false,
            },
            { body: Buffer.from(body) },
          );
          if (code !== 0) continue;
          acknowledged.get(header!.queueId)!.set(header!.queueOffset, { body, msgId: header!.msgId });
          if (++answered === killAfter) {
            alive = false;
            await broker!.kill();
          }
        } catch {
          alive = false;
        }
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  }

  async function readQueue(queueId: number): Promise<Map<number, Acknowledged>> {
    const found = new Map<number, Acknowledged>();
    for (let queueOffset = 0; ;) {
      const answer = await client.invoke(PULL_MESSAGE, `127.0.0.1:${port}`, {
        consumerGroup: 'checkers',
        topic: TOPIC,
        queueId,
        queueOffset,
        maxMsgNums: 32,
        sysFlag: FLAG_SUBSCRIPTION,
        commitOffset: 0,
        suspendTimeoutMillis: 0,
        subscription: '*',
        subVersion: 0,
        expressionType: 'TAG',
      });
      if (answer.code !== 0) return found;
      for (const message of decodeMessages(answer.body)) {
        expect(found.has(message.queueOffset)).toBe(false);
        found.set(message.queueOffset, { body: message.text(), msgId: message.offsetMsgId });
      }
      queueOffset = answer.header!.nextBeginOffset;
    }
  }

  it('keeps every acknowledged message at its place, through every restart', async () => {
    const random = new SeededRandom(flushDiskType === 'SYNC_FLUSH' ? 7 : 11);
    for (let round = 0; round < ROUNDS; round++) {
      broker = await start();
      await sendUntilItDies(round, 300 + random.int(3000));
    }
    broker = await start();
    let total = 0;
    for (const [queueId, expected] of acknowledged) {
      const found = await readQueue(queueId);
      for (const [queueOffset, message] of expected)
        expect([queueId, queueOffset, found.get(queueOffset)]).toEqual([queueId, queueOffset, message]);
      total += expected.size;
    }
    expect(total).toBeGreaterThan(ROUNDS * 300);
    expect(await broker.stop()).toBe(0);
    broker = undefined;
  });
});
