// S13: every name server is away for minutes, and they come and go by chance. Who has a route goes on without an error; a new topic works
// soon after they are back. Ordinary intervals, in lapsed time.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import { SeededRandom } from 'rocketmq-core/common';
import { startBroker, type TestBroker } from '../support/broker.js';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { TimeLapse } from '../support/time-lapse.js';

const TRIALS = Number(process.env['OUTAGE_TRIALS'] ?? 1);
const SEED = Number(process.env['SEED'] ?? 1);
const OUTAGE_MS = 300_000;
const RESTARTS = 10;
const SEND_EVERY_MS = 100;
/** From their return to the first message of a new topic. */
const NEW_TOPIC_LIMIT_MS = 30_000;
/** The disk does not lapse with the time. */
const PATIENT = { sendMsgTimeout: 10_000, mqClientApiTimeout: 10_000 };
const TOPICS = ['orders', 'bills'];

/** Two name servers that can be stopped and come back, empty, on their ports. */
class NameServers {
  readonly ports: number[] = [];
  private readonly servers: Array<TestNamesrv | undefined> = [];

  constructor(private readonly lapse: TimeLapse) {}

  async start(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const server = await startNamesrv({}, { clock: this.lapse.clock });
      this.servers.push(server);
      this.ports.push(server.address.port);
    }
  }

  get addresses(): string[] {
    return this.ports.map((port) => `127.0.0.1:${port}`);
  }

  get running(): number {
    return this.servers.filter((server) => server !== undefined).length;
  }

  async stop(i: number): Promise<void> {
    const server = this.servers[i];
    this.servers[i] = undefined;
    await server?.close();
  }

  async comeBack(i: number): Promise<void> {
    this.servers[i] ??= await startNamesrv({ listenPort: this.ports[i]! }, { clock: this.lapse.clock });
  }

  async close(): Promise<void> {
    for (const i of this.servers.keys()) await this.stop(i);
  }
}

class Traffic {
  readonly errors: string[] = [];
  readonly consumed = new Set<string>();
  sent = 0;
  slowestMs = 0;
  readonly producer: DefaultMQProducer;
  private readonly consumers: DefaultMQPushConsumer[] = [];
  private sending = true;
  private done: Promise<void> = Promise.resolve();

