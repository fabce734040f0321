// The log of a server process: one JSON object per line in a rolling file, or readable lines on a stream. Must never hold up a start or a
// request: everything is written in the background, and what does not fit the buffer is dropped and counted.
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock, Logger } from 'rocketmq-core/common';
import { safeFields, safeText } from './safe-text.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Roll the file when it is larger. */
export const LOG_FILE_LIMIT_BYTES = 100 * 1024 * 1024;
/** Rolled files kept: NAME.log.1 is the youngest. */
export const LOG_FILES_KEPT = 10;
/** Bytes waiting for the disk; lines beyond are dropped. */
const LOG_BUFFER_LIMIT_BYTES = 16 * 1024 * 1024;

export interface ServerLogger extends Logger {
  /** Writes what is buffered, at once: for the last words of a process. */
  flushSync(): void;
  close(): Promise<void>;
}

export interface ServerLoggerOptions {
  /** Stem of the file and `name` of each line: `namesrv`, `broker`. */
  name: string;
  clock: Clock;
  /** Directory of the file; `-` writes readable lines to `stream` instead. */
  directory: string;
  level?: LogLevel;
  stream?: { write(text: string): unknown };
  /** Gets one sentence when the file cannot be written. Default: stderr. */
  onProblem?: (sentence: string) => void;
  fileLimitBytes?: number;
}

/** Where Apache's servers log, unless ROCKETMQ_LOG_DIR says otherwise. */
export function logDirectory(variables: Readonly<Record<string, string | undefined>> = process.env): string {
  return variables.ROCKETMQ_LOG_DIR || join(homedir(), 'logs', 'rocketmqlogs');
}

/** The level ROCKETMQ_LOG_LEVEL names, `info` otherwise. */
export function logLevel(variables: Readonly<Record<string, string | undefined>> = process.env): LogLevel {
  const word = variables.ROCKETMQ_LOG_LEVEL?.toLowerCase();
  return LEVELS.find((level) => level === word) ?? 'info';
}

export async function createServerLogger(options: ServerLoggerOptions): Promise<ServerLogger> {
  if (options.directory === '-') return streamLogger(options);
  const { pino } = await import('pino');
  const file = join(options.directory, `${options.name}.log`);
  const report = options.onProblem ?? ((sentence: string) => void process.stderr.write(`${sentence}\n`));
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    report(`cannot create ${dirname(file)}, nothing is logged: ${(error as NodeJS.ErrnoException).code}`);
    return { ...silent, flushSync() {}, close: async () => undefined };
  }
  const destination = pino.destination({ dest: file, sync: false, mkdir: false, maxLength: LOG_BUFFER_LIMIT_BYTES });
  let broken = false;
  destination.on('error', (error: NodeJS.ErrnoException) => {
    if (!broken) report(`cannot write ${file}: ${error.code ?? error.message}`);
    broken = true;
    // A destination that is not open would throw when the process ends.
    destination.destroy();
  });
  await new Promise<void>((resolve) => {
    destination.once('ready', () => resolve());
    destination.once('error', () => resolve());
  });
  const rolling = rollingStream(file, destination, options.fileLimitBytes ?? LOG_FILE_LIMIT_BYTES);
  const sink = pino(
    {
      level: options.level ?? 'info',
      base: { name: options.name, pid: process.pid },
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    rolling,
  );
  const log = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => {
    if (!broken && sink.isLevelEnabled(level)) sink[level](fields === undefined ? {} : safeFields(fields), safeText(message));
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    flushSync: () => {
      if (!broken) quietly(() => destination.flushSync());
    },
    close: () =>
      new Promise((resolve) => {
        if (broken) return resolve();
        destination.once('close', () => resolve());
        destination.once('error', () => resolve());
        destination.end();
      }),
  };
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A file that is not open yet or closed already cannot be flushed; there is nobody left to tell. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    return;
  }
}

/** Renames the file when it has grown beyond the limit; the destination keeps its descriptor until it has reopened the name. */
function rollingStream(file: string, destination: { write(line: string): boolean; reopen(): void }, limitBytes: number) {
  let sizeBytes = 0;
  quietly(() => (sizeBytes = statSync(file).size));
  return {
    write(line: string): void {
      if (sizeBytes > limitBytes) {
        for (let index = LOG_FILES_KEPT - 1; index >= 1; index--) quietly(() => renameSync(`${file}.${index}`, `${file}.${index + 1}`));
        quietly(() => renameSync(file, `${file}.1`));
        destination.reopen();
        sizeBytes = 0;
      }
      sizeBytes += line.length;
      destination.write(line);
    },
  };
}

function streamLogger(options: ServerLoggerOptions): ServerLogger {
  const stream = options.stream ?? process.stdout;
  const lowest = LEVELS.indexOf(options.level ?? 'info');
  const log = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => {
    if (LEVELS.indexOf(level) < lowest) return;
    const tail = fields === undefined ? '' : ` ${JSON.stringify(safeFields(fields))}`;
    stream.write(
      `${new Date(options.clock.now()).toISOString()} ${level.toUpperCase().padEnd(5)} ${options.name} - ${safeText(message)}${tail}\n`,
    );
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    flushSync() {},
    close: async () => undefined,
  };
}
