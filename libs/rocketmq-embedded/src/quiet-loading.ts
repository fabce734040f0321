// Keeps Nest's own lines about the modules of an embedded server out of the application's log, and nothing else. Nest has one logger for all
// applications of a process: turning it off for one turns it off for the application this runs in.
import { Logger, type LoggerService } from '@nestjs/common';

const NEST_CONTEXTS: ReadonlySet<unknown> = new Set(['NestFactory', 'InstanceLoader']);

/** Nest keeps the logger of the process where only its subclasses see it. */
class CurrentLogger extends Logger {
  static get(): LoggerService | undefined {
    return CurrentLogger.staticInstanceRef;
  }
}

/** Runs `load` with those lines left out. Everything else that is logged meanwhile gets through. */
export async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const current = CurrentLogger.get();
  if (current === undefined) return load();
  const filter = filtered(current);
  Logger.overrideLogger(filter);
  try {
    return await load();
  } finally {
    // Somebody else may have set another one meanwhile: theirs stays.
    if (CurrentLogger.get() === filter) Logger.overrideLogger(current);
  }
}

function filtered(target: LoggerService): LoggerService {
  return {
    log: (message: unknown, ...rest: unknown[]) => {
      if (!NEST_CONTEXTS.has(rest.at(-1))) target.log(message, ...rest);
    },
    error: (message: unknown, ...rest: unknown[]) => target.error(message, ...rest),
    warn: (message: unknown, ...rest: unknown[]) => target.warn(message, ...rest),
    debug: (message: unknown, ...rest: unknown[]) => target.debug?.(message, ...rest),
    verbose: (message: unknown, ...rest: unknown[]) => target.verbose?.(message, ...rest),
    fatal: (message: unknown, ...rest: unknown[]) => target.fatal?.(message, ...rest),
  };
}
