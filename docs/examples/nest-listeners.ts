// Listeners the Nest way, until Ctrl-C: ... docs/examples/nest-listeners.ts [HOST:9876]
import 'reflect-metadata';
import {
  type CanActivate,
  type CallHandler,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, REQUEST } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import {
  type BatchContext,
  type BatchResult,
  Ctx,
  currentMessageContext,
  DeadLetter,
  Headers,
  isRocketMQContext,
  Message,
  type MessageContext,
  MessageExt,
  OnMessage,
  Payload,
  RocketMQExecutionContext,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { type Observable, tap } from 'rxjs';
import { z } from 'zod';

const nameServer = process.argv[2] ?? '127.0.0.1:9876';

class Parcel {
  @IsString() id!: string;
  @IsInt() grams!: number;
}

class UnknownCustomer extends Error {}

/** Global, made for HTTP: messages pass. */
@Injectable()
class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isRocketMQContext(context)) return true;
    return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-api-key'] !== undefined;
  }
}

@Injectable()
class KnownCarrier implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return RocketMQExecutionContext.create(context).getMessage().properties.get('carrier') !== 'unknown';
  }
}

@Injectable()
class Timing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { msgId } = currentMessageContext()!;
    return next.handle().pipe(tap(() => console.log(`timed ${msgId.length}`)));
  }
}

@Catch(UnknownCustomer)
class ToDeadLetters implements ExceptionFilter {
  catch(error: UnknownCustomer): DeadLetter {
    return DeadLetter(error.message);
  }
}

const Carrier = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => RocketMQExecutionContext.create(context).getMessage().properties.get('carrier') ?? 'post',
);

/** One for each message. */
@Injectable({ scope: Scope.REQUEST })
class Trail {
  constructor(@Inject(REQUEST) private readonly message: MessageExt) {}

  note(what: string): void {
    console.log(`${what} ${this.message.keys}`);
  }
}

@RocketMQMessageListener({ topic: 'depot', consumerGroup: 'depot-door', consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
@UseGuards(KnownCarrier)
@UseFilters(ToDeadLetters)
class DepotDoor {
  constructor(private readonly trail: Trail) {}

  @OnMessage('arrived || returned')
  @UseInterceptors(Timing)
  @UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }))
  arrived(@Payload() parcel: Parcel, @Carrier() carrier: string, @Headers('shelf', ParseIntPipe) shelf: number): void {
    this.trail.note(`${parcel.id} of ${parcel.grams} g by ${carrier} to shelf ${shelf}`);
  }

  @OnMessage('left', { messageType: z.object({ id: z.string(), customer: z.string().optional() }) })
  left(@Payload('id') id: string, @Payload('customer') customer: string | undefined, @Ctx() context: MessageContext): void {
    if (customer === undefined) throw new UnknownCustomer(`${id} left to nobody`);
    console.log(`${id} left to ${customer} at attempt ${context.reconsumeTimes + 1}`);
  }

  @OnMessage('counted')
  counted(@Message() message: MessageExt): void {
    console.log(`counted ${message.text()}`);
  }
}

@RocketMQMessageListener({
  topic: 'depot',
  consumerGroup: 'depot-books',
  selectorExpression: 'booked',
  messageType: Parcel,
  consumeMessageBatchMaxSize: 16,
  maxReconsumeTimes: 3,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class DepotBooks {
  async onMessages(parcels: Parcel[], context: BatchContext): Promise<BatchResult[]> {
    console.log(`batch from queue ${context.queueId >= 0}`);
    return Promise.allSettled(parcels.map(async (parcel, index) => this.book(parcel, context.items[index]!)));
  }

  private async book({ id, grams }: Parcel, { reconsumeTimes, signal }: MessageContext): Promise<void | DeadLetter> {
    signal.throwIfAborted();
    if (grams < 0) return DeadLetter(`${id} weighs ${grams}`);
    if (id === 'b2' && reconsumeTimes === 0) throw new Error('the books are open elsewhere');
    console.log(`booked ${id} at attempt ${reconsumeTimes + 1}`);
  }
}

@RocketMQMessageListener({
  topic: '%DLQ%depot-door',
  consumerGroup: 'depot-lost',
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  applyGlobalEnhancers: false,
  asyncContext: false,
})
class Lost {
  onMessage(message: MessageExt): void {
    console.log(`lost ${message.keys}`);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'depot' } })],
  providers: [DepotDoor, DepotBooks, Lost, Trail, { provide: APP_GUARD, useClass: ApiKeyGuard }],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
const template = app.get(RocketMQTemplate);
await template.syncSend('depot:arrived', { id: 'p1', grams: 120 }, { keys: ['k1'], headers: { carrier: 'bike', shelf: '7' } });
await template.syncSend('depot:arrived', { id: 'p2', grams: 120, secret: 1 }, { keys: ['k2'], headers: { shelf: '7' } });
await template.syncSend('depot:left', { id: 'p3', customer: 'Ada' }, { keys: ['k3'] });
await template.syncSend('depot:left', { id: 'p4' }, { keys: ['k4'] });
await template.syncSend('depot:left', { number: 5 }, { keys: ['k5'] });
await template.syncSend('depot:counted', '42', { keys: ['k6'] });
await template.syncSend('depot:swept', 'nobody listens', { keys: ['k7'] });
await template.sendBatch('depot:booked', [
  { id: 'b1', grams: 1 },
  { id: 'b2', grams: 2 },
  { id: 'b3', grams: 3 },
]);
