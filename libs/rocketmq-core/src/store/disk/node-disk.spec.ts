// What only the real disk can show: that a flush reaches the operating system. Everything else of it is in test/contract.
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';

type Flush = typeof fs.fsync;

const flushed: string[] = [];
const counting = (name: string, flush: Flush): Flush =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the promisified form is not called
  ((descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => {
    flushed.push(name);
    flush(descriptor, done);
  }) as Flush;

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  fdatasync: counting('fdatasync', fs.fdatasync as Flush),
  fsync: counting('fsync', fs.fsync),
}));
const { NodeDisk } = await import('./node-disk.js');

describe('NodeDisk', () => {
  it('flushes files and directories for real', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'node-disk-'));
    try {
      const disk = new NodeDisk();
      const file = disk.openFile(join(directory, 'log'), 'create');
      file.writeSync(Buffer.from('x'), 0, 1, 0);
      expect(flushed).toEqual([]);
      await file.flush();
      expect(flushed).toEqual(['fdatasync']);
      await disk.flushDirectory(directory);
      expect(flushed).toEqual(['fdatasync', 'fsync']);
      file.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
