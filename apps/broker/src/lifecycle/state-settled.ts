// Lets a request wait until what it changed is on disk and known to the name servers. Must never wait for ever: a name server that
// does not answer delays a request by a bounded time only.

export class StateSettled {
  private readonly waits: Array<() => Promise<void>> = [];

  /** Adds something that a topic change must reach. */
  join(wait: () => Promise<void>): void {
    this.waits.push(wait);
  }

  async topics(): Promise<void> {
    await Promise.all(this.waits.map((wait) => wait()));
  }
}
