// The tables of settings in the guides are those of the code: every setting has a line, and its default is the one written there.
import {
  DefaultLitePullConsumer,
  DefaultMQProducer,
  DefaultMQPullConsumer,
  DefaultMQPushConsumer,
  TransactionMQProducer,
} from 'rocketmq-core';
import { EXT_CONSUMER_OPTIONS, EXT_TEMPLATE_OPTIONS } from '../../libs/nest-rocketmq/src/ext-template/ext-options.js';
import { LISTENER_DEFAULTS } from '../../libs/nest-rocketmq/src/listener/listener-options.js';
import {
  CONSUMER_OPTIONS,
  EMBEDDED_OPTIONS,
  MODULE_OPTIONS,
  PRODUCER_OPTIONS,
  PULL_CONSUMER_OPTIONS,
} from '../../libs/nest-rocketmq/src/options/module-options.validation.js';
import { CLIENT_OPTIONS, SERVER_OPTIONS } from '../../libs/nest-rocketmq/src/microservices/options.validation.js';
import { read, section, tableRows } from './documents.js';

const guide = { producer: read('docs/guides/producer.md'), consumer: read('docs/guides/consumer.md') };

/** Default by name; a line may name several settings. */
function documented(text: string): Map<string, string> {
  const rows = new Map<string, string>();
  for (const [names, value] of tableRows(text)) for (const name of names!.split(', ')) rows.set(name, value!.replaceAll('\\', ''));
  return rows;
}

function shown(value: unknown): string {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '-';
  if (value instanceof Set) return [...value].join(', ');
  return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : String(value);
}

const LITE_PULL_INNER = ['mode', 'subscriptionListeners', 'topicListeners', 'assignExpressions', 'assigned'];

/** Public settings: own members that are neither methods nor what a running client holds. */
function defaultsOf(client: object): Map<string, string> {
  const inner = new Set(['running', 'state', 'subscriptions', 'listener', 'listeners', 'lifecycle', ...LITE_PULL_INNER]);
  return new Map(
    Object.entries(client)
      .filter(([name]) => !inner.has(name))
      .map(([name, value]) => [name, shown(value)]),
  );
}

const sorted = (map: ReadonlyMap<string, string>): string[] => [...map].map(([name, value]) => `${name} = ${value}`).toSorted();
const everyClient = documented(section(guide.producer, '#### Settings of every client'));

describe('settings', () => {
  it('of the producer', () => {
    const own = documented(section(guide.producer, '### Settings').split('\n####')[0]!);
    expect(sorted(new Map([...own, ...everyClient]))).toEqual(sorted(defaultsOf(new DefaultMQProducer({}))));
  });

  it('of the producer of transactions', () => {
    const own = documented(section(read('docs/guides/transactions.md'), '### Settings'));
    const inner = new Set(['checks', 'executing']);
    const more = [...defaultsOf(new TransactionMQProducer({}))].filter(
      ([name]) => !inner.has(name) && !(name in new DefaultMQProducer({})),
    );
    expect(sorted(own)).toEqual(sorted(new Map(more)));
  });

  it('of the push consumer', () => {
    const own = documented(section(guide.consumer, '### Settings'));
    expect(sorted(new Map([...own, ...everyClient]))).toEqual(sorted(defaultsOf(new DefaultMQPushConsumer({}))));
  });

  it.each([
    ['DefaultMQPullConsumer', new DefaultMQPullConsumer({})],
    ['DefaultLitePullConsumer', new DefaultLitePullConsumer({})],
  ])('of %s', (name, consumer) => {
    const own = documented(section(read('docs/guides/pull-consumer.md'), `### Settings of ${name}`));
    expect(sorted(new Map([...own, ...everyClient]))).toEqual(sorted(defaultsOf(consumer)));
  });

  it('of the listener decorator', () => {
    const rows = documented(section(guide.consumer, '## With Nest'));
    const defaults = new Map(Object.entries(LISTENER_DEFAULTS).map(([name, value]) => [name, String(value)]));
    expect([...defaults].filter(([name, value]) => rows.get(name) !== value)).toEqual([]);
  });

  it.each([
    ['### Options', SERVER_OPTIONS],
    ['## Client', CLIENT_OPTIONS],
  ])('of the transport: %s', (heading, options) => {
    const text = section(read('docs/guides/microservices.md'), heading);
    const security = ['accessKey', 'secretKey', 'securityToken', 'tlsEnable', 'tls', 'namespace', 'namespaceV2', 'unitName', 'unitMode'];
    expect(options.filter((name) => !security.includes(name) && name !== 'clock' && !text.includes(`\`${name}\``))).toEqual([]);
  });

  describe('of the Nest module', () => {
    const text = read('docs/guides/configuration.md');
    const namesIn = (heading: string): string[] => [...documented(section(text, heading)).keys()];
    const everywhere = namesIn('### Options of every client');

    it.each([
      ['## The module', MODULE_OPTIONS, []],
      ['### `producer`', PRODUCER_OPTIONS, everywhere],
      ['### `consumer`', CONSUMER_OPTIONS, everywhere],
      ['### `pullConsumer`', PULL_CONSUMER_OPTIONS, everywhere],
      ['### `embedded`', EMBEDDED_OPTIONS, []],
    ])('%s', (heading, options, more) => expect([...namesIn(heading), ...more].toSorted()).toEqual([...options].toSorted()));

    it('of classes that are templates', () => {
      const own = namesIn('## Further templates');
      const both = (names: readonly string[]): string[] => [...new Set([...own, ...names])].toSorted();
      expect(both(PRODUCER_OPTIONS)).toEqual([...EXT_TEMPLATE_OPTIONS].toSorted());
      expect(both(PULL_CONSUMER_OPTIONS).filter((name) => name !== 'lazyConnect')).toEqual([...EXT_CONSUMER_OPTIONS].toSorted());
    });

    it('with the defaults of the clients', () => {
      const producer = documented(section(text, '### `producer`'));
      const client = new DefaultMQProducer({});
      const { sendMsgTimeout, compressMsgBodyOverHowmuch, retryTimesWhenSendFailed, retryTimesWhenSendAsyncFailed, maxMessageSize } =
        client;
      const numbers = { sendMessageTimeout: sendMsgTimeout, compressMessageBodyThreshold: compressMsgBodyOverHowmuch, retryTimesWhenSendFailed, retryTimesWhenSendAsyncFailed, maxMessageSize }; // prettier-ignore
      expect(Object.keys(numbers).map((name) => Number(producer.get(name)!.split(' ')[0]))).toEqual(Object.values(numbers));
      expect(producer.get('retryNextServer')).toBe(String(client.retryAnotherBrokerWhenNotStoreOK));
      expect(documented(section(text, '### `pullConsumer`')).get('pullBatchSize')).toBe(
        String(new DefaultLitePullConsumer({}).pullBatchSize),
      );
    });
  });
});
