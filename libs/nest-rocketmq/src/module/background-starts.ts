// Starts what an application needs as its option `startup` says: a failure ends the boot, or is tried again. Must never know what it starts.
import { type Clock, type Logger, sleep } from 'rocketmq-core/common';

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

  /** With `startup: 'background'` it resolves at once, and goes on trying with pauses of 1 s, doubling to 30 s. */
  async startUp(what: string, start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (!this.isBackground()) throw error;
      this.services.logger.warn(`${what} cannot start yet, trying again in the background: ${reasonOf(error)}`);
      this.running.push(this.retry(what, start));
    }
  }

  /** Ends attempts in the background. */
  async stop(): Promise<void> {
    this.closing.abort(new Error('the application is stopping'));
    await Promise.allSettled(this.running);
    this.running = [];
  }

  private async retry(what: string, start: () => Promise<void>): Promise<void> {
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      try {
        await sleep(this.services.clock(), pauseMs, this.closing.signal);
        await start();
        this.services.logger.info(`${what} has started`);
        return;
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.services.logger.warn(`${what} cannot start yet: ${reasonOf(error)}`);
      }
    }
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
