// Rows of the annotations: what each attribute became. Must never repeat a default of ours: the page takes those from the code.
import * as T from './tests.mjs';

const ATTRIBUTES = T.settings('every attribute of a listener reaches its consumer');
const DEFAULTS = T.settings('a listener that says nothing has Spring’s defaults');
const SHARED = T.settings('the module option consumer is what listeners have that say nothing themselves');
const SUBSCRIBES = T.nest('gives a decorated class what matches its selector, as the declared type, with the context');
/** Not in 2.3.5. */
const MAIN = 'main branch';
const SELECTS = T.settings('what a listener or a pull consumer selects is what it subscribes to');
const same = (spring, defaultValue, test = ATTRIBUTES) => ({ spring, default: defaultValue, verdict: 'same', test });
const adapted = (spring, defaultValue, why, test = ATTRIBUTES) => ({ spring, default: defaultValue, verdict: 'adapted', why, test });

const listener = {
  title: '@RocketMQMessageListener',
  text: 'A class decorator; it makes the class injectable too, which Spring leaves to `@Component`.',
  of: 'RocketMQMessageListenerOptions',
  defaults: 'LISTENER_DEFAULTS',
  rows: [
    same('consumerGroup', undefined, SUBSCRIBES),
    adapted('topic', undefined, 'one or several', T.validation('takes several topics, with one selector or with one each')),
    same('selectorType', 'TAG', SELECTS),
    adapted(
      'selectorExpression',
      '*',
      'tags are compared as text too, so that equal hashes deliver nothing wrong; a broken SQL92 text fails the boot with its column',
      SUBSCRIBES,
    ),
    same(
      'consumeMode',
      'CONCURRENTLY',
      T.nestOrderly('holds up the queue of a message whose listener throws, and makes way for a dead letter at once'),
    ),
    adapted(
      'messageModel',
      'CLUSTERING',
      'ORDERLY with BROADCASTING is refused by Spring and works here: each queue in order, nothing repeated',
      T.nestOrderly('gives everything to every member, drops what fails and goes on from the file after a restart'),
    ),
    adapted(
      'consumeThreadMax',
      '64',
      'no threads: the ceiling of setConcurrency; below consumeThreadNumber it is refused',
      T.container('takes another concurrency, also for the starts to come'),
    ),
    adapted('consumeThreadNumber', '20', 'no threads: calls of the listener under way at once'),
    same('maxReconsumeTimes', '-1'),
    adapted('consumeTimeout', '15', 'minutes, as there; a message sent back is delivered again once, what the late call says is ignored'),
    adapted(
      'replyTimeout',
      '3000',
      'ms, as there, but it changes nothing for the other sends of the producer',
      T.handler('sends back what it returns'),
    ),
    adapted(
      'accessKey',
      '${rocketmq.consumer.access-key:}',
      'absent: `consumer.accessKey` of the module; one half of the two alone fails the boot, where Spring starts without credentials',
      SHARED,
    ),
    adapted('secretKey', '${rocketmq.consumer.secret-key:}', 'goes with accessKey, never with the key of another place', SHARED),
    same('enableMsgTrace', 'false'),
    same('customizedTraceTopic', '${rocketmq.consumer.customized-trace-topic:}', SHARED),
    adapted(
      'nameServer',
      '${rocketmq.name-server:}',
      'absent: the connection’s, always; in Spring an empty text wins over the property',
      T.groups('keeps groups of different clusters and different names apart'),
    ),
    same('accessChannel', '${rocketmq.access-channel:}'),
    adapted(
      'tlsEnable',
      'false',
      'a boolean; the texts "true" and "false" are taken too, and others refused. The certificate is checked',
      ATTRIBUTES,
    ),
    adapted('namespace', '', 'absent: `consumer.namespace`', SHARED),
    adapted('namespaceV2', '', 'absent: `consumer.namespaceV2`', SHARED),
    same('delayLevelWhenNextConsume', '0', T.handler('uses delayLevelWhenNextConsume for failures')),
    same('suspendCurrentQueueTimeMillis', '1000'),
    adapted(
      'awaitTerminationMillisWhenShutdown',
      '1000',
      'longer, as a handler cannot be interrupted; it can look at `context.signal`. Listeners stop together, not one after the other',
      T.container('aborts the signal of handlers that outlive the drain and reports them'),
    ),
    adapted(
      'instanceName',
      'DEFAULT',
      'always unique unless given; a broadcasting listener has its id, so that two never share an offset file',
      DEFAULTS,
    ),
    { ...same('pullInterval', '0'), note: MAIN },
    { ...same('pullBatchSize', '32'), note: MAIN },
    {
      ...adapted(
        'consumeMessageBatchMaxSize',
        '1',
        'for `onMessages`; with `onMessage` each message is acknowledged by itself, where Spring repeats the whole batch after a failure',
        T.batch('judges each item by its own result'),
      ),
      note: MAIN,
    },
    { ...same('consumeFromWhere', 'CONSUME_FROM_LAST_OFFSET'), note: MAIN },
  ],
  beyond: {
    refusedMessage: T.definer('leave the refusal of a guard to its policy, and may be global'),
    unmatchedMessage: T.definer('leave the rest to the one without a tag'),
    applyGlobalEnhancers: T.definer('may be global, and kept away'),
    subscriptions: T.validation('takes several topics, with one selector or with one each'),
    phase: T.container('starts lower phases first and stops them last, one phase at once'),
    asyncContext: T.handler('tells whoever asks which message is handled, unless asyncContext is off'),
    autoStart: T.connection('starts each listener as its own options say'),
    startup: T.connection('starts each listener as its own options say'),
    unitName: ATTRIBUTES,
    unitMode: ATTRIBUTES,
    securityToken: ATTRIBUTES,
    tls: ATTRIBUTES,
    messageType: T.reader('hands out the message, its text, its bytes or its JSON'),
    invalidMessage: T.handler('read the payload once for all, and leave a refused one to its policy'),
    connection: T.explorer('finds classes with their dependencies, by connection'),
    id: T.container('finds by id, class and container, and names what it knows otherwise'),
    enabled: T.connection('leaves listeners alone that are switched off, and all of them without autoStart'),
  },
};

const TOLD = T.transactions('are told of at boot');
const POOLS = T.settings('the pools of a transaction listener are those of the producer');
const transactionListener = {
  title: '@RocketMQTransactionListener',
  of: 'RocketMQTransactionListenerOptions',
  rows: [
    adapted(
      'rocketMQTemplateBeanName',
      'rocketMQTemplate',
      'also the name of a connection, and the class name of a template',
      T.nestTransactions('goes to the listener of its own connection'),
    ),
    adapted('corePoolSize', '1', 'taken and without effect, as in Spring in practice', TOLD),
    adapted('maximumPoolSize', '1', 'checks at work at once; in Spring without effect, as the producer has started before', POOLS),
    adapted('keepAliveTime', '60000', 'taken and without effect: there are no threads to keep', TOLD),
    adapted('keepAliveTimeUnit', 'MILLISECONDS', 'as keepAliveTime', TOLD),
    adapted('blockingQueueSize', '2000', 'checks that wait; in Spring without effect', POOLS),
  ],
  beyond: { topic: T.transactions('decide about their topics, the one without a topic about the rest') },
};

export const annotations = [listener, transactionListener];
