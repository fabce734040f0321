// Rows of RocketMQTemplate: each group of Spring's overloads, and what messages and headers become.
import * as T from './tests.mjs';

const row = (spring, name, verdict, test, why) => ({ spring, name, verdict, test, why });
const same = (spring, test, name = /^\w+/.exec(spring)[0]) => row(spring, name, 'same', test);
const adapted = (spring, why, test, name = /^\w+/.exec(spring)[0]) => row(spring, name, 'adapted', test, why);

const FORMS = T.template('takes options and the positional form alike');
const TIMERS = T.template('sends messages that wait for their moment');
const BATCHES = T.forms('sends batches in each way that waits for an answer, and no other');
const ORDER = T.spring('ordered messages: the same queue for the same key on both sides, in the order they were sent');
const CALLBACK = T.template('tells a callback exactly once, argument faults included, and survives a callback that throws');
const CONVERTS = T.accessors('sends where the default destination says when a call names none');
const CLIENTS = T.accessors('sends and receives through the clients it is given');
const CHARSET = T.accessors('writes and reads strings in the character set it is told, and objects as UTF-8 all the same');
const SELECTOR = T.accessors('asks its selector for the queue of every orderly send');
const CONVERTER = T.accessors('converts with the converter it is given');
const RESULT = 'resolves with the SendResult that Spring only logs';
const CALLBACK_WHY = 'every fault goes to the callback, wrong arguments too; without a callback a Promise';

const methods = {
  title: 'RocketMQTemplate',
  text: 'Every send resolves with its result; `d` is a destination, `p` a payload or a Message. Wherever Spring takes a time-out and a delay level, an options object is taken as well: `{ timeout, delayLevel, delaySeconds, delayMs, deliverAt, keys, headers, splitBatches, throwOnNotStored }`.',
  of: 'RocketMQTemplate',
  call: true,
  rows: [
    same('getProducer()', CLIENTS),
    adapted('setProducer(producer)', 'starts and closes nothing: whoever made the producer does', CLIENTS),
    same('getConsumer()', CLIENTS),
    adapted('setConsumer(consumer)', 'as setProducer', CLIENTS),
    same('getCharset()', CHARSET),
    adapted('setCharset(charset)', 'UTF-8, UTF-16LE and ISO-8859-1, for strings both ways; JSON is UTF-8. Others by a converter', CHARSET),
    same('getMessageQueueSelector()', SELECTOR),
    same('setMessageQueueSelector(selector)', SELECTOR),
    row(
      'setAsyncSenderExecutor(executor)',
      undefined,
      'left out',
      CALLBACK,
      'no threads; `getProducer().backPressureForAsyncSendNum` limits what is under way',
    ),
    same('getDefaultDestination()', CONVERTS),
    same('setDefaultDestination(d)', CONVERTS),
    same('getMessageConverter()', CONVERTER),
    same('setMessageConverter(converter)', CONVERTER),
    adapted('send(message), send(d, message)', RESULT, CONVERTS),
    adapted('convertAndSend(p), (d, p), (d, p, headers), each with a postProcessor too', RESULT, CONVERTS),
    same('syncSend(d, p), (d, p, timeout), (d, p, timeout, delayLevel)', FORMS),
    adapted(
      'syncSend(d, messages), (d, messages, timeout)',
      'an array whose items are all Messages is a batch; a mixture is refused, where Spring sends one JSON array',
      T.template('sends an array of Messages as a batch, any other array as one payload, and refuses a mixture'),
    ),
    same('syncSendDelayTimeSeconds(d, p, seconds)', TIMERS),
    same('syncSendDelayTimeMills(d, p, ms)', TIMERS),
    adapted('syncSendDeliverTimeMills(d, p, epochMs)', 'a Date is taken too', TIMERS),
    same('syncSendOrderly(d, p, hashKey), each with timeout and delayLevel', ORDER),
    same('syncSendOrderly(d, messages, hashKey), (..., timeout)', BATCHES),
    adapted('asyncSend(d, p, callback), (..., timeout), (..., timeout, delayLevel)', CALLBACK_WHY, CALLBACK),
    adapted('asyncSend(d, messages, callback), (..., timeout)', CALLBACK_WHY, BATCHES),
    adapted(
      'asyncSendOrderly(d, p, hashKey, callback), (..., timeout), (..., timeout, delayLevel)',
      `${CALLBACK_WHY}; takes batches`,
      BATCHES,
    ),
    same('sendOneWay(d, p)', T.spring('one-way, asynchronous and converting sends')),
    same('sendOneWayOrderly(d, p, hashKey)', ORDER),
    adapted(
      'sendMessageInTransaction(d, message, arg)',
      'waits for a local transaction that is asynchronous; a bare payload is taken too',
      T.nestTransactions('ends as its listener says, at once or when a broker asks'),
    ),
    adapted(
      'sendAndReceive(d, p, type), with hashKey, timeout, delayLevel: 12 overloads',
      'all positions, or `{ replyType, hashKey, timeout, ... }`. It works: in 2.3.5 each one fails at once, a defect of its pinned client',
      T.forms('takes a reply type, then hash key, time-out and delay level'),
    ),
    adapted(
      'sendAndReceive(d, p, callback), with hashKey, timeout, delayLevel: 12 overloads',
      'the type of the reply is `callback.replyType`, as type arguments do not exist at run time; a reply that does not fit goes to onException',
      T.forms('takes a callback in their place, told once, faults of the reply included'),
    ),
    adapted(
      'receive(type), receive(type, timeout)',
      'a message that does not fit goes to `onInvalid`, else is left out and told of, where Spring throws the whole batch away; Buffer works',
      T.template('receives what the pull consumer gives, as the type asked for, and tells of what does not fit'),
    ),
    row(
      'afterPropertiesSet(), destroy()',
      undefined,
      'left out',
      T.connection('starts producer, then listeners; stops listeners, then producer'),
      'the module starts and closes the clients of its template',
    ),
  ],
  beyond: {
    sendBatch: T.template('sends an array of Messages as a batch, any other array as one payload, and refuses a mixture'),
    syncSendDelayTimeMillis: T.forms('takes a delay with every send of one message'),
    syncSendDeliverTimeMillis: T.forms('takes a delay with every send of one message'),
  },
};

