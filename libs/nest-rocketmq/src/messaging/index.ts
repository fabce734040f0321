export { RocketMQHeaders } from './rocketmq-headers.js';
export { type Message, MessageBuilder, type MessageHeaders, isMessage } from './message.js';
export {
  defineTopic,
  type TopicContract,
  type TopicDefinition,
  type TopicDestination,
  type TopicPayload,
  topicRulesOf,
  type TopicSchema,
  type TopicSubscription,
} from './topic-contract.js';
export { type Destination, type PayloadFor, type ParsedDestination, parseDestination } from './destination.js';
export { type Charset, decodeText, DEFAULT_CHARSET, encodeText, requireCharset } from './charset.js';
export { isStandardSchema, type SchemaOutput, type StandardSchema } from './standard-schema.js';
export { type ConvertedPayload, DefaultMessageConverter, type RocketMQMessageConverter } from './message-converter.js';
export { MessageConversionError } from './message-conversion-error.js';
export { createPayloadReader, isMessageType, type MessageType, type PayloadOf, type PayloadReader } from './payload-reader.js';
