// The programs in docs/examples do what they say, each as a process of its own against a cluster of this repository, and every code block
// of the guides about them is a part of one of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultMQPushConsumer } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { NestFactory } from '@nestjs/core';
import { RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import { until } from '../support/until.js';
import { codeBlocks, read, root } from './documents.js';

interface Program {
  readonly output: () => string;
  /** SIGINT, as Ctrl-C sends it. */
  interrupt(): void;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

let cluster: EmbeddedRocketMQ;
/** Where the programs keep what belongs to their user. */
let home: string;
const children: ChildProcess[] = [];

function run(example: string): Program {
  const loader = ['--disable-warning=ExperimentalWarning', '--import', './test/support/ts-loader.mjs'];
  const child = spawn(process.execPath, [...loader, `docs/examples/${example}`, cluster.nameServer], {
    cwd: root,
    env: { ...process.env, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    output: () => output,
    interrupt: () => child.kill('SIGINT'),
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal))),
  };
}

const linesOf = (program: Program, start: string): string[] =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith(start))
    .toSorted();

/** Waits for what a program prints; a program that does not is shown with everything it did print. */
async function printed(program: Program, condition: () => boolean): Promise<void> {
  await until(condition).catch((error: unknown) => {
    throw new Error(`the program printed only:\n${program.output()}`, { cause: error });
  });
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'nrmq-examples-'));
  cluster = await EmbeddedRocketMQ.start({
    brokerConfig: { transactionTimeOut: 200, transactionCheckInterval: 200, enablePropertyFilter: true, recallMessageEnable: true },
  });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await cluster?.stop();
  await rm(home, { recursive: true, force: true });
});

