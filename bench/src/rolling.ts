// Counts and latencies since the last report and since the start, for the benchmark's lines.

export class Rolling {
  private count = 0;
  private sumMs = 0;
  private maxMs = 0;
  private total = 0;
  private totalMs = 0;
  private highestMs = 0;
  private readonly startedAt = performance.now();
  private reportedAt = this.startedAt;

  add(latencyMs: number, count = 1): void {
    this.count += count;
    this.sumMs += latencyMs * count;
    if (latencyMs > this.maxMs) this.maxMs = latencyMs;
  }

  /** The figures since the last call. */
  report(): { perSecond: number; averageMs: number; maxMs: number } {
    const now = performance.now();
    const result = {
      perSecond: (this.count * 1000) / (now - this.reportedAt),
      averageMs: this.count === 0 ? 0 : this.sumMs / this.count,
      maxMs: this.maxMs,
    };
    this.total += this.count;
    this.totalMs += this.sumMs;
    this.highestMs = Math.max(this.highestMs, this.maxMs);
    this.reportedAt = now;
    this.count = 0;
    this.sumMs = 0;
    this.maxMs = 0;
    return result;
  }

  /** The figures of the whole run. */
  whole(): { total: number; perSecond: number; averageMs: number; maxMs: number } {
    this.report();
    const elapsedMs = performance.now() - this.startedAt;
    return {
      total: this.total,
      perSecond: (this.total * 1000) / elapsedMs,
      averageMs: this.total === 0 ? 0 : this.totalMs / this.total,
      maxMs: this.highestMs,
    };
  }
}
