// What `forFeature` takes: a connection that inherits what it does not say. Types only.
import type { Type } from '@nestjs/common';
import type { RocketMQModuleExtras, RocketMQOptions, RocketMQProducerOptions, RocketMQPullConsumerOptions } from '../options/index.js';
import type { RocketMQTemplate } from '../template/index.js';

/** The options of a connection; each one left out, one by one, is that of `connection`. */
export interface RocketMQFeatureConnectionOptions extends Omit<RocketMQOptions, 'producer' | 'pullConsumer'> {
  producer?: Partial<RocketMQProducerOptions> | undefined;
  /** There is a pull consumer only where this is given, `{}` too: two of one group would share the messages. */
  pullConsumer?: Partial<RocketMQPullConsumerOptions> | undefined;
}

/** What must be known before any factory runs. */
export interface RocketMQFeatureExtras extends RocketMQModuleExtras {
  /** Of the template: `@InjectRocketMQTemplate(name)`. */
  name: string;
  /** The connection it inherits from. Default `default`, if there is one. */
  connection?: string | undefined;
}

export type RocketMQFeatureOptions = RocketMQFeatureConnectionOptions & RocketMQFeatureExtras;

export type ExtTemplateClass = Type<RocketMQTemplate>;