describe('docs/examples', () => {
  it('producer.mjs and consumer.mjs', async () => {
    const producer = run('producer.mjs');
    expect([await producer.ended, producer.output()]).toEqual([0, expect.any(String)]);
    expect(producer.output().split('\n')).toEqual([
      expect.stringMatching(/^SEND_OK [0-9A-F]{32} [0-3] 0$/),
      'SEND_OK SEND_OK SEND_OK',
      '2 messages in a batch',
      'same queue',
      'RMQ_ILLEGAL_MESSAGE retryable: false answer code: none - Correct the message; nothing was sent.',
      '',
    ]);
    const consumer = run('consumer.mjs');
    await printed(consumer, () => linesOf(consumer, 'billing').length >= 7 && linesOf(consumer, 'audit').length >= 4);
    expect(linesOf(consumer, 'billing')).toEqual([
      'billing order-1 paid: hello',
      'billing order-1 parcel-7 shipped: {"id":"order-1","amount":42}',
      'billing order-5 paid: late',
      'billing order-6 paid: six',
      'billing order-7 paid: seven',
      'billing order-8 paid: eight',
      'billing order-9 paid: nine',
    ]);
    expect(linesOf(consumer, 'audit')).toEqual([10, 2, 3, 4].map((n) => `audit order-${n} at attempt 2`));
    consumer.interrupt();
    expect([await consumer.ended, linesOf(consumer, 'closed')]).toEqual([0, ['closed']]);
  });

  // After producer.mjs: its messages are what is consumed.
  it('consumer-modes.mjs', async () => {
    const consumer = run('consumer-modes.mjs');
    const keys = (start: string): string[] =>
      linesOf(consumer, start).map((line) =>
        line
          .split(' ')
          .slice(start === 'ledger' ? 3 : 1)
          .join(' '),
      );
    await printed(consumer, () => keys('ledger').length >= 6 && keys('cache').length >= 11);
    expect(keys('ledger').toSorted()).toEqual([1, 5, 6, 7, 8, 9].map((n) => `order-${n}`));
    expect(keys('cache').toSorted()).toEqual(
      ['order-1', 'order-1 parcel-7', ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `order-${n}`)].toSorted(),
    );
    consumer.interrupt();
    expect([await consumer.ended, linesOf(consumer, 'closed')]).toEqual([0, ['closed']]);
    const [member] = await readdir(join(home, '.rocketmq_offsets'));
    expect(member).toMatch(/@cache-1$/);
  });

  it('nest-producer.ts', async () => {
    const producer = run('nest-producer.ts');
    expect([await producer.ended, producer.output()]).toEqual([0, expect.any(String)]);
    expect(producer.output().split('\n').toSorted()).toEqual(
      ['SEND_OK', '2 messages in a batch', 'stored true', 'RMQ_ILLEGAL_MESSAGE - Correct the message; nothing was sent.', ''].toSorted(),
    );
  });

  it('nest-consumer.ts', async () => {
    const shop = await NestFactory.createApplicationContext(
      RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: 'shop' } }),
      { logger: false },
    );
    const dead: string[] = [];
    const deadLetters = new DefaultMQPushConsumer({
      consumerGroup: 'dead',
      namesrvAddr: cluster.nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      pollNameServerInterval: 500,
    });
    const consumer = run('nest-consumer.ts');
    try {
      const template = shop.get(RocketMQTemplate);
      for (const order of [
        { id: 'order-busy', amount: 1 },
        { id: 'order-wrong', amount: -1 },
      ])
        await template.syncSend('orders:paid', order);
      deadLetters.subscribe('%DLQ%invoices');
      deadLetters.registerMessageListener((messages) => {
        for (const message of messages) dead.push(message.text());
        return 'CONSUME_SUCCESS';
      });
      await deadLetters.start();
      await printed(consumer, () => linesOf(consumer, 'invoice order-busy').length > 0);
      expect(linesOf(consumer, 'invoice order-busy')).toEqual(['invoice order-busy paid at attempt 2']);
      await until(() => dead.some((text) => text.includes('order-wrong')), 30_000);
      expect(linesOf(consumer, 'invoice order-wrong')).toEqual([]);
      consumer.interrupt();
      expect(['SIGINT', 0, 130]).toContain(await consumer.ended);
    } finally {
      await deadLetters.shutdown();
      await shop.close();
    }
  });

  it('transactions.mjs', async () => {
    const program = run('transactions.mjs');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    expect(linesOf(program, 'order')).toEqual(['order-1 COMMIT_MESSAGE', 'order-2 ROLLBACK_MESSAGE', 'order-3 UNKNOW']);
    expect(linesOf(program, 'asked')).toEqual(['asked about order-3']);
    expect(linesOf(program, 'delivered')).toEqual([expect.stringMatching(/^delivered (order-1 order-3|order-3 order-1)$/)]);
  });

  it('nest-from-spring.ts', async () => {
    const program = run('nest-from-spring.ts');
    await printed(program, () => linesOf(program, 'billed').length >= 6 && linesOf(program, 'costs').length >= 1);
    expect(linesOf(program, 'billed')).toEqual([
      ...['', '', '', 'order-1', 'order-1'].map((keys) => `billed order-1 42 ${keys} attempt 1`),
      'billed order-2 -7  attempt 2',
    ]);
    const rest = ['sent SEND_OK', 'sent later SEND_OK', 'paid COMMIT_MESSAGE', 'costs 42'];
    expect(rest.map((line) => linesOf(program, line))).toEqual(rest.map((line) => [line]));
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-from-bullmq.ts', async () => {
    const program = run('nest-from-bullmq.ts');
    await printed(program, () => linesOf(program, 'sent again').length > 0 && linesOf(program, 'welcome').length >= 2);
    await printed(program, () => linesOf(program, 'reminder').length >= 3);
    expect(linesOf(program, 'welcome')).toEqual(['welcome ada@example.org at attempt 1', 'welcome busy@example.org at attempt 2']);
    expect(linesOf(program, 'reminder')).toEqual(
      ['ada@example.org soon', 'bob@example.org all', 'eve@example.org all'].map((text) => `reminder ${text}`),
    );
    expect(linesOf(program, 'failed')).toEqual(
      expect.arrayContaining(['busy@example.org', 'nobody'].map((to) => `failed welcome-${to} at attempt 1`)),
    );
    expect(linesOf(program, 'sent again')).toEqual(['sent again 1']);
    const rest = ['preview Dear ada@example.org, hello', 'given up nobody inFlight consumed failed lag'];
    expect(rest.map((line) => linesOf(program, line))).toEqual(rest.map((line) => [line]));
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-from-golevelup.ts', async () => {
    const program = run('nest-from-golevelup.ts');
    const lines = (start: string): string[] => linesOf(program, start);
    await printed(program, () => lines('invoice').length >= 3 && lines('counted').length >= 6 && lines('audited').length >= 6);
    await printed(program, () => lines('total').length > 0 && lines('forgotten').length > 0);
    expect(lines('published')).toEqual([1, 2, 3, 4, 5].map((n) => `published s${n} SEND_OK`));
    expect(lines('invoice')).toEqual(
      ['s1 for Ada at attempt 1', 's2 for Bob at attempt 2', 's6 for Joe at attempt 1'].map((text) => `invoice ${text}`),
    );
    expect(lines('counted')).toEqual([1, 2, 3, 4, 5, 6].map((n) => `counted s${n}`));
    expect(lines('audited')).toEqual(
      ['s1 paid', 's2 paid', 's3 shipped', 's4 shipped', 's5 cancelled', 's6 paid'].map((text) => `audited ${text}`),
    );
    const rest = ['no invoice for s5', 'forgotten s5', 'total 21'];
    expect(rest.map((line) => lines(line))).toEqual(rest.map((line) => [line]));
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-transactions.ts', async () => {
    const program = run('nest-transactions.ts');
    expect([await program.ended, linesOf(program, 'order')]).toEqual([0, ['order-7 COMMIT_MESSAGE', 'order-8 ROLLBACK_MESSAGE']]);
    expect(linesOf(program, 'refund')).toEqual(['refund of order-7 COMMIT_MESSAGE']);
  });

  it('nest-connections.ts', async () => {
    const program = run('nest-connections.ts');
    expect([await program.ended, linesOf(program, 'sent')]).toEqual([0, ['sent by example-audit, example-reports, example-shop']]);
  });

  it('delay.mjs', async () => {
    const program = run('delay.mjs');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    const rang = ['level 1000', 'milliseconds 1250', 'moment 1500', 'past 0', 'seconds 2000'];
    expect(linesOf(program, 'rings').map((line) => line.replace(/ (in time|late)$/, ''))).toEqual(rang.map((text) => `rings ${text}`));
    expect(linesOf(program, 'recalled')).toEqual(['recalled true']);
    expect(linesOf(program, 'refused')).toEqual(['refused 13 timer message illegal']);
    expect(program.output()).toMatch(/\n5 rang\n$/);
  });

  it('nest-delay.ts', async () => {
    const program = run('nest-delay.ts');
    await printed(program, () => linesOf(program, 'reminded of').length >= 5);
    const ways = ['date', 'milliseconds', 'moment', 'orderly', 'seconds'];
    expect(linesOf(program, 'reminded of')).toEqual(ways.map((how) => `reminded of order-1 ${how}`));
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-idempotency.ts', async () => {
    const program = run('nest-idempotency.ts');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    expect(program.output()).toMatch(/^charged order-\d+ 42\nduplicates 2\n$/);
  });

  it('nest-dead-letters.ts', async () => {
    const program = run('nest-dead-letters.ts');
    await printed(program, () => linesOf(program, 'cleared').length >= 3 && linesOf(program, 'kept').length >= 2);
    expect(linesOf(program, 'cleared')).toEqual(['cleared p1', 'cleared p2', 'cleared p3']);
    expect(linesOf(program, 'kept')).toEqual(['kept p2 {"id":"p2","country":"FR"}', 'kept p3 {"id":"p3","country":"FR"}']);
    expect(linesOf(program, 'letter')).toEqual(['p2', 'p3'].map((id) => `letter ${id} of parcels, given up by customs`));
    await printed(program, () => linesOf(program, 'sent again').length > 0);
    expect(linesOf(program, 'sent again')).toEqual(['sent again 2, failed 0']);
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-outbox.ts', async () => {
    const program = run('nest-outbox.ts');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    expect(linesOf(program, 'bought')).toEqual(['bought p1', 'bought p3']);
    expect(linesOf(program, 'refused')).toEqual(['refused: p2 is above the limit']);
    expect(linesOf(program, 'taken')).toEqual(['p1', 'p3'].map((id) => `taken from stock for ${id}`));
    expect(linesOf(program, 'purchases')).toEqual(['purchases p1 p3 books 8']);
  });

  it('sql-filter.mjs', async () => {
    const program = run('sql-filter.mjs');
    await printed(program, () => linesOf(program, 'by SQL').length >= 2 && linesOf(program, 'by tags').length >= 4);
    expect(linesOf(program, 'by SQL')).toEqual(['by SQL 150 eu', 'by SQL 250 us']);
    expect(linesOf(program, 'by tags')).toEqual(['150 eu', '250 us', '350 asia', '50 eu'].map((text) => `by tags ${text}`));
    expect(linesOf(program, 'SQL92')).toEqual(['SQL92 expression, line 1, column 25: "!" means nothing here; write <> for "not equal"']);
    expect(linesOf(program, 'alone')).toEqual(['alone true null error']);
    program.interrupt();
    expect([await program.ended, linesOf(program, 'closed')]).toEqual([0, ['closed']]);
  });

  it('nest-sql-filter.ts', async () => {
    const program = run('nest-sql-filter.ts');
    await printed(program, () => linesOf(program, 'large sale').length >= 1);
    expect(linesOf(program, 'large sale')).toEqual(['large sale 150']);
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });
});

