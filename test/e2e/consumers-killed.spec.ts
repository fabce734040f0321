// 10,000 messages through the template while two members of a group, each a process, are killed and restarted at random.
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import { SeededRandom, sleep, SystemClock } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { CommittedOffsetWatch } from '../support/committed-offset-watch.js';
import { ConsumerMember, type Consumed } from '../support/consumer-member.js';

const TOPIC = 'orders';
const GROUP = 'billing';
const MESSAGES = 10_000;
const SENDS_AT_ONCE = 16;
const KILLS_MIN = 8;
const TAGS = ['paid', 'shipped', 'created'] as const;
const SEED = Number(process.env['SEED'] ?? 20_240_607);

describe('a group whose members are killed', () => {
  const clock = new SystemClock();
  let cluster: EmbeddedRocketMQ;
  let sender: INestApplicationContext;

  beforeAll(async () => {
    cluster = await EmbeddedRocketMQ.start();
    sender = await NestFactory.createApplicationContext(
      RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: 'shop' } }),
      { logger: ['error'], abortOnError: false },
    );
  });

  afterAll(async () => {
    await sender?.close();
    await cluster?.stop();
  });

  it(`gives every acknowledged message to the group at least once (seed ${SEED})`, async () => {
    const random = new SeededRandom(SEED);
    const template = sender.get(RocketMQTemplate);
    const consumed: Consumed[] = [];
    const members = [0, 1].map(() => new ConsumerMember([cluster.nameServer, TOPIC, GROUP], (message) => consumed.push(message)));
    const acknowledged = new Set<string>();
    const wanted = new Set<string>();
    // The first message makes the topic, so that members find its route.
    await template.syncSend(`${TOPIC}:created`, 'opening');
    const offsets = await CommittedOffsetWatch.start(cluster.nameServer, TOPIC, GROUP, clock);
    await Promise.all(members.map((member) => member.start()));

    let nextId = 0;
    let kills = 0;
    // The sends wait for the kills, so that every part of the messages meets one.
    const isSpread = (n: number): boolean => n < ((kills + 1) * MESSAGES) / KILLS_MIN;
    const send = async (): Promise<void> => {
      for (let n = nextId++; n < MESSAGES; n = nextId++) {
        while (!isSpread(n)) await sleep(clock, 20);
        const tag = TAGS[n % TAGS.length]!;
        const { sendStatus } = await template.syncSend(`${TOPIC}:${tag}`, `m${n}`);
        if (sendStatus !== 'SEND_OK') continue;
        acknowledged.add(`m${n}`);
        if (tag !== 'created') wanted.add(`m${n}`);
      }
    };
    let sending = true;
    const trouble = async (): Promise<void> => {
      while (sending) {
        const member = members[random.int(members.length)]!;
        if (random.int(3) === 0) await member.stop();
        else await member.kill();
        kills++;
        await sleep(clock, random.int(300));
        await member.start();
        await sleep(clock, random.int(500));
      }
    };
    const troubled = trouble();
    await Promise.all(Array.from({ length: SENDS_AT_ONCE }, send));
    sending = false;
    await troubled;
    expect(kills).toBeGreaterThanOrEqual(KILLS_MIN - 1);

    const missing = (): string[] => {
      const got = new Set(consumed.map(({ id }) => id));
      return [...wanted].filter((id) => !got.has(id));
    };
    // The last messages may be ones that no member wants: their places are committed with the next pull, every 5 s.
    const isDone = (): boolean => missing().length === 0 && offsets.committedTotal() === offsets.maxTotal();
    for (let waitedMs = 0; waitedMs < 60_000 && !isDone(); waitedMs += 100) await sleep(clock, 100);
    await Promise.all(members.map((member) => member.stop()));
    await offsets.stop();

    expect(acknowledged.size).toBe(MESSAGES);
    expect(missing()).toEqual([]);
    expect(consumed.filter(({ id, tag }) => !wanted.has(id) || tag === 'created')).toEqual([]);
    // One id is one place in one queue, whichever member saw it.
    const places = new Map<string, string>();
    for (const { id, queue, queueOffset } of consumed) {
      const place = `${queue} ${queueOffset}`;
      expect(places.get(id) ?? place).toBe(place);
      places.set(id, place);
    }
    expect(offsets.stepsBack).toEqual([]);
    expect(offsets.committedTotal()).toBe(offsets.maxTotal());
  }, 180_000);
});
