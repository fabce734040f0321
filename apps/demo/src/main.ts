// The demo: runs every story, says what happened, ends with 0 when all of it held. Must never leave the process with a cluster running.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { silentLogger } from 'rocketmq-core/common';
import { ConnectError, NoNameServerError, RocketMQError } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { DEMO_BROKER } from './broker-settings.js';
import { chooseStories, loadStory, STORY_NAMES, TOUR } from './catalogue.js';
import { parseArguments, USAGE, UsageError } from './console/arguments.js';
import { Printer } from './console/printer.js';
import { withServers } from './servers.js';
import type { StoryContext } from './story.js';

type Setting = Pick<StoryContext, 'nameServer' | 'cluster' | 'print'>;

async function tell(names: readonly string[], setting: Setting): Promise<void> {
  const runId = randomUUID().slice(0, 8);
  for (const name of names) {
    const story = await loadStory(name);
    setting.print.title(`${story.title} (${story.name})`);
    await story.run({ ...setting, runId });
  }
}

function storiesOf(names: readonly string[]): readonly string[] {
  if (names.length === 0) return TOUR;
  const { chosen, unknown } = chooseStories(names);
  if (unknown.length > 0) throw new UsageError(`no story of the name ${unknown.join(', ')}; npm run demo -- --list names them`);
  return chosen;
}

/** Against the cluster that was asked for; the demo's own ends with the last story. */
async function tellSomewhere(names: readonly string[], nameServer: string | undefined, servers: boolean, print: Printer): Promise<void> {
  if (nameServer !== undefined) {
    print.line(`running against the cluster of name server ${nameServer}`);
    return tell(names, { nameServer, cluster: undefined, print });
  }
  if (servers) {
    return withServers(async (started) => {
      print.line(`mqnamesrv (${started}) and mqbroker run as processes; their store is a temporary directory`);
      await tell(names, { nameServer: started, cluster: undefined, print });
    });
  }
  const embedded = await EmbeddedRocketMQ.start({ logger: silentLogger, brokerConfig: DEMO_BROKER });
  print.line(`a name server (${embedded.nameServer}) and a broker run inside this process; their store is a temporary directory`);
  try {
    await tell(names, { nameServer: embedded.nameServer, cluster: embedded, print });
  } finally {
    await embedded.stop();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { nameServer, servers, stories: names, list, help } = parseArguments(args);
  const print = new Printer((line) => console.log(line));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (list) {
    for (const name of STORY_NAMES) console.log(`${name.padEnd(24)} ${(await loadStory(name)).title}`);
    return 0;
  }
  await tellSomewhere(storiesOf(names), nameServer, servers, print);
  print.line('');
  print.line(print.failed === 0 ? 'Everything held.' : `${print.failed} statements did not hold.`);
  if (names.length === 0) print.line('More: npm run demo -- --list');
  return print.failed === 0 ? 0 : 1;
}

/** A sentence for what a person can mend, the stack for what only a developer can. */
function explain(error: unknown): unknown {
  if (error instanceof UsageError) return `${error.message}\n${USAGE}`;
  return error instanceof RocketMQError ? `${error.message}\n${error.nextStep}` : error;
}

/** 0 done, 1 failed, 2 wrong usage, 3 name server or broker not reachable. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return error instanceof ConnectError || error instanceof NoNameServerError ? 3 : 1;
}

// The client's timers do not keep a process alive, so something has to until the stories are over.
const alive = new MessageChannel();
alive.port1.ref?.();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = exitCodeOf(error);
} finally {
  alive.port1.close();
}
