// What the schematics write into an application's tree, whatever its modules look like. That it compiles and runs is shown on fresh applications
// by test/packages.
import { posix } from 'node:path';
import { listener, type ListenerSchematicOptions } from './listener.js';
import { addToModule } from './module-editor.js';
import { nestAdd } from './nest-add.js';
import { transactionListener } from './transaction-listener.js';
import type { Tree } from './tree.js';

const MODULE =
  "import { Module } from '@nestjs/common';\n\n@Module({\n  imports: [],\n  providers: [AppService],\n})\nexport class AppModule {}\n";

function application(files: Record<string, string> = {}) {
  const contents = new Map(Object.entries({ 'package.json': '{"name":"@acme/shop"}', 'src/app.module.ts': MODULE, ...files }));
  const tree: Tree = {
    exists: (path) => contents.has(path),
    read: (path) => (contents.has(path) ? Buffer.from(contents.get(path)!) : null),
    create: (path, text) => void contents.set(path, text),
    overwrite: (path, text) => void contents.set(path, text),
    getDir: (path) => ({
      subfiles: [...contents.keys()].filter((file) => posix.dirname(file) === path).map((file) => posix.basename(file)),
    }),
  };
  const warnings: string[] = [];
  const tasks: object[] = [];
  const context = {
    logger: { info: () => undefined, warn: (message: string) => void warnings.push(message) },
    addTask: (task: { toConfiguration(): object }) => tasks.push(task.toConfiguration()),
  };
  const generate = (options: ListenerSchematicOptions) => listener(options)(tree, context);
  return { contents, tree, context, warnings, tasks, generate, text: (path: string) => contents.get(path)! };
}

describe('listener', () => {
  it('gets a folder, a test and a place in the nearest module', () => {
    const app = application();
    app.generate({ name: 'orders' });
    expect(app.text('src/orders/orders.listener.ts')).toContain(
      "{ topic: 'orders', consumerGroup: 'orders-listener', messageType: OrdersMessage }",
    );
    expect(app.text('src/orders/orders.listener.spec.ts')).toContain("from './orders.listener';");
    expect(app.text('src/app.module.ts')).toBe(
      MODULE.replace("'@nestjs/common';", "'@nestjs/common';\nimport { OrdersListener } from './orders/orders.listener';").replace(
        '[AppService]',
        '[AppService, OrdersListener]',
      ),
    );
  });

  it('takes topic, group, folders, flat, the suffix of the test and the format of the application', () => {
    const app = application({ 'package.json': '{"type":"module"}', 'lib/billing/billing.module.ts': MODULE });
    const placed = { sourceRoot: 'lib', path: 'billing', flat: true, specFileSuffix: 'test' };
    app.generate({ name: 'paidOrders', topic: 'orders', group: 'billing', ...placed });
    expect(app.text('lib/billing/paid-orders.listener.ts')).toContain(
      "{ topic: 'orders', consumerGroup: 'billing', messageType: PaidOrdersMessage }",
    );
    expect(app.text('lib/billing/paid-orders.listener.test.ts')).toContain("from './paid-orders.listener.js';");
    expect(app.text('lib/billing/billing.module.ts')).toContain("import { PaidOrdersListener } from './paid-orders.listener.js';");
    expect(app.text('src/app.module.ts')).toBe(MODULE);
  });

  it('leaves the test and the module out when asked', () => {
    const app = application();
    app.generate({ name: 'billing/orders', spec: false, skipImport: true });
    expect([...app.contents.keys()].slice(2)).toEqual(['src/billing/orders/orders.listener.ts']);
    expect(app.text('src/app.module.ts')).toBe(MODULE);
  });

  it('says what to do where it cannot find the list of providers', () => {
    const computed = MODULE.replace('[AppService]', 'providers()');
    const app = application({ 'src/app.module.ts': computed });
    app.generate({ name: 'orders' });
    expect(app.warnings).toEqual([expect.stringContaining('Add OrdersListener to the providers of a module yourself.')]);
    expect(app.text('src/app.module.ts')).toBe(computed);
  });

  it('refuses to write over a file, to write JavaScript and a name without a letter', () => {
    expect(() => application({ 'src/orders/orders.listener.ts': '' }).generate({ name: 'orders' })).toThrow(
      'orders.listener.ts exists already',
    );
    expect(() => application().generate({ name: 'orders', language: 'js' })).toThrow('TypeScript, not js');
    expect(() => application().generate({ name: '42' })).toThrow('"42" is no name');
  });
});

