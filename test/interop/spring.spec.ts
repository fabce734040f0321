// An application of rocketmq-spring 2.3.5 and a Nest application exchange every kind of message in both directions, on a broker of ours and
// on Apache's. Each test reads one kind off what both were told.
import type { MessageExt, SendResult } from 'rocketmq-core';
import { read, section, tableRows } from '../docs/documents.js';
import { type JavaLine, type JavaRun, startJava } from './support/java-program.js';
import { type NestApp, startConsumer, startNest } from './support/our-clients.js';
import { describeWithPeers, SPRING } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { askEveryWay, Heard, partnerProviders, sendEveryKind, SPRING_GROUP, TOPICS, topicsJson } from './support/spring-partner.js';
import { Workspace } from './support/workspace.js';

/** Transactions are asked about soon; Apache's copies need a round for themselves. */
const conf = (maker: Maker) => ({
  enablePropertyFilter: true,
  transactionTimeOut: 1000,
  transactionOpBatchInterval: 100,
  transactionCheckInterval: maker === 'ours' ? 500 : 3000,
});
const PULLED = 2;

/** What SpringSurface prints. */
interface Surface {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | null>>;
  readonly prefix: string;
  readonly names: readonly string[];
}

describeWithPeers.each(['ours', '5.5.0'] as const)('rocketmq-spring and Nest on a broker of %s', (maker) => {
  let workspace: Workspace;
  let nest: NestApp;
  let spring: JavaRun;
  let nameServer: string;
  const heard = new Heard();
  /** What the Nest application sent, by kind. */
  let sent: Map<string, SendResult>;

  const inWorkspace = (body: () => Promise<void>) => () => workspace.run(body);
  const told = (listener: string): JavaLine[] => spring.of('message').filter((line) => line['listener'] === listener);
  /** What Spring's listener of everything got that begins with `kind`. */
  const springGot = async (kind: string, count = 1): Promise<JavaLine[]> => {
    const ofKind = (): JavaLine[] => told('all').filter((line) => String(line['body']).startsWith(kind));
    await spring.whileRunning(() => ofKind().length >= count, `${count} messages "${kind}"`);
    expect(ofKind()).toHaveLength(count);
    return ofKind();
  };
  const nestGot = async (kind: string, count = 1): Promise<MessageExt[]> => {
    await spring.whileRunning(() => heard.of(kind).length >= count, `${count} messages "${kind}" to Nest`);
    expect(heard.of(kind)).toHaveLength(count);
    return heard.of(kind);
  };
  const bySpring = (kind: string): JavaLine => spring.of('sent').find((line) => line['kind'] === kind)!;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      ({ address: nameServer } = await startNameServer(workspace, maker));
      await startBroker(workspace, maker, { nameServer, conf: conf(maker), files: { 'store/config/topics.json': topicsJson() } });
      nest = await startNest(workspace, nameServer, partnerProviders(heard, workspace.folder('offsets')), {
        producer: { group: 'nest-app', sendMessageTimeout: 10_000, springHeaders: true },
        pullConsumer: { group: 'nest-app-pull', topic: `${TOPICS.out}-pull` },
      });
      for (const text of ['pull-1', 'pull-2']) await nest.template.syncSend(`${TOPICS.in}-pull`, text);
      spring = startJava(workspace, SPRING, 'SpringPeer', {
        '--rocketmq.name-server': nameServer,
        '--rocketmq.producer.group': SPRING_GROUP,
        '--rocketmq.producer.send-message-timeout': 20_000,
        '--rocketmq.pull-consumer.group': `${SPRING_GROUP}-pull`,
        '--rocketmq.pull-consumer.topic': `${TOPICS.in}-pull`,
        '--peer.in': TOPICS.in,
        '--peer.out': TOPICS.out,
        '--peer.all': TOPICS.all,
        '--peer.group': SPRING_GROUP,
        '--peer.pulls': PULLED,
        '--spring.main.banner-mode': 'off',
        '--logging.threshold.console': 'OFF',
        '--logging.file.name': 'app.log',
      });
      workspace.atEnd(() => spring.kill());
      sent = await sendEveryKind(nest.template);
    });
  });
  afterAll(() => workspace?.close());

  it(
    'text, JSON and bytes, each read as the type a listener declares',
    inWorkspace(async () => {
      const [text] = await nestGot('text');
      const [json] = await nestGot('{"id"');
      await spring.whileRunning(() => heard.orders.length > 0 && heard.texts.length > 0, 'typed listeners');
      expect(heard.texts).toEqual(['text ü']);
      expect(heard.orders).toEqual([{ id: 'o-1', amount: 7 }]);
      const bytesGot = () => heard.all.find((message) => message.properties.get('contentType') === 'application/octet-stream');
      await spring.whileRunning(() => bytesGot() !== undefined, 'bytes');
      const bytes = bytesGot()!;
      expect([text!.properties.get('contentType'), text!.tags]).toEqual(['text/plain;charset=UTF-8', 'text']);
      expect([json!.properties.get('contentType'), json!.text(), json!.tags]).toEqual([
        'application/json',
        '{"id":"o-1","amount":7}',
        'json',
      ]);
      expect([...bytes.body]).toEqual([0, 1, 255]);

      const [ours] = await springGot('text');
      const [order] = await springGot('{"id"');
      const [buffer] = await springGot('bytes');
      expect((await spring.until('text'))[0]).toMatchObject({ body: 'text ü' });
      expect((await spring.until('order'))[0]).toMatchObject({ id: 'o-1', amount: 7 });
      // The same three properties under the same names, whoever sent it.
      const springs = ['contentType', 'id', 'timestamp'];
      for (const [message, type] of [
        [ours!, 'text/plain;charset=UTF-8'],
        [order!, 'application/json'],
        [buffer!, 'application/octet-stream'],
      ] as const) {
        const properties = message['properties'] as Record<string, string>;
        expect(properties['contentType']).toBe(type);
        expect(springs.filter((name) => name in properties)).toEqual(springs);
      }
      expect(springs.filter((name) => text!.properties.has(name))).toEqual(springs);
      expect([ours!['msgId'], ours!['tags']]).toEqual([sent.get('text')!.msgId, 'text']);
      expect(text!.msgId).toBe(bySpring('text')['msgId']);
      expect(buffer!['body']).toBe('bytes\u0001');
    }),
  );

  it(
    'tag, keys, flag and headers; bodies that travel compressed',
    inWorkspace(async () => {
      const [headers] = await nestGot('headers');
      expect([headers!.tags, headers!.keys, headers!.properties.get('x-user')]).toEqual(['tag', 'k1 k2', 'u1']);
      // Spring writes a list as Java prints it; ours joins it as the client's words are joined.
      expect([(await nestGot('collection'))[0]!.keys, (await nestGot('prefixed'))[0]!.keys]).toEqual(['[p, q]', 'pk']);
      expect([(await nestGot('flag'))[0]!.flag, (await nestGot('unwaited'))[0]!.properties.get('WAIT')]).toEqual([7, 'false']);
      expect((await nestGot('named'))[0]!.properties.get('TRANSACTION_ID')).toBe('mine');
      const [large] = await nestGot('large');
      expect([large!.body.length, large!.storeSize < 2000]).toEqual([20_005, true]);

      const [ours] = await springGot('headers');
      expect(ours).toMatchObject({ tags: 'tag', keys: 'k1 k2', flag: 7, properties: { 'x-user': 'u1', WAIT: 'true' } });
      expect((await springGot('collection'))[0]).toMatchObject({ keys: 'p q', properties: { WAIT: 'false' } });
      expect((await springGot('large'))[0]).toMatchObject({ bodyLength: 20_005 });
      expect(Number((await springGot('large'))[0]!['storeSize'])).toBeLessThan(2000);
    }),
  );

  it(
    'one-way, asynchronous and converting sends',
    inWorkspace(async () => {
      for (const kind of ['oneway', 'converted', 'async']) {
        const [one] = await nestGot(kind, kind === 'async' ? 3 : 1);
        expect(one!.topic).toBe(TOPICS.out);
        const [ours] = await springGot(kind);
        expect(ours!['topic']).toBe(TOPICS.in);
      }
      expect((await springGot('converted'))[0]).toMatchObject({ properties: { 'x-user': 'u2' } });
      await spring.whileRunning(() => bySpring('async') !== undefined, 'a callback');
      expect([bySpring('async')['status'], sent.get('async')!.sendStatus]).toEqual(['SEND_OK', 'SEND_OK']);
    }),
  );

  it(
    'ordered messages: the same queue for the same key on both sides, in the order they were sent',
    inWorkspace(async () => {
      await spring.whileRunning(() => heard.inOrder.length >= 8 && told('order').length >= 6, 'ordered messages');
      const queueOf = (key: number): number => sent.get(`order-${key}`)!.messageQueue.queueId;
      for (const i of [0, 1, 2, 3, 4, 5]) {
        expect([i, bySpring(`order-${i}`)['queueId']]).toEqual([i, queueOf(i % 2)]);
        expect([i, sent.get(`order-${i}`)!.messageQueue.queueId]).toEqual([i, queueOf(i % 2)]);
      }
      for (const key of [0, 1]) {
        const mine = [0, 2, 4].map((i) => `order-${i + key}`);
        const texts = heard.inOrder.filter((message) => message.queueId === queueOf(key)).map((message) => message.text());
        expect(texts.filter((text) => text.startsWith('order-'))).toEqual(mine);
        expect(texts.at(-1)).toBe(key === 0 ? 'async-order' : 'oneway-order');
        const lines = told('order').filter((line) => line['queueId'] === queueOf(key));
        expect(lines.map((line) => line['body'])).toEqual(mine);
      }
    }),
  );

  it(
    'delay levels and timers, none before its time',
    inWorkspace(async () => {
      const waits = { level: 1000, seconds: 1000, millis: 1500, moment: 900 };
      for (const [kind, waitMs] of Object.entries(waits)) {
        const [message] = await nestGot(kind);
        expect(message!.storeTimestamp - message!.bornTimestamp).toBeGreaterThanOrEqual(waitMs - 600);
        const [ours] = await springGot(kind);
        expect(Number(ours!['storeTimestamp']) - Number(ours!['bornTimestamp'])).toBeGreaterThanOrEqual(waitMs - 600);
      }
      const property = async (kind: string, name: string) => [
        (await nestGot(kind))[0]!.properties.get(name),
        ((await springGot(kind))[0]!['properties'] as Record<string, string>)[name],
      ];
      expect(await property('level', 'DELAY')).toEqual(['1', '1']);
      expect(await property('seconds', 'TIMER_DELAY_SEC')).toEqual(['1', '1']);
      expect(await property('millis', 'TIMER_DELAY_MS')).toEqual(['1500', '1500']);
      for (const value of await property('moment', 'TIMER_DELIVER_MS')) expect(value).toMatch(/^\d{13}$/);
    }),
  );

  it(
    'batches, each item with keys and tag of its own',
    inWorkspace(async () => {
      const items = (await nestGot('batch-', 2)).toSorted((a, b) => a.queueOffset - b.queueOffset);
      expect(items.map((message) => [message.text(), message.keys, message.tags])).toEqual([
        ['batch-1', 'b1', 'batch'],
        ['batch-2', 'b2', 'batch'],
      ]);
      await nestGot('ordered-', 2);
      await nestGot('async-', 2);
      const ours = (await springGot('batch-', 2)).toSorted((a, b) => Number(a['queueOffset']) - Number(b['queueOffset']));
      expect(ours.map((line) => [line['body'], line['keys'], line['tags']])).toEqual([
        ['batch-1', 'b1', 'batch'],
        ['batch-2', 'b2', 'batch'],
      ]);
      expect(ours.map((line) => line['msgId']).join(',')).toBe(sent.get('batch')!.msgId);
      const ordered = await springGot('ordered-', 2);
      expect(ordered.map((line) => line['queueId'])).toEqual([0, 1].map(() => sent.get('ordered-batch')!.messageQueue.queueId));
      expect(bySpring('ordered-batch')['queueId']).toBe(sent.get('ordered-batch')!.messageQueue.queueId);
    }),
  );

  it(
    'transactions: committed, rolled back, and committed when asked',
    inWorkspace(async () => {
      await spring.whileRunning(() => heard.of('transaction').length >= 2, 'two committed transactions of Spring');
      await spring.whileRunning(() => told('all').filter((line) => line['tags'] === 'tx').length >= 2, 'two of Nest');
      const visible = ['transaction COMMIT', 'transaction UNKNOWN'];
      expect((await nestGot('transaction', 2)).map((message) => message.text()).toSorted()).toEqual(visible);
      expect((await springGot('transaction', 2)).map((line) => line['body']).toSorted()).toEqual(visible);
      for (const message of heard.of('transaction')) expect([message.keys, message.tags, message.sysFlag & 12]).toEqual(['t1', 'tx', 8]);
      const steps = (step: string) => spring.of('transaction').filter((line) => line['step'] === step);
      expect(steps('execute').map((line) => line['arg'])).toEqual(['COMMIT', 'ROLLBACK', 'UNKNOWN']);
      expect(steps('check').map((line) => line['body'])).toEqual(['transaction UNKNOWN']);
      expect(heard.decided).toEqual([
        ['execute', 'transaction COMMIT'],
        ['execute', 'transaction ROLLBACK'],
        ['execute', 'transaction UNKNOWN'],
        ['check', 'transaction UNKNOWN'],
      ]);
      const committed = (await springGot('transaction', 2)).find((line) => line['body'] === 'transaction COMMIT')!;
      expect(committed['msgId']).toBe(sent.get('COMMIT')!.msgId);
    }),
  );

  it(
    'requests and replies in every form that works',
    inWorkspace(async () => {
      expect(await askEveryWay(nest.template)).toEqual({
        text: 'tea costs 42',
        hash: 'hash costs 42',
        object: { id: 'o-2', amount: 42 },
        whole: expect.objectContaining({ topic: 'DefaultCluster_REPLY_TOPIC', properties: expect.any(Map) }),
        called: 'called costs 42',
      });
      const replies = (await spring.until('reply', 3)).toSorted((a, b) => String(a['kind']).localeCompare(String(b['kind'])));
      expect(replies).toEqual([
        { type: 'reply', kind: 'hash', body: 'hash costs 42' },
        { type: 'reply', kind: 'object', id: 'o-2', amount: 42 },
        { type: 'reply', kind: 'text', body: 'tea costs 42' },
      ]);
    }),
  );

  it(
    'failed messages again, and dead letters',
    inWorkspace(async () => {
      await spring.whileRunning(() => heard.retries.length >= 4 && told('retry').length >= 4, 'retries');
      const attempts = ['again 0', 'again 1', 'dead 0', 'dead 1'];
      expect(heard.retries.map(([text, times]) => `${text} ${times}`).toSorted()).toEqual(attempts);
      expect(
        told('retry')
          .map((line) => `${String(line['body'])} ${String(line['reconsumeTimes'])}`)
          .toSorted(),
      ).toEqual(attempts);
      for (const line of told('retry')) expect(line['topic']).toBe(`${TOPICS.in}-retry`);
      const dead = await Promise.all(
        ['nest-app-retry', `${SPRING_GROUP}-retry`].map((group) =>
          startConsumer(workspace, { consumerGroup: `dead-of-${group}`, namesrvAddr: nameServer, topic: `%DLQ%${group}` }),
        ),
      );
      await spring.whileRunning(() => dead.every(({ received }) => received.length > 0), 'dead letters of both');
      expect(dead.map((consumer) => consumer.bodies())).toEqual([['dead'], ['dead']]);
    }),
  );

  it(
    'what SQL92 chooses, what both members of a broadcasting group get, and what is received by hand',
    inWorkspace(async () => {
      await spring.whileRunning(() => heard.each.length >= 4 && told('each').length >= 4, 'broadcast messages');
      const each = ['each-1', 'each-2', 'each-3', 'each-4'];
      expect(heard.each.toSorted()).toEqual(each);
      expect(
        told('each')
          .map((line) => line['body'])
          .toSorted(),
      ).toEqual(each);
      await spring.whileRunning(() => heard.sql.length > 0 && told('sql').length > 0, 'messages chosen by SQL92');
      await nestGot('sql-', 2);
      await springGot('sql-', 2);
      expect([heard.sql, told('sql').map((line) => line['body'])]).toEqual([['sql-large'], ['sql-large']]);

      expect((await spring.until('pulled', PULLED)).map((line) => line['body']).toSorted()).toEqual(['pull-1', 'pull-2']);
      const pulled: string[] = [];
      await spring.whileRunning(() => bySpring('pull-2') !== undefined, 'messages to pull');
      while (pulled.length < PULLED) pulled.push(...(await nest.template.receive(String, 5000)));
      expect(pulled.toSorted()).toEqual(['pull-1', 'pull-2']);
    }),
  );

  it(
    'docs/spring-parity.md lists all that rocketmq-spring offers, with its defaults',
    inWorkspace(async () => {
      const page = read('docs/spring-parity.md');
      const rowsOf = (heading: string): Map<string, string> =>
        new Map(tableRows(section(page, heading)).flatMap(([name, value]) => (name === '' ? [] : [[name!, value!]])));
      for (const { name, attributes } of (await spring.until('annotation', 4)) as unknown as Surface[]) {
        // Rows of attributes that came after this version say so.
        const listed = [...rowsOf(`## @${name}`)].filter(([attribute]) => !attribute.includes('main branch'));
        const offered = Object.entries(attributes).map(([attribute, value]) => [attribute, value ?? '']);
        expect([name, listed.toSorted()]).toEqual([name, offered.toSorted()]);
      }
      for (const { prefix, names } of spring.of('properties') as unknown as Surface[]) {
        const listed = [...rowsOf(`## Properties rocketmq.${prefix}.*`).keys()].map((name) => name.replaceAll('-', '').toLowerCase());
        expect(listed.toSorted()).toEqual(names.map((name) => `${prefix.replace('-', '')}.${name.toLowerCase()}`).toSorted());
      }
      const methods = [...rowsOf('## RocketMQTemplate').keys()].join(' ');
      const [{ names }] = (await spring.until('methods')) as unknown as [Surface];
      expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(methods))).toEqual([]);
    }),
  );
});
