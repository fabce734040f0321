// Where the shop's applications run: all in this process, or each in its own. Must never decide how many there are.
import { NestFactory } from '@nestjs/core';
import { Program } from '../../programs.js';
import { loadApplication, LOG_LEVELS } from '../applications.js';
import { APPLICATIONS, type ApplicationName } from '../contracts.js';

interface RunningApplication {
  readonly name: ApplicationName;
  /** 0: it has done what it was at, and closed everything. */
  stop(): Promise<number | string>;
}

export type Host = 'this process' | 'processes of their own';

async function startHere(name: ApplicationName, nameServer: string): Promise<RunningApplication> {
  const module = await loadApplication(name, nameServer);
  const application = await NestFactory.createApplicationContext(module, { logger: LOG_LEVELS, abortOnError: false });
  return { name, stop: () => application.close().then(() => 0) };
}

async function startAsProcess(name: ApplicationName, nameServer: string): Promise<RunningApplication> {
  const file = new URL(import.meta.url.endsWith('.ts') ? '../process.ts' : '../process.js', import.meta.url);
  const program = await Program.start({ name, file, args: [name, nameServer], upLine: new RegExp(`^${name} is up$`, 'm') });
  return { name, stop: () => program.stop() };
}

export class RunningShop {
  private constructor(private readonly applications: readonly RunningApplication[]) {}

  /** All four, or none. */
  static async start(host: Host, nameServer: string): Promise<RunningShop> {
    const start = host === 'this process' ? startHere : startAsProcess;
    const started = await Promise.allSettled(APPLICATIONS.map((name) => start(name, nameServer)));
    const shop = new RunningShop(started.filter((result) => result.status === 'fulfilled').map(({ value }) => value));
    const failure = started.find((result) => result.status === 'rejected');
    if (failure === undefined) return shop;
    await shop.stop();
    throw failure.reason;
  }

  /** How each ended. Stopping again stops nothing. */
  async stop(): Promise<Record<string, number | string>> {
    return Object.fromEntries(await Promise.all(this.applications.map(async ({ name, stop }) => [name, await stop()] as const)));
  }
}
