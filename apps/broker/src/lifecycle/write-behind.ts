// Writes one state file whenever asked, one write at a time: what is asked for during a write is covered by one more. Must never write
// text that did not change, nor let a failed write pass unnoticed: it is tried again with the next request.
import type { Logger } from 'rocketmq-core/common';

export class WriteBehind {
  private wanted = false;
  private underWay: Promise<void> | undefined;
  private written: string | undefined;
  private failures = 0;

  constructor(
    private readonly path: string,
    private readonly text: () => string,
    private readonly write: (text: string) => Promise<void> | void,
    private readonly logger: Logger,
  ) {}

  request(): void {
    this.wanted = true;
    this.underWay ??= this.run().finally(() => (this.underWay = undefined));
  }

  /** Resolves when everything requested so far was written, or could not be. */
  async settled(): Promise<void> {
    await this.underWay;
  }

  get failedWrites(): number {
    return this.failures;
  }

  private async run(): Promise<void> {
    while (this.wanted) {
      // The turn's other changes go with this write.
      await Promise.resolve();
      this.wanted = false;
      const text = this.text();
      if (text === this.written) continue;
      try {
        await this.write(text);
        this.written = text;
      } catch (error) {
        this.failures++;
        this.logger.error('state file not written', { path: this.path, error });
      }
    }
  }
}
