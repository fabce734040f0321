// Lines of the client library through Nest's logger. Must never print by itself.
import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'rocketmq-core/common';

export function createNestLogger(context: string): Logger {
  const logger = new NestLogger(context);
  const line = (message: string, fields: Record<string, unknown> | undefined): string => {
    const shown = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
    return shown.length === 0 ? message : `${message} (${shown.map(([name, value]) => `${name}=${text(value)}`).join(', ')})`;
  };
  return {
    debug: (message, fields) => logger.debug(line(message, fields)),
    info: (message, fields) => logger.log(line(message, fields)),
    warn: (message, fields) => logger.warn(line(message, fields)),
    error: (message, fields) => logger.error(line(message, fields)),
  };
}

/** One line: values from the wire must not forge lines of the log. */
function text(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value) ?? String(value);
}
