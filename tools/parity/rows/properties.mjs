// Rows of the properties `rocketmq.*`: what each became as an option of the module. Must never repeat a default of ours.
import * as T from './tests.mjs';

const PRODUCER = T.settings('every producer property reaches the producer, and its defaults are Spring’s');
const CONSUMER = T.settings('the module option consumer is what listeners have that say nothing themselves');
const PULL = T.settings('every pull consumer property reaches the pull consumer, and its defaults are Spring’s');
const SELECTS = T.settings('what a listener or a pull consumer selects is what it subscribes to');
const HALF = T.security('refuses one half of the credentials, and what is neither on nor off');
const camel = (name) => name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
const table = (prefix, rows) =>
  rows.map(([name, defaultValue, test, why]) => ({
    spring: `${prefix}${name}`,
    name: camel(name),
    default: defaultValue,
    verdict: why === undefined ? 'same' : 'adapted',
    why,
    test,
  }));

const CHECKED = 'a boolean; the certificate is checked unless `tls` says otherwise';
const KEYS = 'one of the two alone fails the boot';
const UNIQUE = 'DEFAULT becomes unique, for broadcasting consumers too';

export const properties = [
  {
    title: 'Properties rocketmq.*',
    text: 'Options of `RocketMQModule.forRoot()`, in camelCase.',
    of: 'RocketMQModuleOptions',
    prefix: '',
    rows: [
      ...table('', [
        [
          'name-server',
          undefined,
          T.nest('tells in a sentence what a module without options, or with a factory that is none, lacks'),
          'absent: the boot fails with a sentence, where Spring makes no beans and logs a warning',
        ],
        ['access-channel', undefined, PRODUCER],
      ]),
      ...['producer', 'pull-consumer', 'consumer'].map((name) => ({
        spring: `${name}.*`,
        name: camel(name),
        verdict: 'same',
        test: { producer: PRODUCER, 'pull-consumer': PULL, consumer: CONSUMER }[name],
      })),
    ],
    beyond: {
      enabled: T.connection('connects nothing when disabled, and says so to a sender'),
      autoStart: T.nest('starts and stops listeners by registry, with autoStart off'),
      startup: T.connection('starts in the background when asked to, with growing pauses, and stops trying at the end'),
      lazyConnect: T.connections('connect with the first send where that is wanted, and nothing at all in a preview'),
      unprovided: T.connections(
        'tells everything at once: options, listeners, placeholders, transactions, connections, a name server that does not answer',
      ),
      placeholders: T.connections('are resolved by the ConfigService of the application, then by the environment'),
      embedded: T.nest('runs two applications in one process, each with its own cluster, and leaves nothing behind'),
      messageConverter: T.accessors('converts with the converter it is given'),
      clock: T.connection('starts in the background when asked to, with growing pauses, and stops trying at the end'),
      name: T.explorer('finds classes with their dependencies, by connection'),
      isGlobal: T.nest('takes its options from a factory, a class and an existing provider'),
    },
  },
  {
    title: 'Properties rocketmq.producer.*',
    of: 'RocketMQProducerOptions',
    prefix: 'producer.',
    rows: table('producer.', [
      [
        'group',
        undefined,
        PRODUCER,
        'absent with everything of `producer`: sending works, in a group of its own; Spring makes no template',
      ],
      ['namespace', undefined, PRODUCER],
      ['namespace-v2', undefined, PRODUCER],
      ['send-message-timeout', '3000', PRODUCER],
      ['compress-message-body-threshold', '4096', PRODUCER],
      ['retry-times-when-send-failed', '2', PRODUCER],
      ['retry-times-when-send-async-failed', '2', PRODUCER],
      ['retry-next-server', 'false', PRODUCER],
      ['max-message-size', '4194304', PRODUCER],
      ['access-key', undefined, HALF, KEYS],
      ['secret-key', undefined, HALF, KEYS],
      ['enable-msg-trace', 'false', T.trace('tells of a message from its sender to its listener')],
      [
        'customized-trace-topic',
        'RMQ_SYS_TRACE_TOPIC',
        T.trace('goes to a topic of its own where one is named, and tells of transactions'),
      ],
      ['tls-enable', 'false', PRODUCER, CHECKED],
      ['instance-name', 'DEFAULT', PRODUCER, UNIQUE],
    ]),
    beyond: {
      unitName: PRODUCER,
      unitMode: PRODUCER,
      securityToken: PRODUCER,
      tls: PRODUCER,
      springHeaders: T.template('adds id and timestamp only when asked to'),
    },
  },
  {
    title: 'Properties rocketmq.pull-consumer.*',
    of: 'RocketMQPullConsumerOptions',
    prefix: 'pullConsumer.',
    rows: table('pull-consumer.', [
      ['group', undefined, PULL],
      ['topic', undefined, T.nest('receives by hand what the option pullConsumer names, and goes on there after a restart')],
      ['namespace', undefined, PULL],
      ['namespace-v2', undefined, PULL],
      ['access-key', undefined, HALF, KEYS],
      ['secret-key', undefined, HALF, KEYS],
      ['message-model', 'CLUSTERING', PULL],
      ['selector-type', 'TAG', SELECTS],
      ['selector-expression', '*', SELECTS],
      ['pull-batch-size', '10', PULL],
      ['enable-msg-trace', 'false', T.trace('tells of what a pull consumer polls')],
      ['customized-trace-topic', 'RMQ_SYS_TRACE_TOPIC', PULL],
      ['tls-enable', 'false', PULL, CHECKED],
      ['instance-name', 'DEFAULT', PULL, UNIQUE],
    ]),
    beyond: {
      unitName: PULL,
      unitMode: PULL,
      securityToken: PULL,
      tls: PULL,
      nameServer: T.inherit('lets every option be said, false and keys as a whole too'),
      accessChannel: PULL,
    },
  },
  {
    title: 'Properties rocketmq.consumer.*',
    text: 'Those that reach push listeners in Spring; the others of its class (`group`, `topic`, `message-model` and more) are bound there and used by nothing.',
    of: 'RocketMQConsumerOptions',
    prefix: 'consumer.',
    rows: [
      {
        spring: 'consumer.listeners.<group>.<topic>',
        name: 'listeners',
        default: 'true',
        verdict: 'same',
        test: T.connection('leaves listeners alone that are switched off, and all of them without autoStart'),
      },
      ...table('consumer.', [
        ['access-key', undefined, HALF, KEYS],
        ['secret-key', undefined, HALF, KEYS],
        ['customized-trace-topic', undefined, CONSUMER],
        ['namespace', undefined, CONSUMER],
        ['namespace-v2', undefined, CONSUMER],
        ['tls-enable', 'false', CONSUMER, 'bound and unused in Spring; here the default of the listeners'],
      ]),
    ],
    beyond: {
      unitName: CONSUMER,
      unitMode: CONSUMER,
      securityToken: CONSUMER,
      tls: CONSUMER,
      allowSameGroup: T.groups('refuses any second one when that is asked for'),
    },
  },
];
