// RocketMQ as a transport of @nestjs/microservices: ... docs/examples/nest-microservices.ts [HOST:9876]
import 'reflect-metadata';
import { Controller, Inject, Injectable, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientsModule, Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { DeadLetter, ReconsumeLater } from 'nest-rocketmq';
import {
  ClientRocketMQ,
  ROCKETMQ_TRANSPORT,
  type RocketMQContext,
  RocketMQRecordBuilder,
  type RocketMQRemoteException,
  ServerRocketMQ,
} from 'nest-rocketmq/microservices';
import { type DefaultMQProducer, ReplyTimeoutError, type SendResult } from 'rocketmq-core';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { map, tap } from 'rxjs/operators';

const nameServer = process.argv[2] ?? '127.0.0.1:9876';

class Ticket {
  @IsString() id!: string;
  @IsInt() seats!: number;
}

@Controller()
class BoxOffice {
  @EventPattern<string>('tickets:sold')
  sold(@Payload() ticket: Ticket, @Ctx() context: RocketMQContext): void {
    if (ticket.seats < 1) throw DeadLetter(`ticket ${ticket.id} has ${ticket.seats} seats`);
    console.log(`sold ${ticket.id} for ${context.getProperty('show')}, keys ${context.getKeys().join()}`);
  }

  @EventPattern<string>('tickets:returned || expired', ROCKETMQ_TRANSPORT)
  free(@Payload() ticket: Ticket, @Ctx() context: RocketMQContext): Observable<number> | ReconsumeLater {
    if (context.getReconsumeTimes() === 0) return ReconsumeLater(1);
    return from([1, 2]).pipe(tap({ complete: () => console.log(`free again ${ticket.id} at attempt ${context.getReconsumeTimes() + 1}`) }));
  }

  @MessagePattern('tickets:ask')
  ask(@Payload() show: string): { show: string; seats: number } {
    if (show !== 'Hamlet') throw new RpcException({ status: 404, message: `no show ${show}` });
    return { show, seats: 12 };
  }

  @MessagePattern('tickets:seats')
  seats(): Observable<string> {
    return from(['A1', 'A2', 'A3']).pipe(map((seat) => `seat ${seat}`));
  }
}

@Injectable()
class Till {
  constructor(@Inject('TICKETS') private readonly client: ClientProxy) {}

  async sell(ticket: Ticket): Promise<string> {
    const record = new RocketMQRecordBuilder(ticket).setKeys(ticket.id).setHeaders({ show: 'Hamlet' }).setHashKey(ticket.id).build();
    const { sendStatus } = await firstValueFrom(this.client.emit<SendResult>('tickets:sold', record));
    return sendStatus;
  }

  /** Not waited for; the client says in the log when it was not sent. */
  giveBack(ticket: Ticket): void {
    this.client.emit({ topic: 'tickets', tag: 'returned' }, ticket);
  }

  async ask(show: string): Promise<number> {
    const answer = await firstValueFrom(this.client.send<{ seats: number }>('tickets:ask', show));
    return answer.seats;
  }

  async last(): Promise<string> {
    return firstValueFrom(this.client.send<string>('tickets:seats', 'all'));
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'TICKETS', customClass: ClientRocketMQ, options: { nameServer, requestTimeout: 5000 } }])],
  controllers: [BoxOffice],
  providers: [Till],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['fatal'] });
app.useGlobalPipes(new ValidationPipe({ transform: true, exceptionFactory: (issues) => DeadLetter(String(issues)) }));
app.connectMicroservice({ strategy: new ServerRocketMQ({ nameServer, consumerGroup: 'box-office' }) }, { inheritAppConfig: true });
app.enableShutdownHooks();
await app.init();

const till = app.get(Till);
// The first message makes the topic; a server that starts before finds it within 30 seconds.
console.log(await till.sell({ id: 't1', seats: 2 }));
await app.startAllMicroservices();
console.log(await till.sell({ id: 't2', seats: 0 }));
till.giveBack({ id: 't3', seats: 1 });
console.log(await till.ask('Hamlet'), 'seats;', 'last of several:', await till.last());
await till.ask('Macbeth').catch((error: RocketMQRemoteException) => console.log('refused:', error['status'], error.message));

const client = app.get<ClientProxy>('TICKETS');
const unheard = client.send('tickets:nobody', new RocketMQRecordBuilder('x').setTimeout(200).build());
await firstValueFrom(unheard).catch((error: unknown) => console.log('no answer:', error instanceof ReplyTimeoutError));
console.log('late answers:', client.unwrap<DefaultMQProducer>().lateReplies);
