// Starts what an application needs as its option `startup` says: a failure ends the boot, or is tried again. Must never know what it starts.
import { type Clock, type Logger, reasonOf, sleep } from 'rocketmq-core/common';

/** First and longest pause between two attempts of a start in the background, ms. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

export interface StartServices {
  /** The connection's, which may be inherited and is known late. */
  readonly clock: () => Clock;
  readonly logger: Logger;
}

export class BackgroundStarts {
  private readonly closing = new AbortController();
  private running: Promise<void>[] = [];

  constructor(
    private readonly services: StartServices,
    private readonly isBackground: () => boolean,
  ) {}

  /**
   * With `startup: 'background'`, of this one or else of the module, it resolves at once and goes on trying with pauses of 1 s, doubling to
   * 30 s, until `start` resolves: to false when it is no longer wanted.
   */
  async startUp(what: string, start: () => Promise<unknown>, startup?: 'fail' | 'background'): Promise<void> {
    try {
      await start();
    } catch (error) {
      const isBackground = startup === undefined ? this.isBackground() : startup === 'background';
      if (!isBackground || this.closing.signal.aborted) throw error;
      this.services.logger.warn(`${what} cannot start yet, trying again in the background: ${reasonOf(error)}`);
      this.running.push(this.retry(what, start));
    }
  }

  /** No attempt begins any more; stop() waits for those under way. */
  close(): void {
    this.closing.abort(new Error('the application is stopping'));
  }

  /** Ends attempts in the background. */
  async stop(): Promise<void> {
    this.close();
    await Promise.allSettled(this.running);
    this.running = [];
  }

  private async retry(what: string, start: () => Promise<unknown>): Promise<void> {
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      try {
        await sleep(this.services.clock(), pauseMs, this.closing.signal);
        if ((await start()) !== false) this.services.logger.info(`${what} has started`);
        return;
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.services.logger.warn(`${what} cannot start yet: ${reasonOf(error)}`);
      }
    }
  }
}
