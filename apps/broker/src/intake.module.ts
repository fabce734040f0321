// The door into the store and the services behind it. Must never hold decisions about requests: processors come through the door.
import { Global, Module, type Provider } from '@nestjs/common';
import type { Clock, Logger } from 'rocketmq-core/common';
import type { Disk, MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from './config/broker-config.schema.js';
import { MessageIntake } from './message/message-intake.js';
import { TimerService } from './timer/timer-service.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_DISK, BROKER_LOGGER, MESSAGE_STORE } from './tokens.js';

const timers: Provider = {
  provide: TimerService,
  inject: [BROKER_CONFIG, BROKER_CLOCK, BROKER_LOGGER, BROKER_DISK, MESSAGE_STORE],
  useFactory: (config: BrokerConfig, clock: Clock, logger: Logger, disk: Disk, store: MessageStore) =>
    new TimerService({ config, clock, logger, disk, store }),
};

@Global()
@Module({ providers: [timers, MessageIntake], exports: [MessageIntake, TimerService] })
export class BrokerIntakeModule {}
