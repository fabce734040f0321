// Log lines on stderr, for a person who looks for what a test found. Must never be on by default.
import type { Logger } from 'rocketmq-core/common';

export function consoleLogger(name: string): Logger {
  const line =
    (level: string) =>
    (message: string, fields?: unknown): void =>
      void process.stderr.write(`${name} ${level} ${message} ${fields === undefined ? '' : JSON.stringify(fields)}\n`);
  return { debug: () => {}, info: line('info'), warn: line('warn'), error: line('error') };
}
