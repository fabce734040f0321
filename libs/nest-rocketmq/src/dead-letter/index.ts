export { type DeadLetterMessage, RedriveProperties, type RedriveTarget, toDeadLetter } from './dead-letter-message.js';
export {
  DEAD_LETTER_LIMITS,
  type DeadLetterList,
  type ListDeadLettersOptions,
  type RedriveOptions,
  type RedriveReport,
  type RedrivenLetter,
} from './dead-letter-options.js';
export type { DeadLetterPort, DeadLetterReader } from './dead-letter-port.js';
export {
  type DeadLetterHandler,
  deadLetterHandlerGroupOf,
  type DeadLetterListener,
  deadLetterListenersOf,
  INEFFECTIVE_OPTIONS,
  type IneffectiveOption,
  OnDeadLetter,
  type OnDeadLetterOptions,
} from './on-dead-letter.decorator.js';
export { RocketMQDeadLetters } from './rocketmq-dead-letters.js';
