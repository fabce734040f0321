// Rows of interfaces, enums, lifecycle and refusals: what has no attribute or method of its own to look up.
import * as T from './tests.mjs';

const fact = (spring, verdict, test, why, exported) => ({ spring, verdict, test, why, plain: true, exports: exported });
const DRAIN = T.nest('lets handlers finish, and send, while the application closes');
const PROBLEMS = T.validation('lists every wrong attribute at once');

const interfaces = {
  title: 'Interfaces and enums',
  rows: [
    fact(
      '`RocketMQListener<T>.onMessage(T)`',
      'adapted',
      T.nest('gives a decorated class what matches its selector, as the declared type, with the context'),
      'a second argument tells tag, keys, properties and attempts; it may be asynchronous, and may return an outcome',
      ['RocketMQListener', 'MessageContext'],
    ),
    fact(
      'type from the generic argument',
      'adapted',
      T.reader('makes instances of a class, nested ones too, and validates them'),
      'option `messageType`, as types do not exist at run time; absent: the MessageExt',
    ),
    fact(
      'byte[] as argument: ClassCastException',
      'beyond',
      T.reader('hands out the message, its text, its bytes or its JSON'),
      '`messageType: Buffer` works',
    ),
    fact(
      '`RocketMQReplyListener<T, R>`: a second `onMessage`',
      'adapted',
      T.nest('answers requests with what onRequest returns, and tells a request nobody answered'),
      'the method is `onRequest`, so that a class shows what it does',
      ['RocketMQReplyListener'],
    ),
    fact('reply null: retried', 'same', T.handler('sends back what it returns')),
    fact('reply that cannot be sent: logged', 'same', T.handler('tells of a reply nobody took, and does not do the work again')),
    fact(
      '`RocketMQPushConsumerLifecycleListener.prepareStart`',
      'adapted',
      T.spring('text, JSON and bytes, each read as the type a listener declares'),
      'may be asynchronous',
      ['RocketMQPushConsumerLifecycleListener'],
    ),
    fact(
      '`RocketMQLocalTransactionListener`',
      'adapted',
      T.nestTransactions('ends as its listener says, at once or when a broker asks'),
      'both methods may be asynchronous',
      ['RocketMQLocalTransactionListener'],
    ),
    fact(
      'a throw or null of `executeLocalTransaction`, `checkLocalTransaction`: UNKNOWN',
      'same',
      T.transactions('comes with the argument; its answers are translated, and what is none is not known'),
    ),
    fact(
      'headers a transaction listener sees',
      'same',
      T.wire('is a half record first, then a committed one that remembers it; listeners see Spring’s headers'),
    ),
    fact(
      '`RocketMQLocalRequestCallback<T>`',
      'adapted',
      T.forms('takes a callback in their place, told once, faults of the reply included'),
      '`replyType` names the type',
      ['RocketMQLocalRequestCallback'],
    ),
    fact(
      '`SendCallback`',
      'same',
      T.template('tells a callback exactly once, argument faults included, and survives a callback that throws'),
      undefined,
      ['SendCallback'],
    ),
    ...['ConsumeMode', 'MessageModel', 'SelectorType', 'ConsumeFromWhere'].map((name) =>
      fact(`enum \`${name}\``, 'adapted', PROBLEMS, 'an object of texts; the text itself is taken too', [name]),
    ),
    fact(
      'enum `RocketMQLocalTransactionState`',
      'adapted',
      T.transactions('comes with the argument; its answers are translated, and what is none is not known'),
      'an object of texts',
      ['RocketMQLocalTransactionState'],
    ),
    fact(
      'enum `DelayMode`',
      'left out',
      T.template('sends messages that wait for their moment'),
      'internal to Spring’s template; here the options delaySeconds, delayMs, deliverAt',
    ),
    fact('an exception: retried', 'same', T.spring('failed messages again, and dead letters')),
    fact(
      'no way to say another thing than "failed"',
      'beyond',
      T.nest('delivers again what failed, at the level asked for, and moves dead letters'),
      'ReconsumeLater(level), DeadLetter(reason), Discard(reason), thrown or returned',
      ['ReconsumeLater', 'DeadLetter', 'Discard'],
    ),
    fact(
      'a payload that cannot be read: 16 retries',
      'adapted',
      T.handler('read the payload once for all, and leave a refused one to its policy'),
      'a dead letter at once; option `invalidMessage`',
    ),
  ],
};

