// Every story of the demo, each as a program of its own over one cluster: what it states has to hold.
import { silentLogger } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { DEMO_BROKER } from '../../apps/demo/src/broker-settings.js';
import { chooseStories, STORIES } from '../../apps/demo/src/catalogue.js';
import { Printer } from '../../apps/demo/src/console/printer.js';
import { read } from '../docs/documents.js';

let cluster: EmbeddedRocketMQ;

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start({ logger: silentLogger, brokerConfig: DEMO_BROKER });
});
afterAll(() => cluster?.stop());

describe('npm run demo', () => {
  it.each(STORIES.map((story) => [story.name, story] as const))('%s', async (name, story) => {
    const lines: string[] = [];
    const print = new Printer((line) => lines.push(line));
    await story.run({ nameServer: cluster.nameServer, cluster, print, runId: `run-${name}` });
    expect(lines.filter((line) => line.includes('FAIL'))).toEqual([]);
    expect(lines.filter((line) => line.trimStart().startsWith('ok ')).length).toBeGreaterThan(0);
  });

  it('chooses by name and says which names it does not know', () => {
    expect(chooseStories(['core/push', 'no/such'])).toEqual({
      chosen: [expect.objectContaining({ name: 'core/push' })],
      unknown: ['no/such'],
    });
    expect(chooseStories(['all']).chosen).toHaveLength(STORIES.length);
  });

  it('is told of in the guide, story by story', () => {
    const guide = read('docs/guides/demo.md');
    expect(STORIES.filter(({ name }) => !guide.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
  });
});
