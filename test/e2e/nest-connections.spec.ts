// The Nest module's connections over a real cluster in the process: further templates, placeholders, what may stand in their way at boot.
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import {
  ExtRocketMQConsumerConfiguration,
  ExtRocketMQTemplateConfiguration,
  getRocketMQTemplateToken,
  InjectRocketMQTemplate,
  ListenerEnhancer,
  type Message,
  MessageExt,
  ROCKETMQ_LISTENER_ENHANCER,
  ROCKETMQ_MESSAGE_CONVERTER,
  ROCKETMQ_PLACEHOLDER_RESOLVER,
  RocketMQConfigurationError,
  RocketMQListenerRegistry,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQMessageListener,
  type RocketMQMessageListenerOptions,
  RocketMQModule,
  type RocketMQOptions,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

const { COMMIT, ROLLBACK, UNKNOWN } = RocketMQLocalTransactionState;
const open: INestApplicationContext[] = [];

async function boot(metadata: ModuleMetadata, options: { preview?: boolean } = {}): Promise<INestApplicationContext> {
  @Module(metadata)
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: process.env['E2E_LOG'] ? undefined : false,
    abortOnError: false,
    ...options,
  });
  open.push(app);
  return app;
}

async function refusal(metadata: ModuleMetadata): Promise<RocketMQConfigurationError> {
  const error = await boot(metadata).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(RocketMQConfigurationError);
  return error as RocketMQConfigurationError;
}

const groupOf = (template: RocketMQTemplate): string => template.getProducer().producerGroup;

let cluster: EmbeddedRocketMQ;
let options: RocketMQOptions;

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start({ brokerConfig: { transactionTimeOut: 50, transactionCheckInterval: 50 } });
  options = { nameServer: cluster.nameServer, producer: { group: 'shop', sendMessageTimeout: 4000, retryTimesWhenSendFailed: 5 } };
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.stop());

