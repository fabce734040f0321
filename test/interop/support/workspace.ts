// The folder and the processes of one spec file: ended by their pid at its end, folder removed unless a scenario failed.
// Must never end a process it did not start.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerProcess } from './server-process.js';

export class Workspace {
  readonly dir = mkdtempSync(join(tmpdir(), 'rmq-interop-'));
  private readonly servers: ServerProcess[] = [];
  private readonly closers: Array<() => Promise<void>> = [];
  private folders = 0;
  private closed = false;
  private failed = process.env['INTEROP_KEEP'] !== undefined;

  /** A new folder, named so that a person finds it. */
  folder(name: string): string {
    const path = join(this.dir, `${String(++this.folders).padStart(2, '0')}-${name}`);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Takes over a server that has just been started. One that came up after the end is ended at once. */
  async adopt(starting: Promise<ServerProcess>): Promise<ServerProcess> {
    const server = await starting;
    if (this.closed) {
      await server.kill9();
      throw new Error(`${server.name} came up after the end of the test`);
    }
    this.servers.push(server);
    return server;
  }

  /** What is closed at the end, before the servers: clients and applications in this process. */
  atEnd(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  /** Runs the body of a test; what it throws says where the logs are, and they stay there. */
  async run(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.failed = true;
      if (error instanceof Error) {
        error.message = `${error.message}\nlogs are kept in ${this.dir}`;
        if (error.stack !== undefined) error.stack = `logs are kept in ${this.dir}\n${error.stack}`;
      }
      throw error;
    }
  }

  /** A test of this workspace, for `it(name, workspace.test(async () => ...))`. */
  test(body: () => Promise<void>): () => Promise<void> {
    return () => this.run(body);
  }

  /** Ends clients, then servers, the youngest first, so that brokers sign off before their name server goes. */
  async close(): Promise<void> {
    this.closed = true;
    for (const close of this.closers.splice(0).toReversed()) await close();
    for (const server of this.servers.splice(0).toReversed()) await (server.killedAtEnd ? server.kill9() : server.stop());
    if (!this.failed) rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