describe('transaction-listener', () => {
  it('is written like a listener', () => {
    const app = application();
    transactionListener({ name: 'payments' })(app.tree, app.context);
    expect(app.text('src/payments/payments.transaction-listener.ts')).toContain('export class PaymentsTransactionListener implements');
    expect(app.text('src/app.module.ts')).toContain('providers: [AppService, PaymentsTransactionListener]');
  });
});

describe('nest-add', () => {
  it('adds the dependency and the module, with a group that RocketMQ takes', () => {
    const app = application();
    nestAdd({})(app.tree, app.context);
    expect(JSON.parse(app.text('package.json'))).toMatchObject({
      dependencies: { 'nest-rocketmq': expect.stringMatching(/^\^\d+\.\d+\.\d+/) },
    });
    expect(app.tasks).toEqual([{ name: 'node-package', options: expect.objectContaining({ command: 'install' }) }]);
    expect(app.text('src/app.module.ts')).toContain("import { RocketMQModule } from 'nest-rocketmq';\n");
    expect(app.text('src/app.module.ts')).toContain(
      "imports: [RocketMQModule.forRoot({\n      nameServer: process.env.ROCKETMQ_NAME_SERVER ?? '127.0.0.1:9876',\n      producer: { group: 'acme-shop' },\n    })],",
    );
  });

  it('does nothing twice', () => {
    const app = application();
    nestAdd({})(app.tree, app.context);
    const once = new Map(app.contents);
    nestAdd({})(app.tree, app.context);
    expect(app.contents).toEqual(once);
    expect(app.tasks).toHaveLength(1);
  });

  it('adds the embedded cluster in the version of the module', () => {
    const app = application({ 'package.json': '{"name":"shop","dependencies":{"nest-rocketmq":"^0.1.0","rxjs":"^7"}}' });
    nestAdd({ embedded: true, group: 'orders' })(app.tree, app.context);
    expect(Object.entries((JSON.parse(app.text('package.json')) as { dependencies: object }).dependencies)).toEqual([
      ['nest-rocketmq', '^0.1.0'],
      ['rocketmq-embedded', '^0.1.0'],
      ['rxjs', '^7'],
    ]);
    expect(app.text('src/app.module.ts')).toContain("embedded: true,\n      producer: { group: 'orders' }");
  });

  it('does not take the path of one package for another', () => {
    const app = application({ 'package.json': '{"dependencies":{"nest-rocketmq":"file:../nest-rocketmq.tgz"}}' });
    nestAdd({ embedded: true, skipInstall: true })(app.tree, app.context);
    expect(app.tasks).toEqual([]);
    expect(app.text('package.json')).toMatch(/"rocketmq-embedded": "\^\d/);
  });

  it('shows what to write where there is no root module', () => {
    const app = application({ 'src/app.module.ts': 'export class AppModule {}\n' });
    nestAdd({ nameServer: 'a:9876;b:9876' })(app.tree, app.context);
    expect(app.warnings).toEqual([expect.stringContaining("nameServer: 'a:9876;b:9876'")]);
  });
});

describe('addToModule', () => {
  const entry = { list: 'providers', expression: 'X', symbol: 'X', from: './x' } as const;
  it.each([
    ['no metadata', '@Module({})', '@Module({\n  providers: [X],\n})'],
    ['no list', '@Module({ imports: [A] })', '@Module({ imports: [A], providers: [X] })'],
    [
      'one of several lines',
      '@Module({\n  providers: [\n    A,\n    B,\n  ],\n})',
      '@Module({\n  providers: [\n    A,\n    B,\n    X,\n  ],\n})',
    ],
    ['no comma at the end', '@Module({\n  imports: [],\n  providers: [A]\n})', '@Module({\n  imports: [],\n  providers: [A, X]\n})'],
    ['decorators before it', '@Global()\n@Module({ providers: [] })', '@Global()\n@Module({ providers: [X] })'],
  ])('keeps the form of a module with %s', (_, before, after) => {
    expect(addToModule(`${before}\nexport class M {}\n`, entry)).toBe(`import { X } from './x';\n${after}\nexport class M {}\n`);
  });
});
