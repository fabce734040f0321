// The providers of a connection that make applications reliable. Must never connect anything.
import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SystemClock } from 'rocketmq-core/common';
import { MemoryIdempotencyStore, RocketMQIdempotency, storesOf } from '../idempotent/index.js';
import type { RocketMQOptions } from '../options/index.js';
import { createNestLogger } from './nest-logger.js';
import { getRocketMQIdempotencyToken, getRocketMQOptionsToken } from './tokens.js';

export function reliabilityProviders(connection: string): Provider[] {
  return [
    {
      provide: getRocketMQIdempotencyToken(connection),
      useFactory: (options: RocketMQOptions | undefined, moduleRef: ModuleRef): RocketMQIdempotency => {
        const clock = options?.clock ?? new SystemClock();
        const storeOf = storesOf(moduleRef, new MemoryIdempotencyStore({ clock }));
        return new RocketMQIdempotency({ connection, clock, logger: createNestLogger('RocketMQListener'), storeOf });
      },
      inject: [getRocketMQOptionsToken(connection), ModuleRef],
    },
  ];
}
