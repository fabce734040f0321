// The name server over real sockets: what clients and brokers rely on, and what hostile ones get.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from 'rocketmq-core/common';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { jsonFrame, RawConnection, readJsonFrame } from '../support/raw-connection.js';

const TOPIC = { order: false, perm: 6, readQueueNums: 4, topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, writeQueueNums: 4 };

function registration(brokerName: string, port: number, topics: string[]): Buffer {
  const topicConfigTable = Object.fromEntries(topics.map((topicName) => [topicName, { ...TOPIC, topicName }]));
  const wrapper = { dataVersion: { counter: 1, stateVersion: 0, timestamp: 1 }, topicConfigTable };
  return jsonFrame(
    {
      code: 103,
      extFields: { brokerName, brokerAddr: `127.0.0.1:${port}`, clusterName: 'C', haServerAddr: `127.0.0.1:${port + 1}`, brokerId: '0' },
    },
    Buffer.from(JSON.stringify({ filterServerList: [], topicConfigSerializeWrapper: wrapper })),
  );
}

const routeRequest = (topic: string): Buffer => jsonFrame({ code: 105, extFields: { topic } });

describe('name server', () => {
  const opened: Array<{ close(): Promise<void> }> = [];
  const start = async (...options: Parameters<typeof startNamesrv>): Promise<TestNamesrv> => {
    const server = await startNamesrv(...options);
    opened.push(server);
    return server;
  };
  const connect = async (server: TestNamesrv): Promise<RawConnection> => {
    const connection = await RawConnection.open(server.address);
    opened.push(connection);
    return connection;
  };
  const ask = async (connection: RawConnection, frame: Buffer) => readJsonFrame((await connection.request(frame))!);

  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
  });

  it('several independent name servers know what was registered with each, and one may go', async () => {
    const servers = [await start(), await start(), await start()];
    const brokers = await Promise.all(servers.map(connect));
    for (const broker of brokers.slice(0, 2)) expect((await ask(broker, registration('broker-a', 10_911, ['T', 'U']))).code).toBe(0);
    const clients = await Promise.all(servers.map(connect));
    const codes = async (some: RawConnection[]) => Promise.all(some.map(async (client) => (await ask(client, routeRequest('T'))).code));
    expect(await codes(clients)).toEqual([0, 0, 17]);
    await servers[0]!.close();
    expect(await clients[0]!.next()).toBeUndefined();
    expect(await codes(clients.slice(1))).toEqual([0, 17]);
  });

  it('a broker whose connection closes is gone at once, another stays', async () => {
    const server = await start();
    const [first, second, client] = [await connect(server), await connect(server), await connect(server)];
    await ask(first, registration('broker-a', 10_911, ['T', 'U']));
    await ask(second, registration('broker-b', 10_921, ['T', 'U']));
    await first.close();
    let brokers: string[];
    do {
      const { brokerDatas } = JSON.parse((await ask(client, routeRequest('T'))).body.toString('utf8')) as {
        brokerDatas: Array<{ brokerName: string }>;
      };
      brokers = brokerDatas.map(({ brokerName }) => brokerName);
    } while (brokers.length > 1);
    expect(brokers).toEqual(['broker-b']);
  });

  it('a silent broker expires after 120 s, at the next scan', async () => {
    const clock = new ManualClock();
    const server = await start({ serverChannelMaxIdleTimeSeconds: 100_000 }, { clock });
    const [broker, client] = [await connect(server), await connect(server)];
    await ask(broker, registration('broker-a', 10_911, ['T', 'U']));
    await clock.advance(120_000);
    expect((await ask(client, routeRequest('T'))).code).toBe(0);
    await clock.advance(5000);
    expect((await ask(client, routeRequest('T'))).code).toBe(17);
    expect(await broker.next()).toBeUndefined();
  });

  it('an idle connection is closed after 120 s', async () => {
    const clock = new ManualClock();
    const server = await start({}, { clock });
    const client = await connect(server);
    await ask(client, routeRequest('T'));
    await clock.advance(240_000);
    expect(await client.next()).toBeUndefined();
  });

  it('leaves no timer behind', async () => {
    const clock = new ManualClock();
    const server = await start({}, { clock });
    await ask(await connect(server), routeRequest('T'));
    await server.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the KV configuration over a restart, the previous content as .bak, and starts from that when the file is torn', async () => {
    const server = await start();
    const client = await connect(server);
    const put = (value: string) => ask(client, jsonFrame({ code: 100, extFields: { namespace: 'NS', key: '__proto__', value } }));
    expect((await put('one')).code).toBe(0);
    expect((await put('two "quoted"')).code).toBe(0);
    await server.stop();
    const file = join(server.directory, 'kvConfig.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      configTable: { NS: JSON.parse('{"__proto__":"two \\"quoted\\""}') as unknown },
    });
    const get = async () => {
      const again = await startNamesrv({}, {}, server.directory);
      const reader = await RawConnection.open(again.address);
      const answer = await ask(reader, jsonFrame({ code: 101, extFields: { namespace: 'NS', key: '__proto__' } }));
      await reader.close();
      await again.stop();
      return answer.extFields?.value;
    };
    expect(await get()).toBe('two "quoted"');
    await writeFile(file, '{"configTable":{"N');
    expect(await get()).toBe('one');
  });

  it('answers 3 to codes it does not serve, 1 to headers that do not fit, and goes on', async () => {
    const server = await start();
    const client = await connect(server);
    expect(await ask(client, jsonFrame({ code: 10, opaque: 7 }))).toMatchObject({ code: 3, opaque: 7 });
    expect(await ask(client, jsonFrame({ code: 105, opaque: 8 }))).toMatchObject({ code: 1, opaque: 8 });
    expect(await ask(client, jsonFrame({ code: 103, extFields: { brokerName: 'b' } }))).toMatchObject({ code: 1 });
    expect(await ask(client, routeRequest('__proto__'))).toMatchObject({ code: 17 });
    expect(await ask(client, routeRequest('../../etc/passwd'))).toMatchObject({ code: 17 });
  });

  it.each([
    ['no JSON', Buffer.from('certainly not')],
    ['a torn body', Buffer.from('{"topicConfigSerializeWrapper":{"dataVersion":')],
    ['an empty object', Buffer.from('{}')],
    ['wrong types', Buffer.from('{"topicConfigSerializeWrapper":{"dataVersion":[],"topicConfigTable":7}}')],
  ])('a registration with %s changes nothing and hurts nobody', async (_what, body) => {
    const server = await start();
    const client = await connect(server);
    await ask(client, registration('broker-a', 10_911, ['T', 'U']));
    const header = { brokerName: 'broker-x', brokerAddr: '127.0.0.1:5', clusterName: 'C', haServerAddr: '127.0.0.1:6', brokerId: '0' };
    const answer = await ask(client, jsonFrame({ code: 103, extFields: header }, body));
    expect([0, 1]).toContain(answer.code);
    expect((await ask(client, routeRequest('T'))).code).toBe(0);
  });

  it('closes the connection of a peer that does not speak the protocol, and only that', async () => {
    const server = await start();
    const [hostile, client] = [await connect(server), await connect(server)];
    hostile.send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    expect(await hostile.next()).toBeUndefined();
    expect((await ask(client, routeRequest('T'))).code).toBe(17);
  });

  it('wiping write permission shows in routes, adding it gives it back', async () => {
    const server = await start();
    const client = await connect(server);
    await ask(client, registration('broker-a', 10_911, ['T', 'U']));
    const perms = async () => {
      const { queueDatas } = JSON.parse((await ask(client, routeRequest('T'))).body.toString('utf8')) as {
        queueDatas: Array<{ perm: number }>;
      };
      return queueDatas.map(({ perm }) => perm);
    };
    const change = (code: number) => ask(client, jsonFrame({ code, extFields: { brokerName: 'broker-a' } }));
    expect((await change(205)).extFields).toEqual({ wipeTopicCount: '2' });
    expect(await perms()).toEqual([4]);
    expect((await change(327)).extFields).toEqual({ addTopicCount: '2' });
    expect(await perms()).toEqual([6]);
  });

  it('an order topic carries its configuration when that is switched on while running', async () => {
    const server = await start();
    const client = await connect(server);
    await ask(client, registration('broker-a', 10_911, ['T', 'U']));
    await ask(client, jsonFrame({ code: 100, extFields: { namespace: 'ORDER_TOPIC_CONFIG', key: 'T', value: 'broker-a:4' } }));
    const route = async () => JSON.parse((await ask(client, routeRequest('T'))).body.toString('utf8')) as { orderTopicConf?: string };
    expect((await route()).orderTopicConf).toBeUndefined();
    expect((await ask(client, jsonFrame({ code: 318 }, Buffer.from('orderMessageEnable=true')))).code).toBe(0);
    expect((await route()).orderTopicConf).toBe('broker-a:4');
    expect((await ask(client, jsonFrame({ code: 318 }, Buffer.from('kvConfigPath=/x')))).code).toBe(16);
    expect((await ask(client, jsonFrame({ code: 318 }, Buffer.from('orderMessageEnable=maybe')))).code).toBe(1);
    expect((await ask(client, jsonFrame({ code: 318 }, Buffer.from('listenPort=1')))).remark).toContain('restart');
    expect((await ask(client, jsonFrame({ code: 319 }))).body.toString('utf8')).toContain('orderMessageEnable=true\n');
  });
});
