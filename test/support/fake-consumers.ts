// Consumers of listener groups without a cluster: they note what is done to them, and a test hands them messages. Must never take time of their own,
// but for a shutdown that drains.
import type { Clock } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import type { ConsumerFactory, ConsumerPort, ConsumerSpec, Verdict } from '../../libs/nest-rocketmq/src/listener/index.js';

export interface FakeConsumer {
  readonly spec: ConsumerSpec;
  readonly deliver: (message: MessageExt) => Promise<Verdict>;
}

export class FakeConsumers {
  /** `Billing start`, `Billing shutdown 200`, `Billing suspend`, `Billing concurrency 7`. */
  readonly events: string[] = [];
  /** Every one that was made. */
  readonly made: FakeConsumer[] = [];
  /** By id: starts that fail. */
  readonly failing = new Map<string, Error>();
  /** The next start fails. */
  failingOnce: Error | undefined;
  /** Starts that hang until resolved. */
  readonly hanging = new Map<string, Promise<void>>();
  queues: ReturnType<ConsumerPort['queues']> = [];
  underWay = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onEvent: (event: string) => void = () => undefined,
  ) {}

  get last(): FakeConsumer {
    return this.made.at(-1)!;
  }

  readonly create: ConsumerFactory = (spec, handle) => {
    this.made.push({
      spec,
      deliver: async (message) => {
        this.underWay++;
        try {
          return (await handle([message], { signal: new AbortController().signal }))[0]!;
        } finally {
          this.underWay--;
        }
      },
    });
    return this.portOf(spec);
  };

  private portOf({ id }: ConsumerSpec): ConsumerPort {
    return {
      start: async () => {
        this.note(`${id} start`);
        await this.hanging.get(id);
        const error = this.failingOnce ?? this.failing.get(id);
        this.failingOnce = undefined;
        if (error !== undefined) throw error;
      },
      shutdown: async (drainMs, signal) => {
        this.note(`${id} shutdown ${drainMs}`);
        if (this.underWay === 0 || signal?.aborted === true) return;
        await new Promise<void>((resolve) => {
          const timer = this.clock.setTimer(resolve, drainMs);
          signal?.addEventListener('abort', () => {
            timer.cancel();
            resolve();
          });
        });
      },
      suspend: () => this.note(`${id} suspend`),
      resume: () => this.note(`${id} resume`),
      setConcurrency: (concurrency) => this.note(`${id} concurrency ${concurrency}`),
      queues: () => this.queues,
    };
  }

  private note(event: string): void {
    this.events.push(event);
    this.onEvent(event);
  }
}