describe('further connections', () => {
  it('of forFeature take what they do not say from the default one, or from the one they name', async () => {
    @Injectable()
    class Sender {
      constructor(
        readonly main: RocketMQTemplate,
        @InjectRocketMQTemplate('audit') readonly audit: RocketMQTemplate,
        @InjectRocketMQTemplate('late') readonly late: RocketMQTemplate,
      ) {}
    }
    const received: string[] = [];

    @RocketMQMessageListener({ topic: 'feature-audits', consumerGroup: 'feature-auditors', connection: 'audit', messageType: String })
    class Auditor {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    // Imported before the connection they inherit from.
    const app = await boot({
      imports: [
        RocketMQModule.forFeatureAsync({
          name: 'late',
          connection: 'audit',
          useFactory: async () => ({ producer: { maxMessageSize: 1000 } }),
        }),
        RocketMQModule.forFeature({ name: 'audit', producer: { group: 'auditors', sendMessageTimeout: 5000 } }),
        RocketMQModule.forRoot(options),
      ],
      providers: [Sender, Auditor],
    });
    const { main, audit, late } = app.get(Sender);
    await audit.syncSend('feature-audits', 'a');
    await late.syncSend('feature-audits', 'b');
    await main.syncSend('feature-audits', 'c');
    await until(() => received.length >= 3);
    expect(received.toSorted()).toEqual(['a', 'b', 'c']);
    const settings = [main, audit, late].map((template) => template.getProducer());
    expect(
      settings.map((producer) => [
        producer.producerGroup,
        producer.sendMsgTimeout,
        producer.retryTimesWhenSendFailed,
        producer.maxMessageSize,
      ]),
    ).toEqual([
      ['shop', 4000, 5, 4194304],
      ['auditors', 5000, 5, 4194304],
      ['auditors', 5000, 5, 1000],
    ]);
  });

  it('are classes too, injected by class and by name, with a producer, a pull consumer or both', async () => {
    @ExtRocketMQTemplateConfiguration({
      value: 'audit',
      group: 'ext-audit',
      sendMessageTimeout: -1,
      retryNextServer: true,
      maxMessageSize: 2000,
    })
    @ExtRocketMQConsumerConfiguration({ group: 'ext-audit-reader', topic: 'ext-audits', selectorExpression: 'read' })
    class AuditTemplate extends RocketMQTemplate {
      async note(text: string): Promise<string> {
        return (await this.syncSend('ext-audits:read', text)).sendStatus;
      }
    }

    @ExtRocketMQTemplateConfiguration()
    class PlainTemplate extends RocketMQTemplate {
      constructor() {
        super();
        this.setCharset('UTF-8');
      }
    }

    @ExtRocketMQConsumerConfiguration({ topic: 'ext-audits', pullBatchSize: 3 })
    class ReaderTemplate extends RocketMQTemplate {}

    @Injectable()
    class Sender {
      constructor(
        readonly audit: AuditTemplate,
        @InjectRocketMQTemplate('audit') readonly same: RocketMQTemplate,
        readonly plain: PlainTemplate,
        readonly reader: ReaderTemplate,
      ) {}
    }
    const pullConsumer = { group: 'ext-default-reader', topic: 'ext-other' };
    const app = await boot({
      imports: [RocketMQModule.forFeature(AuditTemplate), RocketMQModule.forRoot({ ...options, pullConsumer })],
      providers: [Sender, PlainTemplate, ReaderTemplate],
    });
    const { audit, same, plain, reader } = app.get(Sender);
    expect(same).toBe(audit);
    expect(await audit.note('one')).toBe('SEND_OK');
    const { sendMsgTimeout, retryAnotherBrokerWhenNotStoreOK, maxMessageSize, retryTimesWhenSendFailed } = audit.getProducer();
    expect([groupOf(audit), sendMsgTimeout, retryAnotherBrokerWhenNotStoreOK, maxMessageSize, retryTimesWhenSendFailed]).toEqual([
      'ext-audit',
      4000,
      true,
      2000,
      5,
    ]);
    expect((await plain.syncSend('ext-audits:read', 'two')).sendStatus).toBe('SEND_OK');
    expect([groupOf(plain), plain.getProducer() === app.get(RocketMQTemplate).getProducer()]).toEqual(['shop', false]);
    expect([reader.getConsumer().consumerGroup, reader.getConsumer().pullBatchSize]).toEqual(['ext-default-reader', 3]);
    const texts: string[] = [];
    await until(async () => texts.push(...(await audit.receive(String, 500))) >= 2);
    expect(texts.toSorted()).toEqual(['one', 'two']);
    await expect(reader.syncSend('ext-audits', 'x')).rejects.toThrow('ReaderTemplate is without a producer: decorate the class with');
    await expect(plain.receive(String)).rejects.toThrow('PlainTemplate is without a pull consumer');
    await app.close();
    await expect(audit.note('late')).rejects.toThrow('AuditTemplate is closed already');
    await expect(new PlainTemplate().syncSend('x', 'y')).rejects.toThrow(
      'PlainTemplate is without a connection: import RocketMQModule.forRoot',
    );
  });

  it('share the cluster inside the process, and its clock and switches', async () => {
    @ExtRocketMQTemplateConfiguration({ group: 'inner' })
    class InnerTemplate extends RocketMQTemplate {}
    const app = await boot({
      imports: [RocketMQModule.forFeature({ name: 'more', producer: { group: 'more' } }), RocketMQModule.forRoot({ embedded: true })],
      providers: [InnerTemplate],
    });
    const more = app.get<RocketMQTemplate>(getRocketMQTemplateToken('more'), { strict: false });
    const results = [await app.get(InnerTemplate).syncSend('inner', 'x'), await more.syncSend('inner', 'x')];
    expect(results.map(({ sendStatus }) => sendStatus)).toEqual(['SEND_OK', 'SEND_OK']);
    expect(more.getProducer().namesrvAddr).toBe(app.get(InnerTemplate).getProducer().namesrvAddr);
    const off = await boot({
      imports: [RocketMQModule.forRoot({ enabled: false }), RocketMQModule.forFeature({ name: 'more' })],
      providers: [InnerTemplate],
    });
    await expect(off.get(InnerTemplate).syncSend('inner', 'x')).rejects.toThrow('InnerTemplate is disabled (enabled: false)');
    const registered = off.get(RocketMQListenerRegistry).register({ topic: 'inner', consumerGroup: 'inner' }, () => {});
    await expect(registered).rejects.toThrow('no listener can be registered: RocketMQ connection "default" is disabled (enabled: false)');
  });

  it('of a module loaded lazily are told of: Nest starts nothing there, but listeners can be registered', async () => {
    @RocketMQMessageListener({ topic: 'lazily', consumerGroup: 'lazily', messageType: String })
    class LazyListener {
      readonly texts: string[] = [];
      onMessage(text: string): void {
        this.texts.push(text);
      }
    }
    @Module({ imports: [RocketMQModule.forFeature({ name: 'late' })], providers: [LazyListener] })
    class LazyModule {}
    const app = await boot({ imports: [RocketMQModule.forRoot(options)] });
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    const late = lazy.get<RocketMQTemplate>(getRocketMQTemplateToken('late'), { strict: false });
    await expect(late.syncSend('lazily', 'x')).rejects.toThrow('LazyModuleLoader');
    const from = { consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET', messageType: String } as const;
    await app.get(RocketMQListenerRegistry).register({ topic: 'lazily', consumerGroup: 'lazily', ...from }, LazyListener);
    await app.get(RocketMQTemplate).syncSend('lazily', 'hello');
    await until(() => lazy.get(LazyListener).texts.length > 0);
    expect(lazy.get(LazyListener).texts).toEqual(['hello']);
  });

  it('connect with the first send where that is wanted, and nothing at all in a preview', async () => {
    const app = await boot({
      imports: [
        RocketMQModule.forRoot({ ...options, lazyConnect: true, pullConsumer: { group: 'lazy-reader', topic: 'lazy' } }),
        RocketMQModule.forRoot({ name: 'nowhere', nameServer: '127.0.0.1:1', lazyConnect: true }),
      ],
    });
    const template = app.get(RocketMQTemplate);
    expect(template.getProducer().clientId).toBeUndefined();
    const sent = await Promise.all([1, 2, 3].map((n) => template.syncSend('lazy', `${n}`)));
    expect(sent.map(({ sendStatus }) => sendStatus)).toEqual(['SEND_OK', 'SEND_OK', 'SEND_OK']);
    expect(template.getProducer().clientId).toBeDefined();
    const texts: string[] = [];
    await until(async () => texts.push(...(await template.receive(String, 500))) >= 3);
    expect(texts.toSorted()).toEqual(['1', '2', '3']);
    const nowhere = app.get<RocketMQTemplate>(getRocketMQTemplateToken('nowhere'), { strict: false });
    await expect(nowhere.syncSend('lazy', 'x', 500)).rejects.toThrow();
    await boot({ imports: [RocketMQModule.forRoot({ nameServer: '127.0.0.1:1' })] }, { preview: true });
  });
});

describe('placeholders, enhancers and converters', () => {
  it('are resolved by the ConfigService of the application, then by the environment', async () => {
    process.env['SHOP_REGION'] = 'eu';
    const config = { rocketmq: { producer: { group: 'configured' }, off: 'false' }, nameServer: cluster.nameServer };
    const received: string[] = [];

    @RocketMQMessageListener({
      topic: 'placed-${shop.region}',
      consumerGroup: '${no.group:placed-${also.none:group}}',
      messageType: String,
    })
    class Placed {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    @RocketMQMessageListener({ topic: 'placed-${shop.region}', consumerGroup: 'switched-off' })
    class Off {
      onMessage(_message: MessageExt): void {}
    }

    @ExtRocketMQTemplateConfiguration({ group: '${rocketmq.producer.group}-ext', tlsEnable: '${rocketmq.producer.tls-enable:false}' })
    class ExtTemplate extends RocketMQTemplate {}

    try {
      const app = await boot({
        imports: [
          ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => config] }),
          RocketMQModule.forRoot({
            nameServer: '${nameServer}',
            producer: { group: '${rocketmq.producer.group}', accessKey: '${rocketmq.producer.access-key:}', secretKey: '${none:}' },
            consumer: { listeners: { 'switched-off': { 'placed-${shop.region}': '${rocketmq.off}' } } },
          }),
        ],
        providers: [Placed, Off, ExtTemplate],
      });
      const template = app.get(RocketMQTemplate);
      await template.syncSend('placed-eu', 'x');
      await until(() => received.length >= 1);
      expect([groupOf(template), groupOf(app.get(ExtTemplate))]).toEqual(['configured', 'configured-ext']);
      const listeners = app.get(RocketMQListenerRegistry).list();
      expect(listeners.map((container) => [container.id, container.options.topic, container.options.consumerGroup])).toEqual([
        ['Placed', 'placed-eu', 'placed-group'],
      ]);
      const registry = app.get(RocketMQListenerRegistry);
      const late = await registry.register({ topic: 'placed-${shop.region}', consumerGroup: 'late-${none:group}' }, () => undefined);
      expect([late.options.topic, late.options.consumerGroup]).toEqual(['placed-eu', 'late-group']);
      await expect(registry.register({ topic: '${none}', consumerGroup: 'late' }, () => undefined)).rejects.toThrow(
        'topic: the placeholder ${none} has no value',
      );
    } finally {
      delete process.env['SHOP_REGION'];
    }
  });

  it('of the application count for every connection, wherever they stand', async () => {
    @RocketMQMessageListener({ topic: 'enhanced', consumerGroup: 'plain', messageType: Object })
    class Listener {
      readonly received: unknown[] = [];
      onMessage(payload: object): void {
        this.received.push(payload);
      }
    }

    @ListenerEnhancer({ order: 1 })
    class Suffix {
      enhance(given: Readonly<RocketMQMessageListenerOptions>, listener: { name: string }): RocketMQMessageListenerOptions {
        return { ...given, consumerGroup: `${given.consumerGroup}-${listener.name}` };
      }
    }
    const converter = {
      toBytes: (payload: unknown) => ({ body: Buffer.from(`<${JSON.stringify(payload)}>`), contentType: 'text/brackets' }),
      fromBytes: (body: Buffer) => JSON.parse(body.toString().slice(1, -1)) as unknown,
    };

    @Module({
      providers: [
        Suffix,
        {
          provide: ROCKETMQ_PLACEHOLDER_RESOLVER,
          useValue: { resolve: (key: string) => ({ server: cluster.nameServer, who: 'us' })[key] },
        },
        { provide: ROCKETMQ_MESSAGE_CONVERTER, useValue: converter },
        {
          provide: ROCKETMQ_LISTENER_ENHANCER,
          useValue: (given: RocketMQMessageListenerOptions) => ({ ...given, consumerGroup: `${given.consumerGroup}-\${who}` }),
        },
      ],
    })
    class ServicesModule {}

    const app = await boot({ imports: [ServicesModule, RocketMQModule.forRoot({ nameServer: '${server}' })], providers: [Listener] });
    expect(app.get(RocketMQListenerRegistry).list()[0]!.options.consumerGroup).toBe('plain-us-Listener');
    await app.get(RocketMQTemplate).syncSend('enhanced', { n: 1 });
    const { received } = app.get(Listener);
    await until(() => received.length >= 1);
    expect(received).toEqual([{ n: 1 }]);
  });
});

