// The schematics by Nest's own command line, in applications its own generator has written: what they write compiles, passes its tests and
// consumes messages. Must never call a schematic directly.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { type FreshApp, registryAnswers, Workbench } from './support/fresh-app.js';

const described = (await registryAnswers()) ? describe : describe.skip;

const packages = (version: number): string[] => [
  ...['common', 'core', 'testing', 'platform-express'].map((name) => `@nestjs/${name}@${version}`),
  'reflect-metadata@0.2',
  'rxjs@7',
  '@types/node@20',
  'nest-rocketmq',
  'rocketmq-core',
];

/** Boots the generated module, sends to the topic of the generated listener and waits for the line it logs. */
const program = (suffix: string): string => `import { NestFactory } from '@nestjs/core';
import { RocketMQTemplate } from 'nest-rocketmq';
import { AppModule } from './app.module${suffix}';

async function main(): Promise<void> {
  let tell!: (line: string) => void;
  const consumed = new Promise<string>((resolve) => (tell = resolve));
  const log = (line: unknown): void => {
    if (String(line).endsWith(': order-1')) tell('consumed');
  };
  const app = await NestFactory.createApplicationContext(AppModule, { logger: { log, error: console.error, warn: log } });
  await app.get(RocketMQTemplate).syncSend('paid-orders', { id: 'order-1' });
  console.log(await consumed);
  await app.close();
}

void main();
`;

described('schematics', () => {
  let bench: Workbench;
  let cluster: EmbeddedRocketMQ;

  beforeAll(async () => {
    [bench, cluster] = await Promise.all([Workbench.open(), EmbeddedRocketMQ.start()]);
  });
  afterAll(async () => {
    await Promise.all([bench?.close(), cluster?.stop()]);
  });

  const read = (app: FreshApp, file: string): Promise<string> => readFile(join(app.directory, file), 'utf8');

  it.each([
    { type: 'esm', version: 12, format: 'es6' },
    { type: 'cjs', version: 11, format: 'commonjs' },
  ] as const)('work in a $type application on Nest $version', async ({ type, version, format }) => {
    const app = await bench.generated(`shop-${type}`, type, packages(version));
    await app.nest('add', 'nest-rocketmq', '--skip-install', `--name-server=${cluster.nameServer}`, `--group=shop-${type}`);
    expect(await read(app, 'src/app.module.ts')).toContain(`nameServer: '${cluster.nameServer}'`);

    expect(await app.nest('generate', '--collection', 'nest-rocketmq', 'listener', 'paidOrders')).toMatch(
      /CREATE.*paid-orders\.listener\.spec\.ts/,
    );
    await app.nest('g', '-c', 'nest-rocketmq', 'transaction-listener', 'payments', 'billing', '--flat');
    expect(await read(app, 'src/billing/payments.transaction-listener.spec.ts')).toContain('PaymentsTransactionListener');
    await app.nest('g', '-c', 'nest-rocketmq', 'rl', 'audit', '--no-spec');
    await expect(read(app, 'src/audit/audit.listener.spec.ts')).rejects.toThrow('ENOENT');

    await app.write('src/try.ts', program(type === 'esm' ? '.js' : ''));
    await app.write('tsconfig.app.json', { extends: './tsconfig.json', compilerOptions: { types: ['node', 'jest'] }, include: ['src'] });
    expect(await app.compile('tsconfig.app.json')).toBe('');
    expect(await app.jest(format, {})).toMatch('3 passed');
    expect((await app.node('dist/src/try.js')).trim()).toBe('consumed');
  });

  it('take topic and group by the command line of the schematics', async () => {
    const app = await bench.generated('shop-options', 'esm', ['nest-rocketmq', 'rocketmq-core']);
    const generator = join(import.meta.dirname, '../../node_modules/@angular-devkit/schematics-cli/bin/schematics.js');
    await app.node(generator, 'nest-rocketmq:listener', 'orders', '--topic=shop-orders', '--group=billing', '--source-root=src');
    expect(await read(app, 'src/orders/orders.listener.ts')).toContain(
      "{ topic: 'shop-orders', consumerGroup: 'billing', messageType: OrdersMessage }",
    );
    expect(await app.outputOf(generator, 'nest-rocketmq:listener', 'stock', '--topic=not a topic')).toMatch('pattern');
  });
});