describe('docs/examples, the Nest way', () => {
  it('nest-listeners.ts', async () => {
    const program = run('nest-listeners.ts');
    const lines = (start: string): string[] => linesOf(program, start);
    await printed(program, () => lines('lost').length >= 3 && lines('booked').length >= 3 && lines('counted').length > 0);
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
    expect(lines('batch from').length).toBeGreaterThanOrEqual(2);
    const others = program
      .output()
      .split('\n')
      .filter((line) => !line.startsWith('batch from') && line !== '');
    expect(others.toSorted()).toEqual([
      'booked b1 at attempt 1',
      'booked b2 at attempt 2',
      'booked b3 at attempt 1',
      'counted 42',
      'lost k2',
      'lost k4',
      'lost k5',
      'p1 of 120 g by bike to shelf 7 k1',
      'p3 left to Ada at attempt 1',
      'timed 32',
    ]);
  });
});

describe('docs/examples, typed and watched', () => {
  it('nest-typed-topics.ts', async () => {
    const program = run('nest-typed-topics.ts');
    await printed(program, () => linesOf(program, 'billed').length > 0 && linesOf(program, 'released').length > 0);
    const starts = ['sent', 'refused', 'billed', 'reserved', 'released'];
    expect(starts.map((start) => linesOf(program, start))).toEqual([
      ['sent SEND_OK'],
      ['refused 1 of o2: amount'],
      ['billed o1 12, due in 2027'],
      ['reserved o1'],
      ['released o1'],
    ]);
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
  });

  it('nest-observability.ts', async () => {
    const program = run('nest-observability.ts');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    const [sent, billed] = ['sent o1', 'billed o1'].map((start) => linesOf(program, start)[0]);
    expect(sent).toMatch(/in trace [0-9a-f]{32}$/);
    expect(billed?.split(' ').at(-1)).toBe(sent?.split(' ').at(-1));
    expect(linesOf(program, 'health')).toEqual(['health down while the listener waits', 'health up while it runs']);
    expect(linesOf(program, 'BillingListener')).toEqual([expect.stringMatching(/^BillingListener CONSUMED paid in [\d.]+ ms$/)]);
    expect(linesOf(program, 'rocketmq_consumer')).toEqual([
      'rocketmq_consumer_deliveries_total{listener="BillingListener",group="watched-billing",topic="watched-orders",outcome="consumed"} 1',
    ]);
  });
});

