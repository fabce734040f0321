// The file that says "running": found at a start, it means that the last stop was none. Only its existence counts.
import type { Disk } from '../disk/disk.js';
import { writeWholeFile } from '../file/whole-file.js';

export class AbortMarker {
  private readonly path: string;
  private readonly directory: string;
  private readonly disk: Disk;

  constructor(directory: string, path: string, disk: Disk) {
    this.directory = directory;
    this.path = path;
    this.disk = disk;
  }

  exists(): boolean {
    return this.disk.stat(this.path) !== undefined;
  }

  /** [java 5.5.0] writes the process id, for people. */
  async write(): Promise<void> {
    await writeWholeFile(this.disk, this.path, new TextEncoder().encode(String(process.pid)));
    await this.disk.flushDirectory(this.directory);
  }

  async remove(): Promise<void> {
    this.disk.removeFile(this.path);
    await this.disk.flushDirectory(this.directory);
  }
}
