// RocketMQOpenTelemetryModule: spans for every connection of the application. Must never set up an SDK: that is the application's.
import { type DynamicModule, Module } from '@nestjs/common';
import type { RocketMQOpenTelemetryOptions } from './opentelemetry-options.js';
import { OpenTelemetryInterceptor } from './opentelemetry.interceptor.js';

@Module({})
export class RocketMQOpenTelemetryModule {
  static forRoot(options: RocketMQOpenTelemetryOptions = {}): DynamicModule {
    return {
      module: RocketMQOpenTelemetryModule,
      providers: [{ provide: OpenTelemetryInterceptor, useFactory: () => new OpenTelemetryInterceptor(options) }],
    };
  }
}
