// Which brokers were slow or failed lately, and until when to avoid them [java MQFaultStrategy, LatencyFaultToleranceImpl since 5.1.4].
// Must never exclude every broker: the caller falls back to plain rotation.
import type { Clock } from '../../common/index.js';

/** A latency of at least `latencyMs` keeps the broker out for `avoidMs`. */
const STEPS: ReadonlyArray<{ latencyMs: number; avoidMs: number }> = [
  { latencyMs: 15_000, avoidMs: 30_000 },
  { latencyMs: 5000, avoidMs: 10_000 },
  { latencyMs: 3000, avoidMs: 6000 },
  { latencyMs: 1800, avoidMs: 5000 },
  { latencyMs: 1000, avoidMs: 2000 },
];
/** What a failed send counts as. */
const FAILURE_LATENCY_MS = 10_000;

/** How long a broker is avoided after an answer that took this long. */
export function avoidanceMs(latencyMs: number): number {
  return STEPS.find((step) => latencyMs >= step.latencyMs)?.avoidMs ?? 0;
}

interface Fault {
  availableAtMs: number;
  reachable: boolean;
}

export class LatencyFaultTable {
  private readonly clock: Clock;
  private readonly faults = new Map<string, Fault>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  recordAnswer(brokerName: string, latencyMs: number): void {
    this.record(brokerName, latencyMs, true);
  }

  recordFailure(brokerName: string, reachable: boolean): void {
    this.record(brokerName, FAILURE_LATENCY_MS, reachable);
  }

  isAvailable(brokerName: string): boolean {
    const fault = this.faults.get(brokerName);
    return fault === undefined || this.clock.monotonic() >= fault.availableAtMs;
  }

  isReachable(brokerName: string): boolean {
    return this.faults.get(brokerName)?.reachable ?? true;
  }

  private record(brokerName: string, latencyMs: number, reachable: boolean): void {
    this.faults.set(brokerName, { availableAtMs: this.clock.monotonic() + avoidanceMs(latencyMs), reachable });
  }
}
