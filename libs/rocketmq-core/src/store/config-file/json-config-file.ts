// A state file of the broker (`config/*.json`): replaced in one step, with the generation before kept as `.bak`. Knows text, not JSON.
// Must never lose the last good generation, nor take damage for an empty state.
import { dirname } from 'node:path';
import { type Logger, reasonOf } from '../../common/index.js';
import { silentLogger } from '../../common/index.js';
import { ConfigError } from '../../errors/index.js';
import type { Disk } from '../disk/disk.js';
import { readWholeFile, writeWholeFile } from '../file/whole-file.js';

export interface JsonConfigFileOptions<T> {
  disk: Disk;
  path: string;
  encode(value: T): string;
  /** Throws when the text is not what it should be; the backup is taken then. */
  decode(text: string): T;
  logger?: Logger;
}

export class JsonConfigFile<T> {
  private readonly options: JsonConfigFileOptions<T>;
  private readonly logger: Logger;
  /** The main file is worth becoming the backup. */
  private isMainGood = false;
  private running: Promise<void> | undefined;
  private next: { value: T; promise: Promise<void> } | undefined;

  constructor(options: JsonConfigFileOptions<T>) {
    this.options = options;
    this.logger = options.logger ?? silentLogger;
  }

  get path(): string {
    return this.options.path;
  }

  private get backupPath(): string {
    return `${this.options.path}.bak`;
  }

  /** The newest good generation; undefined when there is neither file. Throws ConfigError when there is one and none can be read. */
  load(): T | undefined {
    const main = this.read(this.path);
    this.isMainGood = main.kind === 'good';
    if (main.kind === 'good') return main.value;
    const backup = this.read(this.backupPath);
    if (backup.kind === 'good') {
      this.logger.warn('state file not usable, its backup is used', {
        path: this.path,
        problem: main.kind === 'bad' ? main.problem : 'missing',
      });
      return backup.value;
    }
    if (main.kind === 'missing' && backup.kind === 'missing') return undefined;
    const problems = [
      { key: this.path, problem: main.kind === 'bad' ? main.problem : 'is missing' },
      { key: this.backupPath, problem: backup.kind === 'bad' ? backup.problem : 'is missing' },
    ];
    throw new ConfigError('state file', problems);
  }

  /** Resolves when `value`, or a later one, is durable. Calls during a write make one more write together. */
  persist(value: T): Promise<void> {
    if (this.next !== undefined) {
      this.next.value = value;
      return this.next.promise;
    }
    if (this.running === undefined) return this.start(value);
    const waiting = { value, promise: Promise.resolve() };
    // A failed write is its caller's to hear of; the next one is tried all the same.
    waiting.promise = this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.start(waiting.value);
      });
    this.next = waiting;
    return waiting.promise;
  }

  private start(value: T): Promise<void> {
    const written = this.write(this.options.encode(value)).finally(() => {
      if (this.running === written) this.running = undefined;
    });
    this.running = written;
    return written;
  }

  private async write(text: string): Promise<void> {
    const { disk, path } = this.options;
    const directory = dirname(path);
    const draft = `${path}.tmp`;
    const made = disk.makeDirectory(directory);
    await writeWholeFile(disk, draft, new TextEncoder().encode(text));
    if (this.isMainGood) {
      // A second name first: at no moment is there no good generation under either name.
      disk.removeFile(this.backupPath);
      disk.link(path, this.backupPath);
    }
    disk.rename(draft, path);
    this.isMainGood = true;
    await disk.flushDirectory(directory);
    for (const each of made) await disk.flushDirectory(dirname(each));
  }

  private read(path: string): { kind: 'good'; value: T } | { kind: 'bad'; problem: string } | { kind: 'missing' } {
    const bytes = readWholeFile(this.options.disk, path);
    if (bytes === undefined) return { kind: 'missing' };
    const text = new TextDecoder().decode(bytes);
    if (text.trim() === '') return { kind: 'bad', problem: 'is empty' };
    try {
      return { kind: 'good', value: this.options.decode(text) };
    } catch (error) {
      return { kind: 'bad', problem: `cannot be read: ${reasonOf(error)}` };
    }
  }
}
