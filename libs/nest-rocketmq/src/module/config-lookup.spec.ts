import { createConfigLookup } from './config-lookup.js';
import { LazyStart } from './lazy-start.js';

describe('createConfigLookup', () => {
  const config = { get: (key: string) => new Map<string, unknown>([['rocketmq.name-server', 'config:1'], ['SHOP_PORT', 9876], ['shop', { port: 1 }]]).get(key) }; // prettier-ignore
  const environment = {
    ROCKETMQ_NAME_SERVER: 'environment:1',
    ROCKETMQ_PRODUCER_GROUP: 'shop',
    ROCKETMQ_ACCESSKEY: 'key',
    'plain.name': 'plain',
  };

  it.each([
    ['rocketmq.name-server', 'config:1'],
    ['rocketmq.producer.group', 'shop'],
    ['rocketmq.access-key', 'key'],
    ['plain.name', 'plain'],
    ['shop.port', 9876],
    // Not a text: a branch of the configuration.
    ['shop', undefined],
    ['none', undefined],
  ])('%s is %s', (key, value) => expect(createConfigLookup(config, environment)(key)).toBe(value));

  it('needs no ConfigService', () => expect(createConfigLookup(undefined, environment)('rocketmq.name-server')).toBe('environment:1'));
});

describe('LazyStart', () => {
  it('starts once for all who ask, and again after a failure', async () => {
    const outcomes = [Promise.reject(new Error('down')), Promise.resolve()];
    outcomes[0]!.catch(() => undefined);
    let starts = 0;
    const start = new LazyStart(() => outcomes[starts++]!);
    const both = await Promise.allSettled([start.run(), start.run()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await start.settled();
    await Promise.all([start.run(), start.run()]);
    expect(starts).toBe(2);
  });
});
