// The demo: runs every story, says what happened, ends with 0 when all of it held. Must never leave the process with a cluster running.
import 'reflect-metadata';
import { silentLogger } from 'rocketmq-core/common';
import { RocketMQError } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { parseArguments, USAGE, UsageError } from './console/arguments.js';
import { Printer } from './console/printer.js';
import { orderStory } from './order/order.story.js';
import type { RestartableCluster, Story } from './story.js';

const STORIES: readonly Story[] = [orderStory];

async function runStories(nameServer: string, cluster: RestartableCluster | undefined, print: Printer): Promise<void> {
  for (const story of STORIES) {
    print.title(story.title);
    await story.run({ nameServer, cluster, print });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { nameServer, help } = parseArguments(args);
  const print = new Printer((line) => console.log(line));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (nameServer !== undefined) {
    print.line(`running against the cluster of name server ${nameServer}`);
    await runStories(nameServer, undefined, print);
  } else {
    const embedded = await EmbeddedRocketMQ.start({ logger: silentLogger });
    print.line(`a name server (${embedded.nameServer}) and a broker run inside this process; their store is a temporary directory`);
    try {
      await runStories(embedded.nameServer, embedded, print);
    } finally {
      await embedded.stop();
    }
  }
  print.line('');
  print.line(print.failed === 0 ? 'Everything held.' : `${print.failed} statements did not hold.`);
  return print.failed === 0 ? 0 : 1;
}

/** A sentence for what a person can mend, the stack for what only a developer can. */
function explain(error: unknown): unknown {
  if (error instanceof UsageError) return `${error.message}\n${USAGE}`;
  return error instanceof RocketMQError ? `${error.message}\n${error.nextStep}` : error;
}

// The client's timers do not keep a process alive, so something has to until the stories are over.
const alive = new MessageChannel();
alive.port1.ref?.();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
} finally {
  alive.port1.close();
}
