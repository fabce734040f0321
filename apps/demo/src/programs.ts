// The programs the demo starts beside itself. Must never leave one behind, however the demo ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './wait.js';

const UP_LIMIT_MS = 60_000;
const END_LIMIT_MS = 30_000;
/** Of what it prints; the rest is forgotten. */
const KEPT_CHARACTERS = 16_384;

export interface ProgramCommand {
  readonly name: string;
  /** Of the JavaScript file. */
  readonly file: URL;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it prints once it is up. */
  readonly upLine: RegExp;
}

const running = new Set<ChildProcess>();
let isWatching = false;

/** A signal ends the children, then this process; an end without one does not wait for them. */
function watchOwnEnd(): void {
  if (isWatching) return;
  isWatching = true;
  const endAll = async (exitCode: number): Promise<void> => {
    await Promise.all([...running].map((child) => endOf(child)));
    process.exit(exitCode);
  };
  process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
  process.once('SIGTERM', () => void endAll(143));
  process.once('SIGINT', () => void endAll(130));
}

/** SIGTERM, and SIGKILL when that is not enough; resolves once it is gone. */
async function endOf(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await waitUntil('it ends', END_LIMIT_MS, () => !running.has(child)).catch(() => child.kill('SIGKILL'));
  await closed;
}

export class Program {
  private printed = '';
  private exit: number | NodeJS.Signals | undefined;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    running.add(child);
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.printed = (this.printed + chunk.toString()).slice(-KEPT_CHARACTERS)));
    }
    child.once('error', (error) => (this.printed += error.message));
    child.once('close', (code, signal) => {
      running.delete(child);
      this.exit = code ?? signal ?? -1;
    });
  }

  /** Resolves once it has said so; a program that ends before, or says nothing for a minute, is an error with what it printed. */
  static async start({ name, file, args, env, upLine }: ProgramCommand): Promise<Program> {
    watchOwnEnd();
    const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(file), ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const program = new Program(name, child);
    await waitUntil(`${name} is up`, UP_LIMIT_MS, () => upLine.test(program.printed) || program.exit !== undefined).catch(() => undefined);
    if (upLine.test(program.printed) && program.exit === undefined) return program;
    const end = await program.stop();
    throw new Error(`${name} did not start (${end}); it printed:\n${program.printed}`);
  }

  output(): string {
    return this.printed;
  }

  /** Ends it, if it has not ended. The exit code, or the signal that ended it. */
  async stop(): Promise<number | NodeJS.Signals> {
    await endOf(this.child);
    return this.exit!;
  }
}