const options = {
  title: 'Options of a send',
  text: 'The third argument of every send, instead of positions.',
  of: 'TemplateSendOptions',
  rows: [
    { spring: 'timeout (ms)', name: 'timeout', verdict: 'same', test: FORMS },
    { spring: 'delayLevel', verdict: 'same', test: FORMS },
  ],
  beyond: {
    delaySeconds: T.forms('takes a delay with every send of one message'),
    delayMs: T.forms('takes a delay with every send of one message'),
    deliverAt: T.forms('takes a delay with every send of one message'),
    keys: FORMS,
    splitBatches: T.nest('delivers batches and ordered sends, each with its result'),
    throwOnNotStored: T.forms('throws for a status other than SEND_OK where throwOnNotStored asks for it, and returns it elsewhere'),
    headers: T.template('maps headers as rocketmq-spring does'),
  },
};

const HEADERS = T.template('maps headers as rocketmq-spring does');
const fact = (spring, verdict, test, why) => ({ spring, verdict, test, why, plain: true });
const messages = {
  title: 'Messages, headers and errors',
  rows: [
    fact(
      'destination `topic:tag`, split at the first colon',
      'adapted',
      T.template('splits the destination at the first colon only and takes topic and tag apart'),
      '`{ topic, tag }` is taken too',
    ),
    { ...fact('`MessageBuilder`', 'same', T.forms('has the methods of Spring')), exports: ['MessageBuilder'] },
    { ...fact('`RocketMQHeaders`', 'same', HEADERS), exports: ['RocketMQHeaders'] },
    fact('header `KEYS`, else `rocketmq_KEYS`', 'same', T.wire('rocketmq_KEYS')),
    fact(
      'header `KEYS` as a collection: `[p, q]`',
      'adapted',
      T.wire('KEYS as a list (adapted)'),
      'joined by a blank, so that each is found; also option `keys`',
    ),
    fact('headers `TAGS`, `DELAY`: dropped', 'adapted', HEADERS, 'they count where destination and call say nothing'),
    fact('headers with the client’s reserved names: dropped', 'same', HEADERS),
    fact('header `FLAG`', 'same', T.wire('FLAG')),
    fact('header `WAIT_STORE_MSG_OK`', 'adapted', T.wire('WAIT_STORE_MSG_OK'), 'false works, not the text alone'),
    fact('header `TRANSACTION_ID`: a user property', 'same', T.wire('TRANSACTION_ID')),
    fact(
      'headers `id` and `timestamp` on every message',
      'adapted',
      T.template('adds id and timestamp only when asked to'),
      'with `producer.springHeaders` only; `contentType` always',
    ),
    fact(
      'other headers: user properties',
      'adapted',
      HEADERS,
      'a blank value is left out with a warning, where Spring refuses the message',
    ),
    fact(
      'payloads: byte[], String, JSON, by contentType',
      'same',
      T.template('sends objects as JSON, strings as text, buffers as they are, with the content type Spring gives'),
    ),
    fact('null payload, empty body: refused', 'same', T.template('refuses the payload %p')),
    {
      ...fact('`RocketMQMessageConverter` bean', 'adapted', CONVERTER, 'option `messageConverter`; an interface of two methods'),
      exports: ['RocketMQMessageConverter'],
    },
    fact(
      'statuses besides SEND_OK: returned',
      'adapted',
      T.forms('throws for a status other than SEND_OK where throwOnNotStored asks for it, and returns it elsewhere'),
      '`throwOnNotStored` makes them errors',
    ),
    {
      ...fact(
        '`MessagingException` around every fault',
        'adapted',
        T.requests('in time: the error says that the request was sent; a late reply is counted and dropped'),
        'one class per fault, all RocketMQError with `code`, `retryable`, `nextStep`',
      ),
      exports: ['RocketMQError', 'MessageConversionError'],
    },
    fact(
      'batch: one destination, no delay',
      'adapted',
      BATCHES,
      'splitBatches sends what is too large in parts; a null item is refused, not skipped',
    ),
    fact(
      'empty batch: refused',
      'same',
      T.template('sends an array of Messages as a batch, any other array as one payload, and refuses a mixture'),
    ),
    fact('properties on the wire', 'same', T.spring('text, JSON and bytes, each read as the type a listener declares')),
    fact(
      'half, committed and checked transaction on the wire',
      'same',
      T.wire('is a half record first, then a committed one that remembers it; listeners see Spring’s headers'),
    ),
    fact(
      'delayed and timed messages on the wire',
      'same',
      T.wire('waits in the wheel with what was asked for, and arrives with when it went in and out'),
    ),
    fact('request and reply on the wire', 'same', T.wire('a reply has the properties of the exchange and none of Spring’s')),
    fact('retry and dead letter on the wire', 'same', T.wire('a retry and a dead letter have the original’s and where they come from')),
  ],
};

export const template = [methods, options, messages];
