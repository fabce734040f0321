// `bench load`: the lean load against any name server's brokers, and the pieces `compare` is made of.
import { createRemotingClient } from 'rocketmq-core/remoting';
import { GET_ROUTEINFO_BY_TOPIC, HEART_BEAT, decodeTopicRouteData } from 'rocketmq-core/protocol';
import { type LoadOptions, type LoadResult, loadPulls, loadSends } from './lean-load.js';
import type { Form } from './lean-frames.js';
import { integer, type OptionSpec, readOptions, UsageError } from './options.js';

export const LOAD_OPTIONS = {
  n: { long: 'namesrvAddr', default: '127.0.0.1:9876', about: 'name servers' },
  t: { long: 'topic', default: 'BenchmarkTest', about: 'topic; it must have a route' },
  m: { long: 'mode', default: 'send', about: 'send or pull' },
  c: { long: 'connections', default: '8', about: 'connections' },
  w: { long: 'window', default: '32', about: 'requests in flight per connection' },
  s: { long: 'messageSize', default: '128', about: 'body bytes' },
  f: { long: 'form', default: 'ROCKETMQ', about: 'header serialisation: JSON or ROCKETMQ' },
  q: { long: 'queues', default: '8', about: 'queues used, 0 for all' },
  u: { long: 'warmUp', default: '3000', about: 'ms before measuring' },
  d: { long: 'duration', default: '5000', about: 'ms measured' },
  g: { long: 'group', default: 'lean_consumer', about: 'consumer group of pulls' },
} satisfies Record<string, OptionSpec>;

export interface Target {
  host: string;
  port: number;
  brokerName: string;
  queueCount: number;
}

/** The first master of a topic's route; an unknown topic is looked up as TBW102, so that sending creates it. */
export async function findTarget(nameServer: string, topic: string): Promise<Target> {
  const client = createRemotingClient({});
  try {
    for (const name of [topic, 'TBW102']) {
      const answer = await client.invoke(GET_ROUTEINFO_BY_TOPIC, nameServer, { topic: name });
      if (answer.code !== 0) continue;
      const route = decodeTopicRouteData(answer.body);
      const broker = route.brokerDatas.find((data) => data.brokerAddrs.has(0));
      const queues = route.queueDatas.find((data) => data.brokerName === broker?.brokerName);
      if (broker === undefined || queues === undefined) continue;
      const [host, port] = broker.brokerAddrs.get(0)!.split(':');
      return { host: host!, port: Number(port), brokerName: broker.brokerName, queueCount: name === topic ? queues.writeQueueNums : 4 };
    }
  } finally {
    await client.shutdown();
  }
  throw new UsageError(`no route for topic ${topic} at ${nameServer}: is a broker registered there?`);
}

/** Registers a group that subscribes to everything of a topic; the connection must stay open while it pulls. */
export async function subscribe(target: Target, topic: string, group: string): Promise<{ close(): Promise<void> }> {
  const client = createRemotingClient({});
  const heartbeat = {
    clientID: `127.0.0.1@bench${process.pid}`,
    consumerDataSet: [
      {
        groupName: group,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        subscriptionDataSet: [
          { topic, subString: '*', tagsSet: [], codeSet: [], subVersion: 1, expressionType: 'TAG', classFilterMode: false },
        ],
        unitMode: false,
      },
    ],
    producerDataSet: [],
  };
  await client.call(HEART_BEAT, `${target.host}:${target.port}`, {}, { body: Buffer.from(JSON.stringify(heartbeat)) });
  return { close: () => client.shutdown() };
}

export async function runLoad(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const values = readOptions(LOAD_OPTIONS, argv);
  if (values.f !== 'JSON' && values.f !== 'ROCKETMQ') throw new UsageError(`-f ${values.f}: JSON or ROCKETMQ`);
  if (values.m !== 'send' && values.m !== 'pull') throw new UsageError(`-m ${values.m}: send or pull`);
  const target = await findTarget(values.n, values.t);
  const queues = integer(values, 'q', 0, 65_535);
  const options: LoadOptions = {
    ...target,
    queueCount: queues === 0 ? target.queueCount : Math.min(queues, target.queueCount),
    topic: values.t,
    form: values.f as Form,
    connections: integer(values, 'c', 1, 10_000),
    window: integer(values, 'w', 1, 65_535),
    bodyBytes: integer(values, 's', 1, 4 * 1024 * 1024),
    warmUpMs: integer(values, 'u', 0, 3_600_000),
    measureMs: integer(values, 'd', 100, 3_600_000),
  };
  const result = values.m === 'send' ? await loadSends(options) : await pullLoad(options, target, values.g, 3200);
  print(formatResult(result));
  return result.errors === 0 ? 0 : 1;
}

/** Pulls with a registered group; `depth`: messages per queue that are read round and round. */
export async function pullLoad(options: LoadOptions, target: Target, consumerGroup: string, depth: number): Promise<LoadResult> {
  const registration = await subscribe(target, options.topic, consumerGroup);
  try {
    return await loadPulls({ ...options, consumerGroup, depth });
  } finally {
    await registration.close();
  }
}

export function formatResult(result: LoadResult): string {
  const messages = result.messagesPerSecond === undefined ? '' : ` | messages/s ${Math.round(result.messagesPerSecond)}`;
  return `requests/s ${Math.round(result.perSecond)}${messages} | p50 ${result.p50Ms.toFixed(3)} ms | p99 ${result.p99Ms.toFixed(3)} ms | errors ${result.errors}`;
}
