// The providers of a connection that make applications reliable. Must never connect anything.
import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Clock } from 'rocketmq-core/common';
import { RocketMQDeadLetters } from '../dead-letter/index.js';
import { MemoryIdempotencyStore, RocketMQIdempotency, storesOf } from '../idempotent/index.js';
import { createDeadLetterPort } from './client-dead-letters.js';
import { createNestLogger } from './nest-logger.js';
import type { RocketMQConnection } from './rocketmq-connection.js';
import { getRocketMQConnectionToken, getRocketMQDeadLettersToken, getRocketMQIdempotencyToken } from './tokens.js';

export function reliabilityProviders(connection: string): Provider[] {
  return [
    {
      provide: getRocketMQIdempotencyToken(connection),
      useFactory: (open: RocketMQConnection, moduleRef: ModuleRef): RocketMQIdempotency => {
        const clock = (): Clock => open.clock;
        const storeOf = storesOf(moduleRef, () => new MemoryIdempotencyStore({ clock: clock() }));
        return new RocketMQIdempotency({ connection, clock, logger: createNestLogger('RocketMQListener'), storeOf });
      },
      inject: [getRocketMQConnectionToken(connection), ModuleRef],
    },
    {
      provide: getRocketMQDeadLettersToken(connection),
      useFactory: (open: RocketMQConnection): RocketMQDeadLetters => {
        const logger = createNestLogger('RocketMQClient');
        return new RocketMQDeadLetters(createDeadLetterPort(open, logger), () => open.clock);
      },
      inject: [getRocketMQConnectionToken(connection)],
    },
  ];
}