const lifecycle = {
  title: 'Lifecycle',
  rows: [
    fact(
      'auto-configuration',
      'adapted',
      T.nest('takes its options from a factory, a class and an existing provider'),
      '`RocketMQModule.forRoot()` and `forRootAsync()`',
      ['RocketMQModule'],
    ),
    fact('a producer that does not start: the context fails', 'same', T.connection('leaves nothing open when the boot fails')),
    fact(
      'a pull consumer that does not start: a line of the log',
      'adapted',
      T.wire('a pull consumer that is refused fails the boot'),
      'fails the boot, unless `startup: "background"`',
    ),
    fact(
      'producer first, then transaction listeners, then consumers',
      'adapted',
      T.connection('starts producer, then listeners; stops listeners, then producer'),
      'transaction listeners are known before the producer starts',
    ),
    fact(
      'consumption begins before the application is ready',
      'adapted',
      T.nest('starts and stops listeners by registry, with autoStart off'),
      'in onApplicationBootstrap, after every onModuleInit; `autoStart: false` waits for the registry',
    ),
    fact('stop: consumers first, then producers', 'same', DRAIN),
    fact(
      'running handlers are awaited for 1 s, then interrupted',
      'adapted',
      DRAIN,
      'longer by default, with an AbortSignal; what is left is delivered again',
    ),
    fact(
      'a stopped container cannot start again',
      'beyond',
      T.container('starts, stops with its own drain time and starts again with a new consumer'),
      'each start makes a new client',
    ),
    fact(
      'containers as beans',
      'adapted',
      T.container('finds by id, class and container, and names what it knows otherwise'),
      'RocketMQListenerRegistry',
      ['RocketMQListenerRegistry', 'RocketMQListenerContainer'],
    ),
    fact(
      '`isRunning`, `getConsumer` of a container',
      'adapted',
      T.container('starts, stops with its own drain time and starts again with a new consumer'),
      'properties `isRunning` and `consumer`',
      ['RocketMQListenerContainer'],
    ),
    fact(
      'AOP around `handleMessage`',
      'adapted',
      T.interceptors('finds the interceptors of a connection, sorted; sends run through them from the outside in'),
      '@RocketMQInterceptor around sends and deliveries',
      ['RocketMQInterceptor'],
    ),
    fact('several listeners on one topic', 'same', T.spring('text, JSON and bytes, each read as the type a listener declares')),
    fact(
      'request-scoped beans as listeners',
      'adapted',
      T.explorer('makes a request-scoped listener for each message and lets it inject the message'),
      'one per message, which can inject the MessageExt',
    ),
  ],
};

const configuration = {
  title: 'Placeholders and hooks',
  rows: [
    fact(
      '`${key:default}` in texts of annotations',
      'adapted',
      T.connections('are resolved by the ConfigService of the application, then by the environment'),
      'in every option that is a text, numbers and booleans given as one too; ConfigService, then environment',
      ['ROCKETMQ_PLACEHOLDER_RESOLVER'],
    ),
    fact(
      'a placeholder without a value: the raw text stays, or nothing',
      'adapted',
      T.placeholders('without a value are told with their place, never with a default'),
      'fails the boot',
    ),
    fact(
      '`AnnotationEnhancer`; a returned new map is lost',
      'adapted',
      T.connections('of the application count for every connection, wherever they stand'),
      '`@ListenerEnhancer` or ROCKETMQ_LISTENER_ENHANCER; what it returns counts',
      ['ListenerEnhancer', 'ROCKETMQ_LISTENER_ENHANCER'],
    ),
    fact(
      'a converter bean for all templates and listeners',
      'adapted',
      T.connections('of the application count for every connection, wherever they stand'),
      'the provider ROCKETMQ_MESSAGE_CONVERTER',
      ['ROCKETMQ_MESSAGE_CONVERTER'],
    ),
    fact(
      'several clusters by ext templates',
      'adapted',
      T.connections('of forFeature take what they do not say from the default one, or from the one they name'),
      'named connections: `forRoot({ name })`, `forFeature()`, and `connection` of a listener',
    ),
    fact(
      'one transaction listener per template',
      'beyond',
      T.connections('have listeners by topic, by the name of a template, and decisions written with the send'),
      'several by `topic`; `sendMessageInTransaction(d, p, { execute, check })`',
    ),
  ],
};

