// S14: a bad network between clients and their broker. What was acknowledged is there, nothing is stored more often than it was tried,
// the group skips nothing, and clients find back by themselves.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import { SeededRandom } from 'rocketmq-core/common';
import { SEND_MESSAGE_V2 } from 'rocketmq-core/protocol';
import { BrokerClient } from '../support/broker-client.js';
import { ChaosProxy, type Weather } from '../support/chaos-proxy.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { storedMessages } from '../support/stored-messages.js';
import { until } from '../support/until.js';

const CASES = Number(process.env['NETWORK_CASES'] ?? 20);
const SEED = Number(process.env['SEED'] ?? 1);
const EPISODES = 2;
const SENDERS = 6;
/** Sends that end, well or badly, in one episode, and sends that must succeed behind it. */
const SENDS_PER_EPISODE = 10;
const OPENING_LIMIT_MS = 20_000;
const PUBLIC_HOST = '127.0.0.2';
/** From the end of the trouble to the last message consumed. */
const SETTLE_LIMIT_MS = 20_000;

type Trouble = (proxy: ChaosProxy, random: SeededRandom) => Promise<void> | void;
const bad =
  (weather: (random: SeededRandom) => Weather): Trouble =>
  (proxy, random) => {
    proxy.weather = weather(random);
  };
const TROUBLES: ReadonlyArray<readonly [name: string, trouble: Trouble]> = [
  ['latency', bad((random) => ({ latencyMs: random.int(120), jitterMs: random.int(200) }))],
  ['resets', (proxy) => proxy.cut()],
  ['half-open towards the broker', bad(() => ({ swallow: ['up'] }))],
  ['half-open towards the client', bad(() => ({ swallow: ['down'] }))],
  ['black hole', bad(() => ({ swallow: ['up', 'down'] }))],
  ['dribble', bad((random) => ({ dribbleBytes: 1 + random.int(40) }))],
  [
    'refusal',
    async (proxy) => {
      await proxy.refuse();
      proxy.cut();
    },
  ],
];

/** What one case sends, tries and gets. */
class Traffic {
  readonly acknowledged = new Map<string, string>();
  readonly attempts = new Map<string, number>();
  readonly consumed = new Set<string>();
  deliveries = 0;
  failed = 0;
  private readonly producer: DefaultMQProducer;
  private readonly consumer: DefaultMQPushConsumer;
  private readonly loops: Array<Promise<void>> = [];
  private sending = true;
  private next = 0;

  constructor(
    private readonly topic: string,
    nameServer: string,
    latencyFault: boolean,
  ) {
    const impatient = { namesrvAddr: nameServer, mqClientApiTimeout: 300, heartbeatBrokerInterval: 300, pollNameServerInterval: 1000 };
    this.producer = new DefaultMQProducer({
      producerGroup: 'pg',
      ...impatient,
      sendMsgTimeout: 450,
      sendLatencyFaultEnable: latencyFault,
      rpcHooks: [
        {
          beforeRequest: (_address, { code, body }) => {
            if (code !== SEND_MESSAGE_V2.code) return;
            const text = Buffer.from(body!).toString();
            this.attempts.set(text, (this.attempts.get(text) ?? 0) + 1);
          },
        },
      ],
    });
    this.consumer = new DefaultMQPushConsumer(`group-of-${topic}`, {
      ...impatient,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      awaitTerminationMillisWhenShutdown: 5000,
    });
    this.consumer.subscribe(topic);
    this.consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) {
        this.deliveries++;
        this.consumed.add(message.text());
      }
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
  }

  get ended(): number {
    return this.acknowledged.size + this.failed;
  }

  async start(): Promise<void> {
    await this.producer.start();
    // Before there is any trouble: on a busy machine this one may take its time.
    await this.producer.send(new Message(this.topic, 'opening'), OPENING_LIMIT_MS);
    await this.consumer.start();
    await until(() => this.consumed.has('opening'));
    for (let i = 0; i < SENDERS; i++) this.loops.push(this.send());
  }

  async endSending(): Promise<void> {
    this.sending = false;
    await Promise.all(this.loops);
  }

  async close(): Promise<void> {
    await this.endSending();
    await this.consumer.shutdown();
    await this.producer.shutdown();
  }

  private async send(): Promise<void> {
    while (this.sending) {
      const text = `m${this.next++}`;
      try {
        const { sendStatus, messageQueue, queueOffset } = await this.producer.send(new Message(this.topic, text));
        expect(sendStatus).toBe('SEND_OK');
        this.acknowledged.set(text, `${messageQueue.queueId}/${queueOffset}`);
      } catch {
        this.failed++;
      }
    }
  }
}

