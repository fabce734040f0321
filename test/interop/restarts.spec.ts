// A broker that restarts under load, with consumers on the other side of the protocol: Java's on our broker, ours on Apache's brokers.
// Nothing is skipped; what is delivered again was in flight.
import { Message } from 'rocketmq-core';
import type { DefaultMQProducer } from 'rocketmq-core';
import { sleep, SystemClock } from 'rocketmq-core/common';
import { until } from '../support/until.js';
import { namesOf } from './support/exchange.js';
import { type JavaClient, type JavaLine, startJava } from './support/java-program.js';
import { startConsumer, startProducer } from './support/our-clients.js';
import { clientName, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import { type Broker, type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

/** Consumed before the broker goes. */
const BEFORE = 200;
/** Sent when it is back. */
const AFTER = 200;
const LIMIT_MS = 90_000;
const RETRY_PAUSE_MS = 20;
const clock = new SystemClock();

/** Sends one message after another, again when it was not acknowledged. */
class Sender {
  /** Acknowledged. */
  readonly bodies: string[] = [];
  retried = 0;
  private sending = true;
  private readonly done: Promise<void>;

  constructor(producer: DefaultMQProducer, topic: string) {
    this.done = this.run(producer, topic);
  }

  async stop(): Promise<void> {
    this.sending = false;
    await this.done;
  }

  private async run(producer: DefaultMQProducer, topic: string): Promise<void> {
    while (this.sending) {
      const body = `m${this.bodies.length}`;
      try {
        await producer.send(new Message(topic, body));
        this.bodies.push(body);
      } catch {
        this.retried++;
        await sleep(clock, RETRY_PAUSE_MS);
      }
    }
  }
}

describeWithPeers.each(ONE_CLIENT_EACH.map((client) => ({ name: clientName(client), client })))(
  'a broker that restarts, $name',
  ({ client }) => {
    let workspace: Workspace;
    let nameServer: string;
    let broker: Broker;

    beforeEach(() => {
      workspace = new Workspace();
    });
    afterEach(() => workspace?.close());

    async function open(maker: Maker): Promise<void> {
      nameServer = (await startNameServer(workspace, maker)).address;
      broker = await startBroker(workspace, maker, { nameServer });
    }

    /** Killed the hard way, then started on its port and store while the sender goes on. */
    async function restart(): Promise<void> {
      await broker.process.kill9();
      const { maker, store, address } = broker;
      broker = await startBroker(workspace, maker, { nameServer, store, port: Number(address.split(':')[1]) });
    }

    async function scenario(what: string, consumer: { consumed(): string[] }, producer: DefaultMQProducer, topic: string): Promise<void> {
      const sender = new Sender(producer, topic);
      await until(() => consumer.consumed().length >= BEFORE, LIMIT_MS);
      await restart();
      const acknowledged = sender.bodies.length;
      await until(() => sender.bodies.length >= acknowledged + AFTER, LIMIT_MS);
      await sender.stop();
      const missing = (): string[] => {
        const got = new Set(consumer.consumed());
        return sender.bodies.filter((body) => !got.has(body));
      };
      await until(() => missing().length === 0, LIMIT_MS).catch(() => undefined);
      const all = consumer.consumed();
      process.stdout.write(
        `${what}: sent ${sender.bodies.length}, failed sends ${sender.retried}, skipped ${missing().length}, duplicates ${all.length - new Set(all).size}\n`,
      );
      expect(missing()).toEqual([]);
    }

    const test = (body: (client: JavaClient) => Promise<void>) => () => workspace.run(() => body(client));

    it(
      'is ours: a Java consumer skips nothing',
      test(async () => {
        await open('ours');
        const names = namesOf(client, 'restart');
        const producer = await startProducer(workspace, nameServer, client.serializeType);
        await producer.send(new Message(names.topic, 'opening'));
        const run = startJava(workspace, client, 'Consume', { namesrv: nameServer, ...names, count: 1_000_000, limitMs: LIMIT_MS });
        workspace.atEnd(() => run.kill());
        await run.until('started');
        const consumed = (): string[] => run.of('message').map((line: JavaLine) => String(line['body']));
        await scenario(`Java ${client.version} on our broker that restarts`, { consumed }, producer, names.topic);
        await run.kill();
      }),
    );

    it(
      'is one of Apache: our consumer skips nothing',
      test(async () => {
        await open(client.version);
        const { topic, group: consumerGroup } = namesOf(client, 'restart');
        const producer = await startProducer(workspace, nameServer, client.serializeType);
        await producer.send(new Message(topic, 'opening'));
        const settings = { topic, consumerGroup, namesrvAddr: nameServer, serializeType: client.serializeType };
        const consumer = await startConsumer(workspace, settings);
        const consumed = (): string[] => consumer.received.map((message) => message.text());
        await scenario(`our consumer on a broker of Apache ${client.version} that restarts`, { consumed }, producer, topic);
        await consumer.close();
      }),
    );
  },
);
