// A member of a group with an @Idempotent listener over Redis, as a process of its own that kills itself at a step. Notes each step in a
// list in Redis, so that the steps of several members have one order and none is lost with its member.
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Idempotent, IDEMPOTENCY_STORE, RocketMQMessageListener, RocketMQModule } from 'nest-rocketmq';
import { RedisIdempotencyStore } from 'nest-rocketmq/redis';
import { sleep, SystemClock } from 'rocketmq-core/common';

const [nameServer, redisPort, topic, group, lease, member, dieAt = 'never', dieAfter = '0'] = process.argv.slice(2) as string[];
const STDOUT = 1;
const WORK_MS = 15;
const clock = new SystemClock();
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) });
let steps = 0;

const note = (name: string, id: string): Promise<number> => redis.rpush('steps', `${name} ${id} ${member}`);

function perhapsDie(name: string): void {
  if (name === dieAt && ++steps > Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
}

class TellingStore extends RedisIdempotencyStore {
  override async complete(key: string, owner: string, ttlMs: number): Promise<boolean> {
    const id = key.split(':').at(-1)!;
    // One after the other on one connection: what the store has done is noted even where this process dies before it hears of it.
    const [isDone] = await Promise.all([super.complete(key, owner, ttlMs), note('done', id)]);
    if (!isDone) await note('lost', id);
    perhapsDie('done');
    return isDone;
  }
}

@RocketMQMessageListener({ topic: topic!, consumerGroup: group!, messageType: String, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
@Idempotent({ lease: lease!, key: (id: string) => id })
class Listener {
  async onMessage(id: string): Promise<void> {
    await note('claimed', id);
    perhapsDie('claimed');
    await sleep(clock, WORK_MS);
    perhapsDie('processed');
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer: nameServer! })],
  providers: [Listener, { provide: IDEMPOTENCY_STORE, useFactory: () => new TellingStore(redis) }],
})
class MemberModule {}

const app = await NestFactory.createApplicationContext(MemberModule, { logger: ['error'] });
const stay = clock.setPeriodic(() => undefined, 1000);
process.stdin.resume();
process.stdin.once('end', () => {
  stay.cancel();
  void app.close().then(() => redis.quit().then(() => process.exit(0)));
});
writeSync(STDOUT, 'ready\n');