describe('clients behind a bad network', () => {
  const total = {
    cases: 0,
    acknowledged: 0,
    failed: 0,
    attempts: 0,
    copies: 0,
    lost: 0,
    tooMany: 0,
    skipped: 0,
    duplicates: 0,
    settledMs: 0,
  };
  let cluster: TestCluster;
  let proxy: ChaosProxy;
  let direct: BrokerClient;
  let traffic: Traffic | undefined;

  beforeAll(async () => {
    cluster = await startCluster(['broker-a'], { brokerIP1: PUBLIC_HOST });
    const { host, port, address } = cluster.brokers[0]!;
    proxy = await ChaosProxy.start({ target: { host, port }, host: PUBLIC_HOST, port, random: new SeededRandom(SEED) });
    direct = new BrokerClient(address);
  });

  afterEach(async () => {
    proxy.weather = {};
    await proxy.accept();
    await traffic?.close();
    traffic = undefined;
  });

  afterAll(async () => {
    await direct?.close();
    await proxy?.close();
    await cluster?.close();
    process.stdout.write(
      `S14 client network chaos: cases ${total.cases}, acknowledged ${total.acknowledged}, lost ${total.lost}, failed sends ${total.failed}, ` +
        `attempts ${total.attempts}, stored ${total.copies}, stored more often than tried ${total.tooMany}, skipped ${total.skipped}, ` +
        `duplicates ${total.duplicates}, settled in at most ${Math.round(total.settledMs)} ms (seed ${SEED})\n`,
    );
  });

  async function endure(
    troubles: readonly Trouble[],
    random: SeededRandom,
    { ended, acknowledged }: { ended: number; acknowledged: number },
  ) {
    for (const trouble of troubles) {
      await trouble(proxy, random);
      const first = traffic!.ended;
      await until(() => traffic!.ended >= first + ended);
      proxy.weather = {};
      await proxy.accept();
      const before = traffic!.acknowledged.size;
      await until(() => traffic!.acknowledged.size >= before + acknowledged);
    }
  }

  function check(stored: ReadonlyMap<string, string[]>): void {
    const { acknowledged, attempts, consumed, deliveries, failed } = traffic!;
    const lost = [...acknowledged].filter(([text, place]) => !stored.get(text)?.includes(place));
    const tooMany = [...stored].filter(([text, places]) => places.length > attempts.get(text)!);
    const skipped = [...stored.keys()].filter((text) => !consumed.has(text));
    const copies = [...stored.values()].reduce((sum, places) => sum + places.length, 0);
    total.cases++;
    total.acknowledged += acknowledged.size;
    total.failed += failed;
    total.attempts += [...attempts.values()].reduce((sum, n) => sum + n, 0);
    total.copies += copies;
    total.lost += lost.length;
    total.tooMany += tooMany.length;
    total.skipped += skipped.length;
    total.duplicates += deliveries - copies;
    expect({ lost, tooMany, skipped }).toEqual({ lost: [], tooMany: [], skipped: [] });
  }

  it.each(Array.from({ length: CASES }, (_, i) => i))('survive case %d', async (i) => {
    const random = new SeededRandom(SEED * 1000 + i);
    const topic = `network-${i}`;
    // Each kind alone first, then mixtures.
    const kind = TROUBLES[i];
    const troubles = Array.from({ length: EPISODES }, () => (kind ?? TROUBLES[random.int(TROUBLES.length)]!)[1]);
    traffic = new Traffic(topic, cluster.nameServer, i % 2 === 1);
    await traffic.start();
    await endure(troubles, random, { ended: SENDS_PER_EPISODE, acknowledged: SENDS_PER_EPISODE });
    await traffic.endSending();
    const calmAt = performance.now();
    const texts = async (): Promise<Map<string, string[]>> => {
      const places = new Map<string, string[]>();
      for (const message of await storedMessages(direct, topic)) {
        const text = message.text();
        places.set(text, [...(places.get(text) ?? []), `${message.queueId}/${message.queueOffset}`]);
      }
      return places;
    };
    const stored = await texts();
    await until(() => [...stored.keys()].every((text) => traffic!.consumed.has(text)), SETTLE_LIMIT_MS);
    total.settledMs = Math.max(total.settledMs, performance.now() - calmAt);
    check(await texts());
  });
});
