// A directory for the time of one story. Must never outlive it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function withTemporaryDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'nest-rocketmq-demo-'));
  try {
    await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
