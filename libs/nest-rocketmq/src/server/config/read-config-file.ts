// Reads a configuration file of a server from disk. The only file access of the configuration folder.
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from 'rocketmq-core/errors';
import { PROPERTIES_TEXT_LIMIT_BYTES } from './properties-file.js';

/** The text of a configuration file; throws ConfigError when it is missing, no file, or too large. */
export async function readConfigFile(path: string): Promise<string> {
  const refuse = (problem: string): ConfigError => new ConfigError(path, [{ key: '(file)', problem }]);
  try {
    const { size } = await stat(path);
    if (size > PROPERTIES_TEXT_LIMIT_BYTES) throw refuse(`is ${size} bytes, the limit is ${PROPERTIES_TEXT_LIMIT_BYTES}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : `cannot be read: ${code ?? String(error)}`);
  }
}
