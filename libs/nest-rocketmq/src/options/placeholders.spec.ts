import { environmentNames, resolvePlaceholders } from './placeholders.js';

const values = new Map<string, string | number>([
  ['rocketmq.producer.group', 'shop'],
  ['region', 'eu'],
  ['topic.eu', 'orders-eu'],
  ['level', 3],
  ['empty', ''],
  ['again', '${region}-${level}'],
  ['a', '${b}'],
  ['b', '${a}'],
]);
const resolve = (text: string) => {
  const { options, problems } = resolvePlaceholders('Billing', { text }, (key) => values.get(key));
  return problems.length > 0 ? problems.map(({ option, problem }) => `${option}: ${problem}`).join() : options.text;
};

describe('placeholders', () => {
  it.each([
    ['plain', 'plain'],
    ['${rocketmq.producer.group}', 'shop'],
    ['${rocketmq.producer.group:other}', 'shop'],
    ['${none:other}', 'other'],
    ['${none:http://a:1}', 'http://a:1'],
    ['${none:${rocketmq.producer.group:x}}', 'shop'],
    ['${none:${none2:last}}', 'last'],
    ['${topic.${region}}', 'orders-eu'],
    ['a-${region}-b-${level}', 'a-eu-b-3'],
    ['${again}', 'eu-3'],
    ['\\${region}', '${region}'],
    ['${region', '${region'],
    ['$region}', '$region}'],
  ])('%s becomes %s', (text, expected) => expect(resolve(text)).toBe(expected));

  it('that become empty count as left out', () => {
    expect(resolve('${none:}')).toBeUndefined();
    expect(resolve('${empty}')).toBeUndefined();
    expect(resolve('')).toBe('');
  });

  it('without a value are told with their place, never with a default', () => {
    expect(resolve('${none}')).toBe('text: the placeholder ${none} has no value');
    expect(resolve('${none:${none2}}')).toBe('text: the placeholder ${none2} has no value');
    expect(resolve('${a}')).toMatch('leads back to itself');
    const { problems, options } = resolvePlaceholders(
      'RocketMQModule "default"',
      { producer: { secretKey: 'very${none}secret' } },
      () => undefined,
    );
    expect(JSON.stringify(problems)).not.toMatch(/very|secret\b.*very/);
    expect(problems).toEqual([
      {
        where: 'RocketMQModule "default"',
        option: 'producer.secretKey',
        problem: 'the placeholder ${none} has no value',
        remedy: 'Set none (or NONE in the environment), or write a default: ${none:...}.',
      },
    ]);
    expect(options.producer.secretKey).toBe('very${none}secret');
  });

  it('are found in members, names of members and lists; instances and functions stay what they are', () => {
    const clock = new Date();
    const messageType = { '~standard': '${region}' };
    const { options } = resolvePlaceholders(
      'x',
      {
        clock,
        messageType,
        run: resolve,
        producer: { group: '${region}' },
        listeners: { '${region}': { t: '${off:false}' } },
        topic: ['${region}'],
      },
      (key) => values.get(key),
    );
    expect(options).toEqual({
      clock,
      messageType,
      run: resolve,
      producer: { group: 'eu' },
      listeners: { eu: { t: 'false' } },
      topic: ['eu'],
    });
    expect(options.clock).toBe(clock);
  });

  it('have names in an environment', () => {
    expect(environmentNames('rocketmq.name-server')).toEqual(['ROCKETMQ_NAME_SERVER', 'ROCKETMQ_NAMESERVER']);
    expect(environmentNames('rocketmq.producer.accessKey')).toEqual(['ROCKETMQ_PRODUCER_ACCESS_KEY', 'ROCKETMQ_PRODUCER_ACCESSKEY']);
    expect(environmentNames('plain')).toEqual(['PLAIN']);
  });
});
