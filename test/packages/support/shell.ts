// Runs a program of a fresh application and returns what it printed. Must never hide the output of one that failed.
import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** A program that has not ended by then is killed, and its code is null. */
const PROGRAM_LIMIT_MS = 120_000;

export function run(cwd: string, command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // The options of the Jest that runs this are not the application's.
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', JEST_WORKER_ID: undefined, FORCE_COLOR: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PROGRAM_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** The output of a program that must succeed. */
export async function succeed(cwd: string, command: string, args: readonly string[], env?: Record<string, string>): Promise<string> {
  const { code, output } = await run(cwd, command, args, env);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
