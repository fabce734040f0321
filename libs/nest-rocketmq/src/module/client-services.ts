// What the clients of a connection are given from outside. Types only.
import type { Clock, Logger } from 'rocketmq-core/common';

export interface ClientServices {
  readonly clock: Clock;
  readonly logger: Logger;
}
