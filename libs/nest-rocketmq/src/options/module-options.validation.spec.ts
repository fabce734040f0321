import { RocketMQConfigurationError } from './configuration-error.js';
import type { RocketMQOptions } from './module-options.js';
import { findModuleProblems } from './module-options.validation.js';

const optionsOf = (options: object): string[] => findModuleProblems('default', options as RocketMQOptions).map(({ option }) => option);

describe('findModuleProblems', () => {
  it.each([
    [{ nameServer: '127.0.0.1:9876', producer: { group: 'g' } }],
    [{ nameServer: 'a:9876;b:9876;' }],
    [{ nameServer: '[::1]:9876' }],
    [{ embedded: true }],
    [{ embedded: { storePath: 'x', brokers: 2, brokerConfig: { flushDiskType: 'SYNC_FLUSH' } } }],
    [{ enabled: false }],
    [{ nameServer: 'a:1', name: 'default' }],
    [
      {
        nameServer: 'a:1',
        consumer: { listeners: { billing: { orders: false } } },
        producer: { group: 'g', tlsEnable: true, tls: { ca: '-----BEGIN PEM' }, accessKey: 'k', secretKey: 's', namespace: 'tenant' },
      },
    ],
  ])('accepts %j', (options) => {
    expect(optionsOf(options)).toEqual([]);
  });

  it.each([
    [{}, ['nameServer']],
    [{ nameServer: 'a:1', name: 'audit', isGlobal: false }, ['name', 'isGlobal']],
    [{ nameServer: 'nowhere' }, ['nameServer']],
    [{ nameServer: 'a:99999' }, ['nameServer']],
    [{ nameServer: ';' }, ['nameServer']],
    [{ nameServer: 'a:1', embedded: true }, ['nameServer']],
    [{ nameServers: 'a:1' }, ['nameServers', 'nameServer']],
    [{ embedded: { storPath: 'x' } }, ['embedded.storPath']],
    [{ nameServer: 'a:1', producer: { group: 'g', sendMsgTimeout: 5 } }, ['producer.sendMsgTimeout']],
    [{ nameServer: 'a:1', consumer: { listener: {} } }, ['consumer.listener']],
    [{ nameServer: 'a:1', producer: 'g', consumer: null }, ['producer', 'consumer']],
    [{ embedded: 'yes' }, ['embedded']],
    [{ embedded: { storePath: '', brokers: 0, brokerConfig: 'x' } }, ['embedded.storePath', 'embedded.brokers', 'embedded.brokerConfig']],
    [{ nameServer: 'a:1', producer: {} }, ['producer.group']],
    [{ nameServer: 'a:1', producer: { group: 'a b', sendMessageTimeout: '3s' } }, ['producer.group', 'producer.sendMessageTimeout']],
    [{ nameServer: 'a:1', startup: 'later', autoStart: 1, enabled: 'yes' }, ['enabled', 'autoStart', 'startup']],
    [{ nameServer: 'a:1', consumer: { listeners: { g: { t: 'no' } }, accessKey: 'k' } }, ['consumer.secretKey', 'consumer.listeners.g.t']],
    [
      {
        nameServer: 'a:1',
        producer: {
          group: 'g',
          accessKey: 'k',
          secretKey: 5,
          tls: {},
          tlsEnable: 'maybe',
          enableMsgTrace: 1,
          customizedTraceTopic: '../x',
        },
      },
      ['producer.secretKey', 'producer.tlsEnable', 'producer.tls', 'producer.enableMsgTrace', 'producer.customizedTraceTopic'],
    ],
    [{ nameServer: 'a:1', pullConsumer: { group: 'g' } }, ['pullConsumer.topic']],
    [
      { nameServer: 'a:1', pullConsumer: { group: 'g', topic: 't', selectorType: 'SQL', pullBatchSize: 0, batch: 1, accessKey: 'k' } },
      ['pullConsumer.batch', 'pullConsumer.selectorType', 'pullConsumer.pullBatchSize', 'pullConsumer.secretKey'],
    ],
    [undefined as unknown as object, ['options']],
  ])('refuses %j', (options, expected) => {
    expect(optionsOf(options)).toEqual(expected);
  });

  it('makes one message of all problems, with what to do', () => {
    const error = new RocketMQConfigurationError('RocketMQModule "default"', findModuleProblems('default', { producer: { group: '' } }));
    expect(error.message.split('\n')).toEqual([
      'RocketMQModule "default" cannot start, 2 options are wrong:',
      expect.stringMatching(/^ {2}- RocketMQModule "default": nameServer: is missing\. Give "host:port"/),
      '  - RocketMQModule "default": producer.group: "" is no name. Give a non-empty string.',
    ]);
    expect([error.name, error.code, error.problems.length]).toEqual(['RocketMQConfigurationError', 'RMQ_CONFIG', 2]);
  });
});