describe('transactions', () => {
  it('have listeners by topic, by the name of a template, and decisions written with the send', async () => {
    const asked: string[] = [];
    class Decider implements RocketMQLocalTransactionListener<string> {
      executeLocalTransaction(): RocketMQLocalTransactionState {
        asked.push(`${this.constructor.name} executes`);
        return UNKNOWN;
      }
      checkLocalTransaction(): RocketMQLocalTransactionState {
        asked.push(`${this.constructor.name} is asked`);
        return COMMIT;
      }
    }
    @RocketMQTransactionListener({ topic: ['tx-orders', '${none:tx-refunds}'] })
    class Orders extends Decider {}
    @RocketMQTransactionListener()
    class Others extends Decider {}
    @RocketMQTransactionListener({ rocketMQTemplateBeanName: 'auditTemplate' })
    class Audits extends Decider {}
    @ExtRocketMQTemplateConfiguration({ value: 'tx-audit', group: 'tx-audit' })
    class AuditTemplate extends RocketMQTemplate {}

    const received: string[] = [];
    @RocketMQMessageListener({ topic: 'tx-inline', consumerGroup: 'tx-readers', messageType: String })
    class Reader {
      onMessage(text: string): void {
        received.push(text);
      }
    }

    const app = await boot({ imports: [RocketMQModule.forRoot(options)], providers: [Orders, Others, Audits, AuditTemplate, Reader] });
    const template = app.get(RocketMQTemplate);
    for (const topic of ['tx-orders', 'tx-refunds', 'tx-rest']) await template.sendMessageInTransaction(topic, 'x', 'arg');
    await app.get(AuditTemplate).sendMessageInTransaction('tx-orders', 'x', 'arg');
    await until(() => new Set(asked).size >= 6);
    expect([...new Set(asked)].toSorted()).toEqual(
      ['Audits', 'Orders', 'Others'].flatMap((name) => [`${name} executes`, `${name} is asked`]).toSorted(),
    );

    const ended = await template.sendMessageInTransaction('tx-inline', 'committed', { execute: async () => COMMIT });
    expect(ended.localTransactionState).toBe('COMMIT_MESSAGE');
    await template.sendMessageInTransaction('tx-inline', 'rolled back', { execute: () => ROLLBACK });
    let checks = 0;
    await template.sendMessageInTransaction('tx-inline', 'checked', {
      execute: () => UNKNOWN,
      check: ({ payload }: Message<Buffer>) => (checks++, payload.toString() === 'checked' ? COMMIT : ROLLBACK),
    });
    await until(() => received.length >= 2);
    expect(received.toSorted()).toEqual(['checked', 'committed']);
    expect(checks).toBeGreaterThan(0);
    // What was written with the send is nobody else's: only the one of tx-rest has executed there.
    expect(asked.filter((line) => line === 'Others executes')).toHaveLength(1);
  });
});