  constructor(
    private readonly lapse: TimeLapse,
    private readonly namesrvAddr: string,
  ) {
    this.producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr, clock: lapse.clock, ...PATIENT });
  }

  async start(): Promise<void> {
    await this.producer.start();
    for (const topic of TOPICS) await this.producer.send(new Message(topic, 'opening'));
    for (let i = 0; i < 2; i++) {
      const consumer = this.newConsumer('cg');
      await consumer.start();
      this.consumers.push(consumer);
    }
    this.done = this.send();
    await this.lapse.until(() => this.consumed.size > 50, 60_000);
  }

  newConsumer(group: string): DefaultMQPushConsumer {
    const consumer = new DefaultMQPushConsumer(group, {
      namesrvAddr: this.namesrvAddr,
      clock: this.lapse.clock,
      mqClientApiTimeout: PATIENT.mqClientApiTimeout,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    for (const topic of TOPICS) consumer.subscribe(topic);
    consumer.registerMessageListenerConcurrently(([message]) => {
      this.consumed.add(message!.text());
      const sentAt = Number(message!.text().split(' ')[1] ?? NaN);
      if (group === 'cg' && sentAt > 0) this.slowestMs = Math.max(this.slowestMs, this.lapse.clock.monotonic() - sentAt);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    return consumer;
  }

  /** Sends to a topic nobody knows until it works. */
  async newTopic(topic: string): Promise<number> {
    return this.lapse.until(async () => {
      const result = await this.producer.send(new Message(topic, `new ${topic}`)).catch(() => undefined);
      if (result === undefined) await this.lapse.pass(200);
      return result?.sendStatus === 'SEND_OK';
    }, NEW_TOPIC_LIMIT_MS);
  }

  /** Ends the sends; resolves when everything was consumed. */
  async end(): Promise<void> {
    this.sending = false;
    await this.done;
    await this.lapse.until(() => this.consumed.size === this.sent + 1, 60_000);
  }

  async close(): Promise<void> {
    this.sending = false;
    await this.done;
    for (const consumer of this.consumers) await consumer.shutdown();
    await this.producer.shutdown();
  }

  private async send(): Promise<void> {
    while (this.sending) {
      const text = `m${this.sent++} ${this.lapse.clock.monotonic()}`;
      await this.producer
        .send(new Message(TOPICS[this.sent % 2]!, text))
        .catch((error: unknown) => this.errors.push(`${text}: ${String(error)}`));
      await this.lapse.pass(SEND_EVERY_MS);
    }
  }
}

describe('name servers that are away', () => {
  let lapse: TimeLapse;
  let nameServers: NameServers;
  let brokers: TestBroker[];
  let traffic: Traffic;

  beforeEach(async () => {
    lapse = new TimeLapse();
    nameServers = new NameServers(lapse);
    await nameServers.start();
    brokers = [];
    for (const brokerName of ['broker-a', 'broker-b']) {
      const config = { namesrvAddr: nameServers.addresses, brokerIP1: '127.0.0.1', brokerName };
      brokers.push(await startBroker({ config, overrides: { clock: lapse.clock } }));
    }
    traffic = new Traffic(lapse, nameServers.addresses.join(';'));
    await traffic.start();
  });

  afterEach(async () => {
    await traffic.close();
    for (const broker of brokers) await broker.close();
    await nameServers.close();
    await lapse.stop();
  });

  it('all for five minutes: nobody with a route notices, and a new topic works soon after', async () => {
    await Promise.all([nameServers.stop(0), nameServers.stop(1)]);
    const before = traffic.sent;
    // Who comes new is told, and may try again.
    const late = traffic.newConsumer('late');
    await expect(late.start()).rejects.toMatchObject({ name: 'ConnectError' });
    await expect(traffic.producer.send(new Message('unheard-of', 'x'))).rejects.toThrow();
    traffic.slowestMs = 0;
    await lapse.pass(OUTAGE_MS);
    const { slowestMs } = traffic;
    const during = traffic.sent - before;
    await Promise.all([nameServers.comeBack(0), nameServers.comeBack(1)]);
    const newTopicMs = await traffic.newTopic('new-topic');
    await late.start();
    await traffic.end();
    await late.shutdown();
    process.stdout.write(
      `S13 name server outage of ${OUTAGE_MS / 1000} s: sent meanwhile ${during}, errors ${traffic.errors.length}, not consumed 0, ` +
        `slowest delivery ${slowestMs} ms, new topic after ${newTopicMs} ms\n`,
    );
    expect(traffic.errors).toEqual([]);
    expect(during).toBeGreaterThan(1000);
    expect(slowestMs).toBeLessThan(1000);
  });

  it.each(Array.from({ length: TRIALS }, (_, i) => SEED + i))('come and go by chance (seed %d)', async (seed) => {
    const random = new SeededRandom(seed);
    let slowestNewTopicMs = 0;
    for (let restart = 0; restart < RESTARTS; restart++) {
      const both = random.int(2) === 0;
      const one = random.int(2);
      await nameServers.stop(one);
      if (both) await nameServers.stop(1 - one);
      await lapse.pass(random.int(60_000));
      await nameServers.comeBack(one);
      if (both && random.int(2) === 0) await nameServers.comeBack(1 - one);
      slowestNewTopicMs = Math.max(slowestNewTopicMs, await traffic.newTopic(`new-${restart}`));
      await nameServers.comeBack(1 - one);
    }
    await traffic.end();
    process.stdout.write(
      `S13 name servers restarted ${RESTARTS} times (seed ${seed}): sent ${traffic.sent}, errors ${traffic.errors.length}, not consumed 0, ` +
        `slowest delivery ${traffic.slowestMs} ms, new topic after at most ${slowestNewTopicMs} ms\n`,
    );
    expect(traffic.errors).toEqual([]);
  });
});