describe('docs/examples, as a transport', () => {
  it('nest-microservices.ts', async () => {
    const program = run('nest-microservices.ts');
    await printed(program, () => linesOf(program, 'late answers').length > 0 && linesOf(program, 'free again').length > 0);
    program.interrupt();
    expect(['SIGINT', 0, 130]).toContain(await program.ended);
    expect(program.output().split('\n').toSorted()).toEqual(
      [
        'SEND_OK',
        'SEND_OK',
        'sold t1 for Hamlet, keys t1',
        '12 seats; last of several: seat A3',
        'refused: 404 no show Macbeth',
        'no answer: true',
        'late answers: 0',
        'free again t3 at attempt 2',
        '',
      ].toSorted(),
    );
  });
});

describe('docs/examples, pulling', () => {
  it('pull-consumer.mjs', async () => {
    const program = run('pull-consumer.mjs');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    expect(program.output().split('\n')).toEqual(['sum of the even ones: 110', 'waited for: 21', 'archived 21', '']);
  });

  it('lite-pull-consumer.mjs', async () => {
    const program = run('lite-pull-consumer.mjs');
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
    expect(program.output().split('\n')).toEqual([
      'booked 30',
      'again: 26 27 28 29 30',
      'while paused: 0',
      'resumed: 31',
      'first sale: 1',
      'sales until a minute later: 31',
      '',
    ]);
  });
});

