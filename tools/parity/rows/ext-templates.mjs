// Rows of the annotations that make further templates. Left out means "as the connection" for every one of them here.
import * as T from './tests.mjs';

const CLASSES = T.connections('are classes too, injected by class and by name, with a producer, a pull consumer or both');
const FEATURES = T.connections('of forFeature take what they do not say from the default one, or from the one they name');
const SAID = T.inherit('lets every option be said, false and keys as a whole too');
const PRODUCER = T.settings('every producer property reaches the producer, and its defaults are Spring’s');
const PULL = T.settings('every pull consumer property reaches the pull consumer, and its defaults are Spring’s');

/** Falls back to the property in Spring, and to the connection here. */
const same = (spring, defaultValue, test = SAID) => ({ spring, default: defaultValue, verdict: 'same', test, inherits: true });
/** Never falls back in Spring: its default wins over the property. */
const inherits = (spring, defaultValue, test = SAID) => ({
  spring,
  default: defaultValue,
  verdict: 'adapted',
  why: 'left out: the connection’s, where Spring’s default wins over the property',
  test,
  inherits: true,
});
const adapted = (spring, defaultValue, why, test) => ({ spring, default: defaultValue, verdict: 'adapted', why, test, inherits: true });
const NAME = 'absent: the class name, its first letter small; `@InjectRocketMQTemplate(value)` or the class injects it';
const KEYS = 'goes with its other half, never with that of the connection';
const SHARED = { connection: FEATURES, securityToken: SAID, tls: SAID, unitName: SAID, unitMode: SAID };

const producer = {
  title: '@ExtRocketMQTemplateConfiguration',
  text: 'On a class that extends RocketMQTemplate and is a provider, or is given to `RocketMQModule.forFeature()`, which also takes plain options.',
  of: 'ExtRocketMQTemplateOptions',
  rows: [
    adapted('value', undefined, NAME, CLASSES),
    same('nameServer', '${rocketmq.name-server:}'),
    adapted(
      'group',
      '${rocketmq.producer.group:}',
      'two templates with transactions in one group are refused: each would be asked about the other’s',
      CLASSES,
    ),
    same('sendMessageTimeout', '-1', CLASSES),
    same('compressMessageBodyThreshold', '-1'),
    same('retryTimesWhenSendFailed', '-1', CLASSES),
    same('retryTimesWhenSendAsyncFailed', '-1'),
    same('maxMessageSize', '-1', CLASSES),
    inherits('retryNextServer', 'false', CLASSES),
    adapted('accessKey', '${rocketmq.producer.accessKey:}', KEYS, SAID),
    adapted('secretKey', '${rocketmq.producer.secretKey:}', KEYS, SAID),
    inherits('enableMsgTrace', 'false'),
    same('customizedTraceTopic', '${rocketmq.producer.customized-trace-topic:}'),
    inherits('tlsEnable', 'false'),
    same('namespace', undefined),
    same('namespaceV2', undefined),
    inherits('instanceName', 'DEFAULT'),
  ],
  beyond: {
    ...SHARED,
    accessChannel: PRODUCER,
    lazyConnect: T.connections('connect with the first send where that is wanted, and nothing at all in a preview'),
    springHeaders: T.template('adds id and timestamp only when asked to'),
  },
};

const consumer = {
  title: '@ExtRocketMQConsumerConfiguration',
  text: 'On the same kind of class, for `receive()`; one class may carry both. A pull consumer that does not start fails the boot; Spring only logs it.',
  of: 'ExtRocketMQConsumerOptions',
  rows: [
    adapted('value', undefined, NAME, CLASSES),
    same('nameServer', '${rocketmq.name-server:}'),
    same('group', '${rocketmq.pull-consumer.group:}', CLASSES),
    same('topic', '${rocketmq.pull-consumer.topic:}', CLASSES),
    same('accessChannel', '${rocketmq.access-channel:}', PULL),
    adapted('accessKey', '${rocketmq.pull-consumer.access-key:}', KEYS, SAID),
    adapted('secretKey', '${rocketmq.pull-consumer.secret-key:}', KEYS, SAID),
    inherits('messageModel', 'CLUSTERING'),
    inherits('selectorType', 'TAG'),
    inherits('selectorExpression', '*', CLASSES),
    inherits('pullBatchSize', '10', CLASSES),
    inherits('tlsEnable', 'false'),
    inherits('enableMsgTrace', 'false'),
    same('customizedTraceTopic', '${rocketmq.pull-consumer.customized-trace-topic:}'),
    same('namespace', undefined),
    same('namespaceV2', undefined),
    inherits('instanceName', 'DEFAULT'),
  ],
  beyond: SHARED,
};

export const extTemplates = [producer, consumer];
