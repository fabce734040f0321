// What every story gets and gives.
import type { Printer } from './console/printer.js';

/** The broker of the demo's own cluster; absent on a cluster that is not ours. */
export interface RestartableCluster {
  restartBroker(): Promise<void>;
}

export interface StoryContext {
  readonly nameServer: string;
  readonly cluster: RestartableCluster | undefined;
  readonly print: Printer;
}

export interface Story {
  readonly title: string;
  run(context: StoryContext): Promise<void>;
}
