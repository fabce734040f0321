// Tells a listener call that its messages are no longer its own. Must never cost a call that does not ask: the signal is made when it is.

export class CallExpiry {
  private controller: AbortController | undefined;
  private reason: Error | undefined;

  /** Aborted once the call is over its time. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.reason !== undefined) this.controller.abort(this.reason);
    return this.controller.signal;
  }

  expire(consumeTimeoutMinutes: number): void {
    this.reason ??= new Error(`the listener runs for longer than consumeTimeout, ${consumeTimeoutMinutes} min`);
    this.controller?.abort(this.reason);
  }
}
