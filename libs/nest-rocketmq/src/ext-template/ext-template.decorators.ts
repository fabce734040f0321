// @ExtRocketMQTemplateConfiguration and @ExtRocketMQConsumerConfiguration: note the options on a template class and make it injectable.
// Must never start or connect anything.
import 'reflect-metadata';
import { markInjectable, noteDecorated } from '../options/index.js';
import type { RocketMQTemplate } from '../template/index.js';
import type { ExtRocketMQConsumerOptions, ExtRocketMQTemplateOptions } from './ext-options.js';

const TEMPLATE_METADATA = 'nest-rocketmq:ext-template';
const CONSUMER_METADATA = 'nest-rocketmq:ext-consumer';

type TemplateClass = abstract new (...args: never[]) => RocketMQTemplate;

/** A further template with a producer of its own: `class AuditTemplate extends RocketMQTemplate {}`. */
export function ExtRocketMQTemplateConfiguration(options: ExtRocketMQTemplateOptions = {}): <C extends TemplateClass>(target: C) => void {
  return note('@ExtRocketMQTemplateConfiguration', TEMPLATE_METADATA, options);
}

/** A further template with a pull consumer of its own, for `receive()`; the class may carry both decorators. */
export function ExtRocketMQConsumerConfiguration(options: ExtRocketMQConsumerOptions = {}): <C extends TemplateClass>(target: C) => void {
  return note('@ExtRocketMQConsumerConfiguration', CONSUMER_METADATA, options);
}

const note =
  (decorator: string, metadata: string, options: object) =>
  (target: object): void => {
    markInjectable(target);
    Reflect.defineMetadata(metadata, options, target);
    noteDecorated(target, decorator);
  };

/** The class's own, not those of a class it extends: a template of its own is asked for each time. */
export function extTemplateOptionsOf(type: object): ExtRocketMQTemplateOptions | undefined {
  return Reflect.getOwnMetadata(TEMPLATE_METADATA, type) as ExtRocketMQTemplateOptions | undefined;
}

export function extConsumerOptionsOf(type: object): ExtRocketMQConsumerOptions | undefined {
  return Reflect.getOwnMetadata(CONSUMER_METADATA, type) as ExtRocketMQConsumerOptions | undefined;
}
