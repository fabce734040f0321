// A directory for the time of one story, and the settings written into it. Must never outlive it.
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function withTemporaryDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'nest-rocketmq-demo-'));
  // A signal ends the process without the end of the work.
  const removeAtExit = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  try {
    await work(path);
  } finally {
    process.off('exit', removeAtExit);
    await rm(path, { recursive: true, force: true });
  }
}

/** A file of `key=value` lines; gives its path back. */
export async function writeProperties(path: string, keys: Readonly<Record<string, string | number | boolean>>): Promise<string> {
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(path, lines.join(''));
  return path;
}
