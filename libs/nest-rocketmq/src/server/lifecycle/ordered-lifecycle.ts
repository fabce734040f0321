// The ordered start and stop list of a server: what starts first stops last. Must never know what its steps do.
import type { Logger } from 'rocketmq-core/common';

export interface LifecycleStep {
  readonly name: string;
  start?(): Promise<void> | void;
  /** Runs only when `start` had succeeded. An error is logged and does not keep later steps from stopping. */
  stop?(): Promise<void> | void;
}

/**
 * Starts the steps in order and stops them in reverse. A step that fails to start stops those before it and its error goes to the caller.
 * `stop` may be called at any time and any number of times; every call resolves when everything is stopped.
 */
export class OrderedLifecycle {
  private readonly steps: readonly LifecycleStep[];
  private readonly logger: Logger;
  private readonly running: LifecycleStep[] = [];
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(steps: readonly LifecycleStep[], logger: Logger) {
    this.steps = steps;
    this.logger = logger;
  }

  start(): Promise<void> {
    this.starting ??= this.startAll();
    return this.starting;
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async startAll(): Promise<void> {
    for (const step of this.steps) {
      if (this.stopping !== undefined) return;
      try {
        await step.start?.();
      } catch (error) {
        await this.stopRunning();
        throw error;
      }
      this.running.push(step);
    }
  }

  private async stopAll(): Promise<void> {
    // A start under way ends first; its failure is its caller's to see.
    await this.starting?.catch(() => undefined);
    await this.stopRunning();
  }

  private async stopRunning(): Promise<void> {
    for (let step = this.running.pop(); step !== undefined; step = this.running.pop()) {
      try {
        await step.stop?.();
      } catch (error) {
        this.logger.error(`stopping ${step.name} failed`, { error });
      }
    }
  }
}
