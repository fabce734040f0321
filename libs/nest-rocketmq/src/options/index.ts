export { type ConfigurationProblem, ProblemList, RocketMQConfigurationError, show } from './configuration-error.js';
export { markEntryProvider, markInjectable } from './provider-marks.js';
export { claimDecorated, noteDecorated, type UnclaimedClass, unclaimedClasses } from './decorated-classes.js';
export { type Duration, parseDuration } from './duration.js';
export { inheritOptions } from './inherit-options.js';
export { namesOf, unknownNames } from './known-names.js';
export { parseNameServer } from './name-server.js';
export {
  DEFAULT_CONNECTION_NAME,
  type RocketMQConsumerOptions,
  type RocketMQEmbeddedOptions,
  type RocketMQModuleExtras,
  type RocketMQModuleOptions,
  type RocketMQOptions,
  type RocketMQOptionsFactory,
  type RocketMQProducerOptions,
  type RocketMQPullConsumerOptions,
} from './module-options.js';
export {
  environmentNames,
  isPlainObject,
  type PlaceholderLookup,
  type Resolved,
  resolvePlaceholders,
  type RocketMQPlaceholderResolver,
} from './placeholders.js';
export { checkSecurity, type RocketMQSecurityOptions, securitySettings, type SecuritySettings } from './security-options.js';
export { checkNameServer, checkTraceTopic, findModuleProblems } from './module-options.validation.js';
