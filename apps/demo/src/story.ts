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
  /** In the keys or bodies of this run's messages: a cluster that is not ours may hold those of earlier ones. */
  readonly runId: string;
}

export interface Story {
  /** How the command line calls it: style/kind. */
  readonly name: string;
  readonly title: string;
  run(context: StoryContext): Promise<void>;
}
