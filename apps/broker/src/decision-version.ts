// One counter for everything an admission decision depends on: topics, groups, subscriptions, broker permission.
// Must never go backwards: the data plane keeps a decision only while the value it was taken at still stands.

export class DecisionVersion {
  private current = 0;

  get value(): number {
    return this.current;
  }

  /** Called by a table after a change that could turn a cached decision. */
  bump(): void {
    this.current = (this.current + 1) | 0;
  }
}
