import { inheritOptions } from './inherit-options.js';

describe('inheritOptions', () => {
  const parent = {
    nameServer: 'a:1',
    startup: 'background',
    autoStart: false,
    accessChannel: 'CLOUD',
    producer: {
      group: 'shop',
      retryNextServer: true,
      accessKey: 'k',
      secretKey: 's',
      securityToken: 't',
      tlsEnable: true,
      tls: { ca: 'x' },
      instanceName: 'i',
    },
    consumer: { accessKey: 'c', secretKey: 'd', listeners: { g: { t: false } } },
    pullConsumer: { group: 'pullers', topic: 'orders', pullBatchSize: 5 },
  } as const;

  it('gives everything that is not said', () => {
    expect(inheritOptions('audit', { producer: undefined }, parent)).toEqual({
      nameServer: 'a:1',
      startup: 'background',
      accessChannel: 'CLOUD',
      embedded: undefined,
      producer: { ...parent.producer, instanceName: 'i-audit' },
      consumer: { accessKey: 'c', secretKey: 'd' },
      pullConsumer: undefined,
    });
  });

  it('lets every option be said, false and keys as a whole too', () => {
    const own = {
      nameServer: 'b:2',
      producer: { group: 'audit', retryNextServer: false, accessKey: 'k2', secretKey: 's2', tlsEnable: false, instanceName: 'mine' },
      pullConsumer: { topic: 'audits', group: undefined as never },
    };
    const { nameServer, producer, pullConsumer } = inheritOptions('audit', own, parent);
    expect(nameServer).toBe('b:2');
    expect(producer).toEqual(own.producer);
    expect(pullConsumer).toEqual({ group: 'pullers', topic: 'audits', pullBatchSize: 5 });
    expect(inheritOptions('audit', { nameServer: 'b:2' }, { embedded: true }).embedded).toBeUndefined();
  });
});
