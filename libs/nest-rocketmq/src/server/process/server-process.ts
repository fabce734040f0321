// Life of a server process: wrong usage, graceful close on a signal with a deadline, a second signal, errors nobody caught, exit codes.
// Must never know which server it is.
import { type Clock, reasonOf } from 'rocketmq-core/common';
import { ConfigError, RocketMQError } from 'rocketmq-core/errors';
import type { ServerLogger } from '../logging/server-logger.js';
import { CommandUsageError } from './command-line.js';

/** A graceful close that takes longer is given up: exit code 1. */
export const SHUTDOWN_DEADLINE_MS = 30_000;

/** The parts of `process` that are used; tests hand in their own. */
export interface ProcessPort {
  on(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface SupervisedServer {
  clock: Clock;
  logger: ServerLogger;
  /** Closes everything in order. */
  stop(): Promise<void>;
  deadlineMs?: number;
}

/** Closes the server on SIGTERM, SIGINT or SIGHUP (a closed terminal) and ends the process; a second signal, the deadline or an uncaught error end it with code 1. */
export function superviseServer(server: SupervisedServer, port: ProcessPort = process): void {
  const { clock, logger } = server;
  let stopping = false;
  const end = (code: number): void => {
    logger.flushSync();
    port.exit(code);
  };
  const close = async (signal: string): Promise<void> => {
    if (stopping) {
      logger.warn(`${signal} again while closing: ends at once`);
      return end(1);
    }
    stopping = true;
    logger.info(`${signal}: closing`);
    const deadlineMs = server.deadlineMs ?? SHUTDOWN_DEADLINE_MS;
    const deadline = clock.setTimer(() => {
      logger.error(`not closed within ${deadlineMs} ms: ends now`);
      end(1);
    }, deadlineMs);
    try {
      await server.stop();
    } catch (error) {
      logger.error('closing failed', { error });
      return end(1);
    }
    deadline.cancel();
    await logger.close();
    port.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) port.on(signal, () => void close(signal));
  const uncaught = (kind: string) => (error: unknown) => {
    logger.error(`${kind}: ends now`, { error });
    port.stderr.write(`${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    end(1);
  };
  port.on('uncaughtException', uncaught('uncaught error'));
  port.on('unhandledRejection', uncaught('unhandled rejection'));
}

/** Runs the main function of a command and turns its failure into sentences and an exit code: 2 for wrong usage, 1 for the rest. */
export async function runCommand(main: () => Promise<number | void>, port: ProcessPort = process): Promise<void> {
  try {
    const code = await main();
    if (code !== undefined) port.exit(code);
  } catch (error) {
    port.stderr.write(failureText(error));
    port.exit(error instanceof CommandUsageError ? 2 : 1);
  }
}

function failureText(error: unknown): string {
  if (error instanceof CommandUsageError) return `${error.message}\n${error.usage}`;
  if (error instanceof ConfigError) {
    const lines = error.problems.map(({ key, problem }) => `  ${key}: ${problem}\n`);
    return `${String(error.context.where)} cannot be used:\n${lines.join('')}`;
  }
  const listening = listenFailure(error);
  if (listening !== undefined) return listening;
  if (error instanceof RocketMQError) return `${error.message}\n${error.nextStep}\n`;
  return `${reasonOf(error)}\n`;
}

/** What to do when a port could not be opened; the system's error may be the cause of ours. */
function listenFailure(error: unknown): string | undefined {
  const { code, address, port, cause } = error as NodeJS.ErrnoException & { address?: string; port?: number; cause?: unknown };
  if (port !== undefined && code === 'EADDRINUSE')
    return `${address}:${port} is in use: another server runs there, or choose another listenPort\n`;
  if (port !== undefined && code === 'EADDRNOTAVAIL') return `${address} is no address of this machine: correct bindAddress\n`;
  if (port !== undefined && code === 'EACCES') return `${address}:${port} may not be opened by this user: choose a listenPort above 1023\n`;
  return cause === undefined || cause === error ? undefined : listenFailure(cause);
}
