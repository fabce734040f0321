// Work that nobody awaits: started by timers or notices, logged when it fails, waited for at shutdown. Must never lose a rejection.
import { type Logger, reasonOf } from '../common/index.js';

export class BackgroundTasks {
  private readonly logger: Logger;
  private readonly running = new Set<Promise<void>>();
  private isEnding = false;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  run(what: string, work: () => Promise<unknown>): void {
    const task = this.guarded(what, work).finally(() => this.running.delete(task));
    this.running.add(task);
  }

  /** What they work with goes away: from now on a failure is no news. */
  end(): void {
    this.isEnding = true;
  }

  /** Resolves when nothing is running any more. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async guarded(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger[this.isEnding ? 'debug' : 'warn'](`${what} failed: ${reasonOf(error)}`);
    }
  }
}
