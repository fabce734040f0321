// One store directory passed between our broker and Apache's, each closing it cleanly: whoever opens it serves everything, goes on from
// the committed offsets, delivers what was delayed, and writes on.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { everythingIsCommitted } from './support/committed.js';
import { bodies, bodiesOf, type Cluster, consume, offsets, produce } from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { describeWithPeers, VERSIONS } from './support/peers.js';
import { type Broker, type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

/** More than a consume queue file of each of the four queues holds. */
const MANY = 4400;
const BATCH = 100;
/** More than a commit log file holds. */
const LARGE = 300;
const LARGE_BYTES = 4000;
const DELAYED = 2;
/** Ten seconds: still pending when the broker is closed. */
const DELAY_LEVEL = 3;

/** Who sends and reads, whatever the broker: the store is what is looked at. */
const client: JavaClient = { version: '4.9.7', serializeType: 'JSON' };

const names = (maker: Maker): string => (maker === 'ours' ? 'our broker' : `Apache ${maker}`);

/** What one owner of the store leaves behind: round 0, 1, ... number their messages on. */
async function write(cluster: Cluster, round: number): Promise<void> {
  const many = { topic: 'many', count: MANY, first: round * MANY, mode: 'batch', batchSize: BATCH };
  const large = {
    topic: 'large',
    count: LARGE,
    first: round * LARGE,
    tags: 'A,B,C',
    keys: 'k#',
    properties: 'colour:grün',
    size: LARGE_BYTES,
  };
  await Promise.all([produce(cluster, client, many), produce(cluster, client, { ...large, body: 'l#-' })]);
  await produce(cluster, client, { topic: 'late', count: DELAYED, first: round * DELAYED, delayLevel: DELAY_LEVEL });
}

/** Everything of all rounds before, to groups without offsets; nothing of them to the group that has them. */
async function readAll(cluster: Cluster, rounds: number): Promise<void> {
  const group = `after-${rounds}`;
  const oneTag = (LARGE / 3) * rounds;
  const [many, large, late] = await Promise.all([
    consume(cluster, client, { topic: 'many', group: `${group}-many`, count: MANY * rounds, batchSize: 32 }),
    consume(cluster, client, { topic: 'large', group: `${group}-large`, expression: 'B', count: oneTag, idleMs: 200 }),
    consume(cluster, client, { topic: 'late', group: `${group}-late`, count: DELAYED * rounds, idleMs: 200 }),
  ]);
  expect(bodiesOf(many.messages)).toEqual(bodies(MANY * rounds));
  expect(bodiesOf(late.messages)).toEqual(bodies(DELAYED * rounds));
  const numbers = large.messages.map((line) => Number(String(line['body']).slice(1).split('-')[0])).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: oneTag }, (_, i) => 3 * i + 1));
  for (const line of large.messages) {
    expect(line).toMatchObject({ tags: 'B', bodyLength: LARGE_BYTES, properties: { colour: 'grün', TAGS: 'B' } });
  }
}

describeWithPeers.each(VERSIONS)('a store directory of both with Apache %s', (version) => {
  let workspace: Workspace;
  let nameServer: string;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void ({ address: nameServer } = await startNameServer(workspace, 'ours')));
  });
  afterAll(() => workspace?.close());

  const routes: ReadonlyArray<readonly Maker[]> = [
    ['ours', version, 'ours'],
    [version, 'ours', version],
  ];
  it.each(routes.map((makers) => ({ route: makers.map(names).join(', then '), makers })))('$route', ({ makers }) =>
    workspace.run(async () => {
      const store = workspace.folder('store');
      const resumed = { topic: 'many', group: 'goes-on' };
      for (const [round, maker] of makers.entries()) {
        const broker: Broker = await startBroker(workspace, maker, { nameServer, name: 'shared', store });
        const cluster: Cluster = { workspace, nameServer, brokerAddress: broker.address };
        if (round > 0) {
          const held = await offsets(cluster, client, resumed);
          expect(held.map(({ committed, min }) => [committed, min])).toEqual(held.map(({ max }) => [max, 0]));
          expect(held.reduce((sum, { max }) => sum + max, 0)).toBe(MANY * round);
          await readAll(cluster, round);
        }
        await write(cluster, round);
        const next = await consume(cluster, client, { ...resumed, count: MANY, batchSize: 32 });
        expect(bodiesOf(next.messages)).toEqual(bodies(MANY, MANY * round));
        await everythingIsCommitted(cluster, resumed);
        await broker.process.stop();
        expect(existsSync(join(store, 'abort'))).toBe(false);
        expect(readdirSync(join(store, 'commitlog')).length).toBeGreaterThan(round + 1);
      }
    }),
  );
});