describe('a boot that cannot work', () => {
  it('tells everything at once: options, listeners, placeholders, transactions, connections, a name server that does not answer', async () => {
    class NoHandler {}
    RocketMQMessageListener({ topic: 'orders', consumerGroup: 'no-handler' })(NoHandler as never);
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'both' })
    class BothModes {
      onMessage(_message: MessageExt): void {}
      onRequest(_message: MessageExt): void {}
    }
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'misspelt', consumeThreadNum: 3, consumeMode: 'ORDRLY' } as never)
    class Misspelt {
      onMessage(_message: MessageExt): void {}
    }
    @RocketMQMessageListener({ topic: 'orders-${nowhere.to.be.found}', consumerGroup: 'unresolved' })
    class Unresolved {
      onMessage(_message: MessageExt): void {}
    }
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'elsewhere', connection: 'nowhere' })
    class Elsewhere {
      onMessage(_message: MessageExt): void {}
    }
    @RocketMQMessageListener({ topic: 'orders', consumerGroup: 'forgotten' })
    class Forgotten {
      onMessage(_message: MessageExt): void {}
    }
    class Decider {
      executeLocalTransaction(): RocketMQLocalTransactionState {
        return COMMIT;
      }
      checkLocalTransaction(): RocketMQLocalTransactionState {
        return COMMIT;
      }
    }
    @RocketMQTransactionListener()
    class ForgottenDecider extends Decider {}
    @RocketMQTransactionListener()
    class FirstDecider extends Decider {}
    @RocketMQTransactionListener()
    class SecondDecider extends Decider {}
    @ExtRocketMQTemplateConfiguration({ connection: 'nowhere', group: 'wrong', sendTimeout: 3000, maxMessageSize: 0 } as never)
    class WrongTemplate extends RocketMQTemplate {}
    @ListenerEnhancer()
    class NoEnhancer {
      declare enhance: never;
    }
    @RocketMQMessageListener(undefined as never)
    class Bare {
      onMessage(): void {}
    }
    const secretKey = 'do-not-tell-${secret.nowhere}';

    const { message, details } = await refusal({
      imports: [
        RocketMQModule.forRoot({ nameServer: '127.0.0.1:1', unprovided: 'fail', producer: { group: 'shop', accessKey: 'k', secretKey } }),
        RocketMQModule.forRoot({ name: 'second', nameServer: 'nonsense', lazyConnect: 'yes' as never }),
        RocketMQModule.forRoot({ name: 'second', nameServer: cluster.nameServer }),
        RocketMQModule.forFeature({ name: 'feature', connection: 'nowhere', nameServer: cluster.nameServer }),
      ],
      providers: [NoHandler, BothModes, Misspelt, Unresolved, Elsewhere, FirstDecider, SecondDecider, WrongTemplate, NoEnhancer, Bare],
    });
    expect([Forgotten, ForgottenDecider]).toBeDefined();
    const lines = details.map(({ where, option, problem, remedy }) => `${where}: ${option}: ${problem}. ${remedy}`);
    const expected = [
      'RocketMQModule "second": name: "second" is set up 2 times. Keep one, which counts everywhere as it is global, or give each a name of its own.',
      'RocketMQModule "default": producer.secretKey: the placeholder ${secret.nowhere} has no value. Set secret.nowhere (or SECRET_NOWHERE in the environment), or write a default: ${secret.nowhere:...}.',
      'RocketMQModule "second": lazyConnect: "yes" is neither true nor false. Give true or false.',
      'RocketMQModule "second": nameServer: "nonsense": "nonsense" is no host:port. Give "host:port", several joined by ";".',
      'RocketMQModule "feature": connection: "nowhere" is no connection of this application.',
      'RocketMQModule "default": nameServer: no name server of 127.0.0.1:1 can be reached: ',
      'NoHandler: onMessage: is missing.',
      'BothModes: onRequest: stands beside onMessage.',
      'Misspelt: consumeThreadNum: is unknown.',
      'Misspelt: consumeMode: "ORDRLY" is unknown. Did you mean ORDERLY? Give one of CONCURRENTLY, ORDERLY.',
      'Unresolved: topic: the placeholder ${nowhere.to.be.found} has no value. Set nowhere.to.be.found (or NOWHERE_TO_BE_FOUND in the environment), or write a default: ${nowhere.to.be.found:...}.',
      'Elsewhere: connection: "nowhere" is no connection of this application.',
      'Forgotten: providers: the class has @RocketMQMessageListener and no module provides it, so nothing ever calls it. Add it to the providers of a module that is imported.',
      'ForgottenDecider: providers: the class has @RocketMQTransactionListener and no module provides it, so nothing ever calls it.',
      'FirstDecider and SecondDecider: rocketMQTemplateBeanName: the template of connection "default" has 2 transaction listeners without a topic.',
      'WrongTemplate: sendTimeout: is unknown.',
      'WrongTemplate: maxMessageSize: 0 is no integer within 1..2147483647.',
      'WrongTemplate: connection: "nowhere" is no connection of this application.',
      'NoEnhancer: enhance: is missing, or the provider is no singleton.',
      'Bare: topic: is missing.',
      'Bare: consumerGroup: is missing.',
    ];
    for (const line of expected) expect(lines).toContainEqual(expect.stringContaining(line));
    expect(lines.filter((line) => !expected.some((wanted) => line.startsWith(wanted)))).toEqual([]);
    expect(lines).toHaveLength(expected.length);
    expect(message).toMatch(`RocketMQModule cannot start, ${expected.length} options are wrong:`);
    expect(message).not.toMatch('do-not-tell');
  });

  it('can wait for a name server instead, and ends while it waits', async () => {
    @RocketMQMessageListener({ topic: 'waiting', consumerGroup: 'waiting' })
    class Waiting {
      onMessage(_message: MessageExt): void {}
    }
    const pullConsumer = { group: 'waiting-reader', topic: 'waiting' };
    const away = { nameServer: '127.0.0.1:1', startup: 'background', pullConsumer } as const;
    const app = await boot({ imports: [RocketMQModule.forRoot(away), RocketMQModule.forFeature({ name: 'more' })], providers: [Waiting] });
    await expect(app.get(RocketMQTemplate).syncSend('waiting', 'x')).rejects.toThrow('127.0.0.1:1');
    expect(app.get(RocketMQListenerRegistry).get(Waiting)!.isRunning).toBe(false);
    await app.close();
  });

  it('tells of every name server that does not answer, and closes what another connection has opened', async () => {
    const made: RocketMQTemplate[] = [];
    @Injectable()
    class Sender {
      constructor(template: RocketMQTemplate) {
        made.push(template);
      }
    }
    const failure = boot({
      imports: [
        RocketMQModule.forRoot(options),
        RocketMQModule.forRoot({ name: 'second', nameServer: '127.0.0.1:1' }),
        RocketMQModule.forRoot({ name: 'third', nameServer: '127.0.0.1:2' }),
      ],
      providers: [Sender],
    });
    await expect(failure).rejects.toThrow(
      /^RocketMQModule "second": no name server of 127.0.0.1:1 can be reached[^]*\nRocketMQModule "third": no name server of 127.0.0.1:2 can be reached/,
    );
    await expect(made[0]!.syncSend('x', 'y')).rejects.toThrow('closed already');
  });

  it('tells whose it is: of listeners that name one for themselves all, of the pull consumer', async () => {
    const elsewhere = (nameServer: string) => ({ topic: 'elsewhere', consumerGroup: `elsewhere-${nameServer.at(-1)}`, nameServer });
    @RocketMQMessageListener(elsewhere('127.0.0.1:1'))
    class First {
      onMessage(): void {}
    }
    @RocketMQMessageListener(elsewhere('127.0.0.1:2'))
    class Second {
      onMessage(): void {}
    }
    @RocketMQMessageListener({ ...elsewhere('127.0.0.1:3'), startup: 'background' })
    class Patient {
      onMessage(): void {}
    }
    @RocketMQMessageListener({ ...elsewhere('127.0.0.1:4'), nameServer: cluster.nameServer })
    class Sound {
      onMessage(): void {}
    }
    const remedy = "Start it, correct nameServer, or set startup: 'background' to start without it\\.";
    const failure = boot({ imports: [RocketMQModule.forRoot(options)], providers: [First, Second, Patient, Sound] });
    await expect(failure).rejects.toThrow(
      new RegExp(`^First: no name server of 127.0.0.1:1 can be reached: .* ${remedy}\nSecond: no name server of 127.0.0.1:2 .* ${remedy}$`),
    );
    const pullConsumer = { group: 'elsewhere', topic: 'elsewhere', nameServer: '127.0.0.1:1' };
    await expect(boot({ imports: [RocketMQModule.forRoot({ ...options, pullConsumer })] })).rejects.toThrow(
      /^RocketMQModule "default": pullConsumer: no name server of 127.0.0.1:1 can be reached: .* Start it/,
    );
  });

  it('refuses two templates of one name, and a group whose transactions a stranger would be asked about', async () => {
    @ExtRocketMQTemplateConfiguration({ value: 'audit' })
    class AuditTemplate extends RocketMQTemplate {}
    @RocketMQTransactionListener()
    class Decider {
      executeLocalTransaction(): RocketMQLocalTransactionState {
        return COMMIT;
      }
      checkLocalTransaction(): RocketMQLocalTransactionState {
        return COMMIT;
      }
    }
    const { details } = await refusal({
      imports: [RocketMQModule.forRoot(options), RocketMQModule.forFeature({ name: 'audit', producer: { group: 'other' } })],
      providers: [AuditTemplate, Decider],
    });
    expect(details.map(({ where, option, problem }) => `${where}: ${option}: ${problem}`)).toEqual([
      'AuditTemplate and RocketMQModule "audit": name: "audit" is set up 2 times',
      'AuditTemplate: producer.group: "shop" is also the group of RocketMQModule "default", whose transaction listener brokers could not ask here',
    ]);
    expect(() => RocketMQModule.forFeature({} as never)).toThrow('RocketMQModule.forFeature needs a name');
    expect(() => RocketMQModule.forRoot({ name: '' })).toThrow('RocketMQModule.forRoot needs a name');
    expect(() => RocketMQModule.forRootAsync({ name: '', useFactory: () => ({}) })).toThrow('RocketMQModule.forRootAsync needs a name');
    expect(() => RocketMQModule.forFeature(RocketMQTemplate)).toThrow('RocketMQTemplate has no @ExtRocketMQTemplateConfiguration()');
  });
});
