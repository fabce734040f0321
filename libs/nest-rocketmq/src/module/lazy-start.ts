// Starts something once, at boot or when it is first needed. Must never start it twice at a time.

export class LazyStart {
  private started: Promise<void> | undefined;

  constructor(private readonly start: () => Promise<void>) {}

  /** Whether it runs, or is about to. */
  get isStarted(): boolean {
    return this.started !== undefined;
  }

  /** Resolves when it runs. One that failed is tried again with the next call. */
  run(): Promise<void> {
    this.started ??= this.start().catch((error: unknown) => {
      this.started = undefined;
      throw error;
    });
    return this.started;
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await this.started?.catch(() => undefined);
  }
}
