// The door into the store and the services behind it. Must never hold decisions about requests: processors come through the door.
import { Global, Module } from '@nestjs/common';
import { MessageIntake } from './message/message-intake.js';

@Global()
@Module({ providers: [MessageIntake], exports: [MessageIntake] })
export class BrokerIntakeModule {}
