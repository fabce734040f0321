// A member that pays through an outbox, as a process of its own that kills itself at a step. Its database is one file, replaced whole at each
// commit. Which payment fails follows from its number. Tells each step on stdout before it goes on.
import 'reflect-metadata';
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RocketMQModule, RocketMQTemplate, RocketMQTransactionListener } from 'nest-rocketmq';
import { RocketMQTransactionEntity, TypeOrmOutbox } from 'nest-rocketmq/typeorm';
import { sleep, SystemClock } from 'rocketmq-core/common';
import { DataSource, EntitySchema } from 'typeorm';

const [nameServer, topic, file, first, count, dieAt = 'never', dieAfter = '0'] = process.argv.slice(2) as string[];
const STDOUT = 1;
const PAUSE_MS = 200;
const clock = new SystemClock();
let steps = 0;

function step(name: string, id: string | number): void {
  writeSync(STDOUT, `${name} ${id}\n`);
  if (name === dieAt && ++steps > Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
}

const PaymentEntity = new EntitySchema<{ id: number }>({
  name: 'Payment',
  tableName: 'payment',
  columns: { id: { type: 'int', primary: true } },
});

@RocketMQTransactionListener()
class PaymentOutbox extends TypeOrmOutbox {
  constructor(template: RocketMQTemplate, dataSource: DataSource) {
    super(template, dataSource, { undecidedFor: '1s' });
  }

  override async executeLocalTransaction(...args: Parameters<TypeOrmOutbox['executeLocalTransaction']>) {
    const id = args[0].payload.toString();
    step('half', id);
    const decision = await super.executeLocalTransaction(...args);
    step('committed', id);
    return decision;
  }

  override async checkLocalTransaction(...args: Parameters<TypeOrmOutbox['checkLocalTransaction']>) {
    const decision = await super.checkLocalTransaction(...args);
    step('checked', args[0].payload.toString());
    return decision;
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'sqljs',
      entities: [PaymentEntity, RocketMQTransactionEntity],
      synchronize: true,
      ...(existsSync(file!) ? { database: readFileSync(file!) } : {}),
      autoSave: true,
      autoSaveCallback: (data: Uint8Array) => {
        writeFileSync(`${file}.new`, data);
        renameSync(`${file}.new`, file!);
      },
    }),
    RocketMQModule.forRoot({ nameServer: nameServer!, producer: { group: 'outbox-killed' } }),
  ],
  providers: [PaymentOutbox],
})
class MemberModule {}

const app = await NestFactory.createApplicationContext(MemberModule, { logger: ['error'] });
const outbox = app.get(PaymentOutbox);
writeSync(STDOUT, 'ready -\n');
for (let id = Number(first); id < Number(first) + Number(count); id++) {
  step('begins', id);
  try {
    await outbox.send(topic!, String(id), async (manager) => {
      await manager.insert(PaymentEntity, { id });
      step('working', id);
      if (id % 3 === 0) throw new Error('no money');
    });
    step('told', id);
  } catch {
    step('refused', id);
    if (id % 3 !== 0) await sleep(clock, PAUSE_MS);
  }
}
writeSync(STDOUT, 'finished -\n');
const stay = clock.setPeriodic(() => undefined, 1000);
process.stdin.resume();
process.stdin.once('end', () => {
  stay.cancel();
  void app.close().then(() => process.exit(0));
});
