import { ConfigError } from 'rocketmq-core/errors';
import { APACHE_BROKER_KEYS, APACHE_NAMESRV_KEYS } from './apache-keys.js';
import { bool, int, list, long, oneOf, path, ratio, text } from './config-key.js';
import { applyConfigUpdate, loadConfig, parseConfigUpdate, printConfig } from './config-schema.js';

const schema = {
  listenPort: int({ default: 9876, min: 0, max: 65_535, doc: 'Port.', important: true }),
  mappedFileSize: long({ default: 2 ** 30, min: 1, unit: 'bytes', doc: 'Size.' }),
  autoCreate: bool({ default: true, doc: 'Create.', hot: true }),
  role: oneOf(['ASYNC_MASTER', 'SYNC_MASTER', 'SLAVE'], { default: 'ASYNC_MASTER', doc: 'Role.' }),
  storePath: path({ default: '${user.home}/store', doc: 'Store.' }),
  names: list({ default: ['a'], doc: 'Names.' }),
  share: ratio({ default: 0.5, max: 1, doc: 'Share.' }),
  secretKey: text({ default: '', secret: true, doc: 'Secret.' }),
};
const environment = { homeDirectory: '/home/u', variables: { ROCKETMQ_HOME: '/opt/rmq' } };
const load = (content: string, more: Partial<Parameters<typeof loadConfig<typeof schema>>[1]> = {}) =>
  loadConfig(schema, { where: 'test.conf', text: content, environment, ...more });

function problemsOf(action: () => unknown): Record<string, string> {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.problems.map(({ key, problem }) => [key, problem]));
    throw error;
  }
  throw new Error('no ConfigError');
}

describe('loadConfig', () => {
  it('gives defaults with placeholders replaced', () => {
    const { config, givenKeys, unknownKeys } = loadConfig(schema, { where: 'options', environment });
    expect(config).toEqual({
      listenPort: 9876,
      mappedFileSize: 1073741824,
      autoCreate: true,
      role: 'ASYNC_MASTER',
      storePath: '/home/u/store',
      names: ['a'],
      share: 0.5,
      secretKey: '',
    });
    expect(givenKeys.size).toBe(0);
    expect(unknownKeys).toEqual([]);
  });

  it('reads a file: blanks around values do not count, flags win over it, options over both', () => {
    const { config, givenKeys } = load('listenPort = 1 \nautoCreate=FALSE\nrole=SLAVE\nnames= x ; y;;\nstorePath=${ROCKETMQ_HOME}/s', {
      overrideTexts: { listenPort: '2', share: '1', role: undefined },
      overrides: { share: 0.25 },
    });
    expect(config).toMatchObject({
      listenPort: 2,
      autoCreate: false,
      role: 'SLAVE',
      names: ['x', 'y'],
      storePath: '/opt/rmq/s',
      share: 0.25,
    });
    expect([...givenKeys].toSorted()).toEqual(['autoCreate', 'listenPort', 'names', 'role', 'share', 'storePath']);
  });

  it('refuses every bad value at once, by name, with what was found and the range', () => {
    const problems = problemsOf(() =>
      load('listenPort=70000\nmappedFileSize=abc\nautoCreate=yes\nrole=slave\nshare=2\nstorePath=${NO_SUCH}/x\nsecretKey=a\\u0000b'),
    );
    expect(problems).toEqual({
      listenPort: '"70000" is no integer within 0..65535',
      mappedFileSize: '"abc" is no integer within 1..9007199254740991 bytes',
      autoCreate: '"yes" is neither true nor false',
      role: '"slave" is none of ASYNC_MASTER, SYNC_MASTER, SLAVE',
      share: '"2" is no number within 0..1',
      storePath: '${NO_SUCH} is not set in the environment',
      secretKey: '"a\\u0000b" contains a control character',
    });
  });

  it.each(['', '1.5', '0x10', '1e3', '9'.repeat(30), '-1', 'NaN'])('refuses the port %j', (value) => {
    expect(problemsOf(() => load(`listenPort=${value}`))).toHaveProperty('listenPort');
  });

  it('refuses options of the wrong type and options nobody knows', () => {
    const problems = problemsOf(() =>
      loadConfig(schema, { where: 'options', environment, overrides: { listenPort: '1', lisenPort: 1 } as never }),
    );
    expect(Object.keys(problems).toSorted()).toEqual(['lisenPort', 'listenPort']);
  });

  it('separates unknown keys from those only Apache uses', () => {
    const loaded = load('serverWorkerThreads=8\nlistenPrt=1\n__proto__=x', { knownKeys: APACHE_NAMESRV_KEYS });
    expect(loaded.unusedKeys).toEqual(['serverWorkerThreads']);
    expect(loaded.unknownKeys).toEqual(['listenPrt', '__proto__']);
  });

  it('runs checks across keys only on good values', () => {
    const refine = (config: { listenPort: number }) => (config.listenPort === 5 ? [{ key: 'listenPort', problem: 'five' }] : []);
    expect(problemsOf(() => load('listenPort=5', { refine }))).toEqual({ listenPort: 'five' });
    expect(problemsOf(() => load('listenPort=5\nshare=9', { refine }))).toEqual({ share: '"9" is no number within 0..1' });
  });

  it('refuses a huge file and a malformed one', () => {
    expect(problemsOf(() => load('a'.repeat(1024 * 1024 + 1)))['(file)']).toContain('the limit is 1048576');
    expect(problemsOf(() => load('a=\\uzzzz'))['(file)']).toContain('line 1');
  });
});

describe('printConfig', () => {
  it('lists keys in order, masks secrets, and only important ones when asked', () => {
    const { config } = load('secretKey=hush');
    const printed = printConfig(schema, config);
    expect(printed.split('\n')[0]).toBe('autoCreate=true');
    expect(printed).toContain('secretKey=******\n');
    expect(printed).not.toContain('hush');
    expect(printConfig(schema, config, { importantOnly: true })).toBe('listenPort=9876\n');
  });
});

describe('config update', () => {
  it('checks before it changes anything', () => {
    const { config } = load('');
    expect(problemsOf(() => parseConfigUpdate(schema, 'update', 'autoCreate=false\nlistenPort=x', environment))).toHaveProperty(
      'listenPort',
    );
    expect(config.autoCreate).toBe(true);
    const update = parseConfigUpdate(schema, 'update', 'autoCreate=false\nother=1', environment);
    applyConfigUpdate(config, update);
    expect(config.autoCreate).toBe(false);
    expect(update.unknownKeys).toEqual(['other']);
  });
});

describe('the declaration itself', () => {
  it('refuses a default outside its range', () => {
    expect(() => int({ default: -1, doc: 'x' })).toThrow('default');
  });

  it('knows keys of all four Apache broker objects', () => {
    for (const key of ['brokerName', 'flushDiskType', 'listenPort', 'connectTimeoutMillis', 'namesrvAddr'])
      expect(APACHE_BROKER_KEYS.has(key)).toBe(true);
  });
});
