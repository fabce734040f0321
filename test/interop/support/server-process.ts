// A server as a process of its own: started, awaited by its boot line, ended by its pid. Must never wait without a limit.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.js';

const BOOT_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const BOOT_LINE = /boot success/;

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Home and working folder of the process. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** At the end of the file it is killed: Apache's servers take 10 s and more to end, which proves nothing about ours. */
  readonly killedAtEnd?: boolean;
}

export class ServerProcess {
  readonly name: string;
  readonly home: string;
  readonly killedAtEnd: boolean;
  private readonly child: ChildProcess;
  private exit: string | undefined;

  private constructor(command: ServerCommand) {
    this.name = command.name;
    this.home = command.home;
    this.killedAtEnd = command.killedAtEnd === true;
    const out = openSync(join(command.home, 'out.log'), 'a');
    this.child = spawn(command.command, [...command.args], {
      cwd: command.home,
      env: { ...process.env, HOME: command.home, ...command.env },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    this.child.once('error', (error) => (this.exit = error.message));
    this.child.once('exit', (code, signal) => (this.exit = `exit ${code ?? signal}`));
  }

  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    const isUp = (): boolean => BOOT_LINE.test(server.output());
    await until(() => isUp() || server.exit !== undefined, BOOT_LIMIT_MS).catch(() => undefined);
    if (isUp() && server.exit === undefined) return server;
    const reason = server.exit ?? `no boot line within ${BOOT_LIMIT_MS} ms`;
    await server.kill9();
    throw new Error(`${server.name} did not start (${reason}); it said:\n${server.output().slice(-4000)}`);
  }

  output(): string {
    return readFileSync(join(this.home, 'out.log'), 'utf8');
  }

  /** Asks it to end, as an operator would. A server that does not is a failure of the test. */
  async stop(): Promise<void> {
    if (this.exit !== undefined) return;
    this.child.kill('SIGTERM');
    try {
      await until(() => this.exit !== undefined, STOP_LIMIT_MS);
    } catch {
      await this.kill9();
      throw new Error(`${this.name} did not end within ${STOP_LIMIT_MS} ms of SIGTERM`);
    }
  }

  async kill9(): Promise<void> {
    if (this.exit !== undefined) return;
    this.child.kill('SIGKILL');
    await until(() => this.exit !== undefined, STOP_LIMIT_MS);
  }
}