const refusals = {
  title: 'What is refused',
  text: 'All problems are told at once, before anything connects.',
  rows: [
    fact('no listener method, or both', 'same', T.methods('three')),
    fact('blank consumerGroup, topic or nameServer', 'same', PROBLEMS),
    fact('ORDERLY with BROADCASTING', 'adapted', T.validation('takes ORDERLY and BROADCASTING, each by itself'), 'works'),
    fact('accessChannel that is none', 'same', PROBLEMS),
    fact(
      'a second transaction listener for one template',
      'same',
      T.nestTransactions('refuses the boot with two listeners for one template, an unknown connection, no group or a scope'),
    ),
    fact('a transactional send without a listener', 'same', T.nestTransactions('is refused when nobody listens for it')),
    fact('delay of 0 or less, null message, empty batch', 'same', T.template('sends messages that wait for their moment')),
    fact(
      'a misspelt attribute does not compile',
      'adapted',
      T.validation('tells a misspelt attribute, and which one was meant'),
      'nor does it here; at run time it is told with the name that was meant',
    ),
    fact(
      'not noticed: listeners of one group with different subscriptions, which lose messages',
      'beyond',
      T.container('share one consumer with the union of what they want, and get each their own'),
      'one consumer with the union of what they want; what cannot be joined is refused with both names',
    ),
    fact(
      'not noticed: a listener class that is no bean',
      'beyond',
      T.explorer('knows decorated classes that no application took up'),
      'told at boot',
    ),
    fact(
      'the first problem is thrown',
      'beyond',
      T.nest('tells every wrong option at boot, of the module and its listeners, and leaves nothing open'),
      'all of them at once, each with class, option and remedy',
    ),
    fact(
      'not noticed: one half of the credentials',
      'beyond',
      T.security('refuses one half of the credentials, and what is neither on nor off'),
      'refused',
    ),
  ],
};

const beyond = (name, test, why, ...exported) => ({ name, verdict: 'beyond', test, why: `${name}: ${why}`, exports: exported });
const native = {
  title: 'What rocketmq-spring has no word for',
  text: 'Features, not attributes; those are in the tables above.',
  rows: [
    beyond(
      'guards, pipes, interceptors and filters',
      T.definer('stand around the handler, and what they make of its answer counts'),
      'Nest’s own, on the class, on a method, or global',
    ),
    beyond(
      'parameter decorators',
      T.definer('get payload, property, message, headers and context, and those of createParamDecorator'),
      '`@Payload()`, `@Message()`, `@Headers()`',
      'Payload',
      'Headers',
    ),
    beyond('methods by tag', T.definer('get theirs, by topic before any, and make the selector'), '`@OnMessage(tag)`', 'OnMessage'),
    beyond(
      'checked payloads',
      T.reader('gives what a schema makes of the body'),
      'class-validator, or any Standard Schema',
      'StandardSchema',
    ),
    beyond(
      'batches',
      T.batch('judges each item by its own result'),
      '`onMessages`, a result for each item',
      'RocketMQBatchListener',
      'BatchResult',
    ),
    beyond(
      'registry',
      T.container('are joined and left at run time with a new consumer; the others go on'),
      'get, list, start, stop, pause, resume, setConcurrency, register, unregister, stats',
      'RocketMQListenerRegistry',
    ),
    beyond(
      'idempotency',
      T.reliability('processes a message once however often it is sent, after failures too, and orders by their own key'),
      '`@Idempotent({ key, ttl })` with stores in memory and in Redis',
      'Idempotent',
    ),
    beyond(
      'dead letters',
      T.reliability('are listed page by page and by time, and found by both ids'),
      '`@OnDeadLetter`, RocketMQDeadLetters.list and redrive',
      'OnDeadLetter',
      'RocketMQDeadLetters',
    ),
    beyond(
      'cluster inside the process',
      T.nest('runs two applications in one process, each with its own cluster, and leaves nothing behind'),
      '`embedded: true`',
    ),
    beyond(
      'testing',
      T.testing('sends time ahead: a delay level, and a moment of its own'),
      '`nest-rocketmq/testing`: a real cluster, time that a test moves',
    ),
    beyond(
      'transport of @nestjs/microservices',
      T.transport('go to and come from other kinds of RocketMQ applications'),
      '`nest-rocketmq/microservices`',
    ),
  ],
};

const otherStarter = {
  title: 'The v5 starter (gRPC)',
  rows: [
    fact(
      '`RocketMQClientTemplate` and its listeners over gRPC',
      'left out',
      T.spring('delay levels and timers, none before its time'),
      'another protocol; what it adds (timers to the millisecond, message groups, POP) the remoting protocol of 5.x offers here: deliverAt, hashKey, POP on the broker',
    ),
  ],
};

export const behaviour = [interfaces, configuration, lifecycle, refusals, native, otherStarter];
