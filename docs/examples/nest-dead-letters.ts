// Dead letters kept in a database, looked at and sent again: ... docs/examples/nest-dead-letters.ts [HOST:9876]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import {
  DeadLetter,
  type DeadLetterMessage,
  OnDeadLetter,
  RocketMQDeadLetters,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { Column, Entity, PrimaryColumn, Repository } from 'typeorm';

class Parcel {
  id!: string;
  country!: string;
}

/** Where parcels may go; changed while the program runs. */
const countries = new Set(['DE']);

@RocketMQMessageListener({ topic: 'parcels', consumerGroup: 'customs', messageType: Parcel, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
class CustomsListener {
  onMessage(parcel: Parcel): void {
    if (!countries.has(parcel.country)) throw DeadLetter(`no rules for ${parcel.country}`);
    console.log(`cleared ${parcel.id}`);
  }
}

@Entity('dead_letter')
class DeadLetterRow {
  @PrimaryColumn('varchar')
  id!: string;
  @Column('varchar')
  msgId!: string;
  @Column('varchar')
  topic!: string;
  @Column('varchar')
  keys!: string;
  @Column('text')
  body!: string;
  @Column('bigint')
  deadSince!: number;
}

class DeadLetterArchive {
  constructor(@InjectRepository(DeadLetterRow) private readonly rows: Repository<DeadLetterRow>) {}

  @OnDeadLetter(['customs', 'carrier'])
  async keep({ id, msgId, originalTopic, keys, body, deadSince }: DeadLetterMessage): Promise<void> {
    // A letter that comes twice is the same row twice.
    await this.rows.save({ id, msgId, topic: originalTopic, keys: keys.join(' '), body: body.toString(), deadSince });
    console.log(`kept ${keys.join(' ')} ${body.toString()}`);
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'sqljs', entities: [DeadLetterRow], synchronize: true }),
    TypeOrmModule.forFeature([DeadLetterRow]),
    RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876', producer: { group: 'parcel-desk' }, autoStart: false }),
  ],
  providers: [CustomsListener, DeadLetterArchive],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const template = app.get(RocketMQTemplate);
const letters = app.get(RocketMQDeadLetters);
const listeners = app.get(RocketMQListenerRegistry);
for (const [id, country] of Object.entries({ p1: 'DE', p2: 'FR', p3: 'FR' })) {
  await template.syncSend('parcels', { id, country }, { keys: id });
}
await listeners.start(CustomsListener);
while ((await letters.list('customs')).letters.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
await listeners.start();

let cursor: string | undefined;
do {
  const page = await letters.list('customs', { limit: 1, cursor });
  for (const letter of page.letters)
    console.log(`letter ${letter.json<Parcel>().id} of ${letter.originalTopic}, given up by ${letter.group}`);
  cursor = page.next;
} while (cursor !== undefined);

countries.add('FR');
const report = await letters.redrive('customs', { all: true, rate: 50 });
console.log(`sent again ${report.redriven.length}, failed ${report.failed.length}`);
app.enableShutdownHooks();