describe('README.md', () => {
  it('shows the program apps/demo/src/readme-example', () => {
    const squeeze = (code: string): string => code.replaceAll(/\s+/g, '').replaceAll(/,([}\])])/g, '$1');
    const [block] = codeBlocks(read('README.md'), 'ts');
    expect(squeeze(read('apps/demo/src/readme-example/main.ts'))).toContain(squeeze(block!));
  });
});

describe('docs/examples, queries', () => {
  it('query.mjs', async () => {
    const query = run('query.mjs');
    expect([await query.ended, query.output()]).toEqual([0, expect.any(String)]);
    expect(query.output().split('\n')).toEqual([
      'invoice 1, invoice 2',
      '1 of the last hour, missing brokers: 0',
      'invoice 1 true',
      'RMQ_MESSAGE_NOT_FOUND 208',
      '0 true',
      'SEND_OK 40 messages in 2 batches',
      '',
    ]);
  });
});

describe('code blocks of the guides', () => {
  const names = [
    'producer.mjs',
    'consumer.mjs',
    'consumer-modes.mjs',
    'nest-producer.ts',
    'nest-consumer.ts',
    'transactions.mjs',
    'query.mjs',
    'nest-transactions.ts',
    'nest-connections.ts',
    'sql-filter.mjs',
    'nest-sql-filter.ts',
    'delay.mjs',
    'nest-delay.ts',
    'pull-consumer.mjs',
    'lite-pull-consumer.mjs',
    'nest-microservices.ts',
    'nest-idempotency.ts',
    'nest-dead-letters.ts',
    'nest-listeners.ts',
    'nest-from-spring.ts',
    'nest-from-bullmq.ts',
    'nest-from-golevelup.ts',
    'nest-outbox.ts',
    'nest-typed-topics.ts',
    'nest-observability.ts',
  ];
  // What a guide shows of few things is few blocks.
  const short = new Set(['typed-topics', 'observability', 'configuration', 'idempotency', 'outbox', 'dead-letters']);
  const programs = names.map((name) => read(`docs/examples/${name}`));

  it.each([
    'producer',
    'consumer',
    'query',
    'transactions',
    'filters',
    'delay',
    'pull-consumer',
    'microservices',
    'idempotency',
    'dead-letters',
    'listeners',
    'configuration',
    'spring-migration',
    'migrating-from-bullmq',
    'migrating-from-golevelup',
    'outbox',
    'typed-topics',
    'observability',
  ])('docs/guides/%s.md shows parts of the programs', (guide) => {
    const blocks = codeBlocks(read(`docs/guides/${guide}.md`), 'ts');
    expect(blocks.length).toBeGreaterThan(short.has(guide) ? 2 : 5);
    expect(blocks.filter((block) => !programs.some((program) => program.includes(block)))).toEqual([]);
  });

  it('docs/guides/spring-migration.md shows Java that the interop suite compiles', () => {
    const squeeze = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();
    const compiled = squeeze(read('test/interop/spring/MigrationGuide.java'));
    const blocks = codeBlocks(read('docs/guides/spring-migration.md'), 'java').map(squeeze);
    expect(blocks.length).toBeGreaterThan(5);
    expect(blocks.filter((block) => !compiled.includes(block))).toEqual([]);
  });
});
