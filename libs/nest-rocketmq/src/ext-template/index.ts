export {
  EXT_CONSUMER_OPTIONS,
  EXT_TEMPLATE_OPTIONS,
  type ExtRocketMQConsumerOptions,
  type ExtRocketMQTemplateOptions,
} from './ext-options.js';
export {
  ExtRocketMQConsumerConfiguration,
  extConsumerOptionsOf,
  ExtRocketMQTemplateConfiguration,
  extTemplateOptionsOf,
} from './ext-template.decorators.js';
export { type ExtTemplateDefinition, extNamesOf, findExtProblems, toConnectionOptions } from './ext-definition.js';
