// Every story of the demo, each as a program of its own over one cluster: what it states has to hold.
import { silentLogger } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { DEMO_BROKER } from '../../apps/demo/src/broker-settings.js';
import { chooseStories, loadStory, STORY_NAMES } from '../../apps/demo/src/catalogue.js';
import { Printer } from '../../apps/demo/src/console/printer.js';
import { read } from '../docs/documents.js';

let cluster: EmbeddedRocketMQ;

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start({ logger: silentLogger, brokerConfig: DEMO_BROKER });
});
afterAll(() => cluster?.stop());

describe('npm run demo', () => {
  it.each(STORY_NAMES)('%s', async (name) => {
    const story = await loadStory(name);
    expect(story.name).toBe(name);
    const lines: string[] = [];
    const print = new Printer((line) => lines.push(line));
    await story.run({ nameServer: cluster.nameServer, cluster, print, runId: `run-${name}` });
    expect(lines.filter((line) => line.includes('FAIL'))).toEqual([]);
    expect(lines.filter((line) => line.trimStart().startsWith('ok ')).length).toBeGreaterThan(0);
  });

  it('chooses by name and says which names it does not know', () => {
    expect(chooseStories(['core/push', 'no/such'])).toEqual({
      chosen: ['core/push'],
      unknown: ['no/such'],
    });
    expect(chooseStories(['all']).chosen).toEqual(STORY_NAMES);
  });

  it('is told of in the guide, story by story', () => {
    const guide = read('docs/guides/demo.md');
    expect(STORY_NAMES.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});
