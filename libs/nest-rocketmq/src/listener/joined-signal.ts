// One AbortSignal for one handler call, out of signals that live longer than it. Must never be held by those once the call is over:
// AbortSignal.any would be, with every listener a handler has put on it.

export class JoinedSignal {
  private joined: AbortController | undefined;
  private readonly abort = (event: Event): void => this.joined?.abort((event.target as AbortSignal).reason);
  private sources: readonly AbortSignal[] = [];

  /** `sourcesOf` is asked when somebody wants the signal. */
  constructor(private readonly sourcesOf: () => readonly AbortSignal[]) {}

  /** Aborts with the first of its sources, and with its reason; after release() no more. */
  get(): AbortSignal {
    if (this.joined !== undefined) return this.joined.signal;
    this.joined = new AbortController();
    this.sources = this.sourcesOf();
    const over = this.sources.find(({ aborted }) => aborted);
    if (over !== undefined) this.joined.abort(over.reason);
    else for (const source of this.sources) source.addEventListener('abort', this.abort, { once: true });
    return this.joined.signal;
  }

  release(): void {
    for (const source of this.sources) source.removeEventListener('abort', this.abort);
    this.sources = [];
  }
}
