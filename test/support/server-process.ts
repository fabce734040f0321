// One of our servers as a process of its own, from the built packages, so that a test can kill it. Ends with the test; must never leave a process behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const BOOT_DEADLINE_MS = 20_000;

export interface ServerProcess {
  readonly pid: number;
  readonly output: () => string;
  /** The exit code, whenever it ends; null after a signal. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, then gone. */
  kill(): Promise<void>;
}

/** Starts `mqnamesrv` or `mqbroker` with `args` and resolves at the boot line; rejects with everything printed when it ends before. */
export async function startServer(
  name: 'namesrv' | 'broker',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child: ChildProcess = spawn(process.execPath, [`apps/${name}/bin/mq${name}.mjs`, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`mq${name} did not boot within ${BOOT_DEADLINE_MS} ms:\n${output}`));
    }, BOOT_DEADLINE_MS);
    const see = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!output.includes('boot success')) return;
      clearTimeout(deadline);
      resolve();
    };
    child.stdout!.on('data', see);
    child.stderr!.on('data', see);
    child.once('exit', (code) => {
      clearTimeout(deadline);
      reject(new Error(`mq${name} ended with ${code}:\n${output}`));
    });
  });
  return {
    pid: child.pid!,
    output: () => output,
    ended: exited,
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
