// The logging port. Libraries never print; whoever starts them says where lines go.

/** Log sink. `fields` are values a person searches by; implementations must escape control characters and mask secrets. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Drops every line. The default of the client library. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
