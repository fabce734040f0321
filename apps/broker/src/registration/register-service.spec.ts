import { crc32, ManualClock, silentLogger } from 'rocketmq-core/common';
import {
  decodeRegisterBrokerBody,
  encodeKVTable,
  REGISTER_BROKER,
  type RegisterBrokerBody,
  UNREGISTER_BROKER,
} from 'rocketmq-core/protocol';
import type { InvokeOptions, RemotingClient } from 'rocketmq-core/remoting';
import { createBrokerConfig } from '../config/create-broker-config.js';
import type { BrokerConfigInput } from '../config/broker-config.schema.js';
import { DecisionVersion } from '../decision-version.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import { topicConfig } from '../topic/system-topics.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { RegisterService, SETTLE_WAIT_MS } from './register-service.js';

interface Call {
  code: number;
  server: string;
  header: Record<string, unknown>;
  body: RegisterBrokerBody | undefined;
  answer(body?: Uint8Array): void;
  fail(): void;
}

function setUp(overrides: BrokerConfigInput = {}) {
  const { config } = createBrokerConfig(
    { overrides: { brokerName: 'broker-a', namesrvAddr: ['ns1:9876', 'ns2:9876'], ...overrides } },
    { hostName: 'box', interfaces: [] },
  );
  const clock = new ManualClock();
  const topics = new TopicConfigTable(new DecisionVersion(), () => clock.now());
  topics.put(topicConfig('old', 1));
  const address = new BrokerAddress('127.0.0.1');
  address.listening({ host: '127.0.0.1', port: 10911 }, 10909);
  const calls: Call[] = [];
  const client = {
    call: (row: { code: number }, server: string, header: Record<string, unknown>, options: InvokeOptions) =>
      new Promise((resolve, reject) => {
        if (options.body !== undefined) expect(header.bodyCrc32).toBe(crc32(options.body) & 0x7fffffff);
        const body = options.body === undefined ? undefined : decodeRegisterBrokerBody(options.body);
        const answer = (reply: Uint8Array = new Uint8Array(0)): void => resolve({ body: reply });
        calls.push({ code: row.code, server, header, body, answer, fail: () => reject(new Error('refused')) });
      }),
  } as unknown as RemotingClient;
  const service = new RegisterService(config, clock, silentLogger, client, topics, address);
  const topicsOf = (call: Call): string[] => [...call.body!.topicConfigSerializeWrapper.topicConfigTable.keys()];
  const versionOf = (call: Call): number => call.body!.topicConfigSerializeWrapper.dataVersion.counter;
  return { clock, topics, calls, service, topicsOf, versionOf };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RegisterService', () => {
  it('registers with every name server at once, with all topics, and again every period', async () => {
    const { service, calls, clock, topicsOf } = setUp();
    const started = service.start();
    expect(calls.map((call) => [call.code, call.server])).toEqual([
      [REGISTER_BROKER.code, 'ns1:9876'],
      [REGISTER_BROKER.code, 'ns2:9876'],
    ]);
    expect(calls[0]!.header).toMatchObject({
      brokerName: 'broker-a',
      brokerAddr: '127.0.0.1:10911',
      brokerId: 0,
      haServerAddr: '127.0.0.1:10912',
    });
    expect(topicsOf(calls[0]!)).toEqual(['old']);
    calls[0]!.answer();
    calls[1]!.fail();
    await started;
    expect(service.notRegistered()).toEqual(['ns2:9876']);
    await clock.advance(30_000);
    expect(calls.slice(2).map((call) => call.server)).toEqual(['ns1:9876', 'ns2:9876']);
  });

  it('sends only what changed, one registration at a time and each with a newer version', async () => {
    const { service, calls, topics, topicsOf, versionOf } = setUp({ namesrvAddr: ['ns1:9876'] });
    const started = service.start();
    calls[0]!.answer();
    await started;
    topics.put(topicConfig('a', 1));
    topics.put(topicConfig('b', 1));
    topics.put(topicConfig('c', 1));
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]!.answer();
    await settle();
    expect(calls).toHaveLength(3);
    expect([...topicsOf(calls[1]!), ...topicsOf(calls[2]!)]).toEqual(['a', 'b', 'c']);
    expect(versionOf(calls[1]!)).toBeGreaterThan(versionOf(calls[0]!));
    expect(versionOf(calls[2]!)).toBeGreaterThan(versionOf(calls[1]!));
    calls[2]!.answer();
    await service.settled();
  });

  it('keeps nobody waiting for a name server that does not answer', async () => {
    const { service, calls, topics, clock } = setUp({ namesrvAddr: ['ns1:9876'] });
    const started = service.start();
    calls[0]!.answer();
    await started;
    topics.put(topicConfig('a', 1));
    let settled = false;
    const waiting = service.settled().then(() => (settled = true));
    await clock.advance(SETTLE_WAIT_MS - 1);
    expect(settled).toBe(false);
    await clock.advance(1);
    await waiting;
  });

  it('limits topics to what the broker permits and takes over ordered topics', async () => {
    const { service, calls, topics } = setUp({ brokerPermission: 4, namesrvAddr: ['ns1:9876'] });
    const started = service.start();
    expect(calls[0]!.body!.topicConfigSerializeWrapper.topicConfigTable.get('old')!.perm).toBe(4);
    calls[0]!.answer(encodeKVTable({ table: new Map([['old', 'broker-a:1']]) }));
    await settle();
    expect(topics.find('old')!.order).toBe(true);
    calls[1]!.answer();
    await started;
  });

  it('takes itself out of every name server at stop', async () => {
    const { service, calls } = setUp();
    const started = service.start();
    for (const call of calls) call.answer();
    await started;
    const stopped = service.stop();
    await settle();
    expect(calls.slice(2).map((call) => call.code)).toEqual([UNREGISTER_BROKER.code, UNREGISTER_BROKER.code]);
    calls[2]!.answer();
    calls[3]!.fail();
    await stopped;
  });
});
