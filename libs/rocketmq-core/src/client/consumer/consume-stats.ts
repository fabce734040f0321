// Rates of one consumer by topic, over the last minute, for the running info [java ConsumerStatsManager]. Must never grow with the number of messages.
import type { Clock } from '../../common/index.js';
import type { ConsumeStatus } from '../../protocol/index.js';

interface Bucket {
  second: number;
  pulls: number;
  pullMs: number;
  pulled: number;
  consumed: number;
  consumeMs: number;
  failed: number;
}

const SECONDS = 60;

export class ConsumeStats {
  private readonly clock: Clock;
  private readonly topics = new Map<string, Bucket[]>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  pulled(topic: string, messages: number, tookMs: number): void {
    const bucket = this.bucket(topic);
    bucket.pulls++;
    bucket.pullMs += tookMs;
    bucket.pulled += messages;
  }

  consumed(topic: string, succeeded: number, failed: number, tookMs: number): void {
    const bucket = this.bucket(topic);
    bucket.consumed += succeeded;
    bucket.failed += failed;
    bucket.consumeMs += tookMs;
  }

  of(topic: string): ConsumeStatus {
    const since = this.second() - SECONDS;
    const recent = (this.topics.get(topic) ?? []).filter((bucket) => bucket.second > since);
    const sum = (of: (bucket: Bucket) => number): number => recent.reduce((total, bucket) => total + of(bucket), 0);
    const calls = sum((bucket) => bucket.consumed + bucket.failed);
    const pulls = sum((bucket) => bucket.pulls);
    return {
      pullRT: pulls === 0 ? 0 : sum((bucket) => bucket.pullMs) / pulls,
      pullTPS: sum((bucket) => bucket.pulled) / SECONDS,
      consumeRT: calls === 0 ? 0 : sum((bucket) => bucket.consumeMs) / calls,
      consumeOKTPS: sum((bucket) => bucket.consumed) / SECONDS,
      consumeFailedTPS: sum((bucket) => bucket.failed) / SECONDS,
      consumeFailedMsgs: sum((bucket) => bucket.failed),
    };
  }

  private second(): number {
    return Math.floor(this.clock.monotonic() / 1000);
  }

  private bucket(topic: string): Bucket {
    let buckets = this.topics.get(topic);
    if (buckets === undefined) {
      buckets = [];
      this.topics.set(topic, buckets);
    }
    const second = this.second();
    const slot = second % SECONDS;
    const current = buckets[slot];
    if (current?.second === second) return current;
    const fresh: Bucket = { second, pulls: 0, pullMs: 0, pulled: 0, consumed: 0, consumeMs: 0, failed: 0 };
    buckets[slot] = fresh;
    return fresh;
  }
}
