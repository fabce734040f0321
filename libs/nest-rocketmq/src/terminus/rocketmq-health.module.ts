// RocketMQHealthModule: gives the application RocketMQHealthIndicator. Must never serve a route: that is the application's.
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { SystemClock } from 'rocketmq-core/common';
import { HEALTH_CLOCK, RocketMQHealthIndicator } from './rocketmq-health.indicator.js';

@Module({
  imports: [TerminusModule, DiscoveryModule],
  providers: [{ provide: HEALTH_CLOCK, useFactory: () => new SystemClock() }, RocketMQHealthIndicator],
  exports: [RocketMQHealthIndicator],
})
export class RocketMQHealthModule {}
