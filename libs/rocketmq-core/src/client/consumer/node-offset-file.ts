// A broadcasting member's offset file on the real file system. The only place of the client that calls node:fs; must never leave a half-written file in its place.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OffsetFile } from './local-file-offset-store.js';

export class NodeOffsetFile implements OffsetFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  read(): Promise<string | undefined> {
    return readIfThere(this.path);
  }

  readBackup(): Promise<string | undefined> {
    return readIfThere(`${this.path}.bak`);
  }

  async write(text: string, keepsBackup: boolean): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const temporary = `${this.path}.tmp`;
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text, 'utf8');
      await handle.datasync();
    } finally {
      await handle.close();
    }
    // Between the two renames there is only the backup: readers take it then.
    if (keepsBackup) await rename(this.path, `${this.path}.bak`);
    await rename(temporary, this.path);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
