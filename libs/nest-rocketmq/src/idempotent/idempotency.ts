// Stands around each delivery to a handler with @Idempotent: claims its key, renews the claim, marks it done or gives it back.
// Must never acknowledge a message that may not have been processed.
import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from 'rocketmq-core/common';
import { RocketMQInterceptor } from '../interceptor/index.js';
import { type ConsumeInterceptor, type Delivery, type ListenerDefinition, ReconsumeLater, type Verdict } from '../listener/index.js';
import type { ConfigurationProblem } from '../options/index.js';
import { delayLevelWhileBusy } from './busy-delay.js';
import { keyOf } from './idempotency-key.js';
import { findIdempotencyProblems } from './idempotency-problems.js';
import type { IdempotencyStore } from './idempotency-store.js';
import { idempotentOptionsOf } from './idempotent.decorator.js';
import { type IdempotencyRule, toIdempotencyRule } from './idempotent-options.js';
import { LimitedStore } from './limited-store.js';
import type { StoreOf } from './store-of.js';

/** Inside what applications put around a delivery, so that traces and metrics see duplicates, too. */
const ORDER = 1000;
/** A claim is renewed so many times within its lease. */
const RENEWALS_PER_LEASE = 3;
/** Attempts to note that the work has been done. */
const COMPLETE_ATTEMPTS = 3;
/** The broker picks the delay. */
const USUAL_DELAY = 0;

/** What became of the deliveries of one handler since the application started. */
export interface IdempotencyStats {
  /** Claims taken: the handler was called. */
  claimed: number;
  /** Acknowledged without calling the handler. */
  duplicates: number;
  /** Put off, as another delivery had the claim. */
  busy: number;
  /** Claims given back after a failure. */
  released: number;
  /** Handlers that came back after another delivery had taken their claim: the message has been processed twice, or is being. */
  lost: number;
  /** Calls of the store that failed or took too long. */
  storeFailures: number;
}

export interface IdempotencyServices {
  readonly connection: string;
  /** Known once the application has been initialised. */
  readonly clock: () => Clock;
  readonly logger: Logger;
  /** The store a rule names, or the one for those that name none; throws for a token nobody provides. */
  readonly storeOf: StoreOf;
}

interface Protection {
  readonly options: object;
  readonly rule: IdempotencyRule;
  readonly store: IdempotencyStore;
  readonly stats: IdempotencyStats;
}

interface Claimed {
  readonly key: string;
  readonly owner: string;
}

@RocketMQInterceptor({ order: ORDER })
export class RocketMQIdempotency implements ConsumeInterceptor {
  /** By `listener.method`. */
  private readonly protections = new Map<string, Protection>();

  constructor(private readonly services: IdempotencyServices) {}

  /** By `listener.method`; empty for a handler that has had no message yet. */
  stats(): Readonly<Record<string, Readonly<IdempotencyStats>>> {
    return Object.fromEntries([...this.protections].map(([name, { stats }]) => [name, { ...stats }]));
  }

  checkListener(listener: ListenerDefinition): readonly ConfigurationProblem[] {
    return findIdempotencyProblems(listener, this.services.storeOf);
  }

  async interceptConsume(delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const protection = this.protectionOf(delivery);
    if (protection === undefined) return next();
    const { rule, store, stats } = protection;
    const claimed: Claimed = { key: await keyOf(rule, delivery), owner: randomUUID() };
    let claim;
    try {
      claim = await store.claim(claimed.key, claimed.owner, rule.leaseMs);
    } catch (error) {
      stats.storeFailures++;
      this.note(
        'warn',
        `no claim, the message is ${rule.whenStoreFails === 'RETRY' ? 'retried' : 'processed all the same'}`,
        delivery,
        error,
      );
      return rule.whenStoreFails === 'PROCESS' ? next() : { kind: 'AGAIN', delayLevel: USUAL_DELAY, error };
    }
    if (claim.state === 'DONE') {
      stats.duplicates++;
      this.note('debug', 'a duplicate, acknowledged', delivery);
      return { kind: 'CONSUMED', reason: 'duplicate' };
    }
    if (claim.state === 'PROCESSING') {
      stats.busy++;
      this.note('debug', `being processed by another delivery, put off; its claim has ${Math.ceil(claim.leaseLeftMs)} ms left`, delivery);
      // Put off, not failed: counters and spans tell the two apart.
      const error = new ReconsumeLater(undefined, `@Idempotent: ${claimed.key} is being processed`);
      return { kind: 'AGAIN', delayLevel: delayLevelWhileBusy(claim.leaseLeftMs, delivery.context.reconsumeTimes), error };
    }
    stats.claimed++;
    return this.run(protection, claimed, delivery, next);
  }

  private async run(protection: Protection, claimed: Claimed, delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const stopRenewing = this.renew(protection, claimed, delivery);
    const verdict = await next();
    await stopRenewing();
    if (verdict.kind === 'CONSUMED') await this.complete(protection, claimed, delivery);
    else await this.giveBack(protection, claimed, delivery);
    return verdict;
  }

  /** Keeps the claim while the handler runs, for processingTimeout at most: what hangs must not hold its message for ever. */
  private renew({ rule, store, stats }: Protection, { key, owner }: Claimed, delivery: Delivery): () => Promise<void> {
    const clock = this.services.clock();
    const startedAt = clock.monotonic();
    let renewal: Promise<void> | undefined;
    const renewOnce = async (): Promise<void> => {
      try {
        if (!(await store.extend(key, owner, rule.leaseMs))) timer.cancel();
      } catch (error) {
        stats.storeFailures++;
        this.note('warn', 'the claim could not be renewed', delivery, error);
      } finally {
        renewal = undefined;
      }
    };
    const timer = clock.setPeriodic(() => {
      if (clock.monotonic() - startedAt >= rule.processingTimeoutMs) {
        timer.cancel();
        this.note('warn', `still running after ${rule.processingTimeoutMs} ms: its claim is not renewed any more`, delivery);
      } else renewal ??= renewOnce();
    }, rule.leaseMs / RENEWALS_PER_LEASE);
    return async () => {
      timer.cancel();
      await renewal;
    };
  }

  /** The work is done, so the message is acknowledged even where that cannot be noted: delivered again, it would be done again. */
  private async complete({ rule, store, stats }: Protection, { key, owner }: Claimed, delivery: Delivery): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (await store.complete(key, owner, rule.ttlMs)) return;
        stats.lost++;
        return this.note('warn', 'the handler outlived its claim and another delivery has taken it: processed twice', delivery);
      } catch (error) {
        stats.storeFailures++;
        if (attempt < COMPLETE_ATTEMPTS) continue;
        return this.note('error', 'processed, but the store could not be told: a duplicate would be processed again', delivery, error);
      }
    }
  }

  private async giveBack({ store, stats }: Protection, { key, owner }: Claimed, delivery: Delivery): Promise<void> {
    try {
      await store.release(key, owner);
      stats.released++;
    } catch (error) {
      stats.storeFailures++;
      this.note('warn', 'the claim could not be given back and ends with its lease', delivery, error);
    }
  }

  private protectionOf({ listener, handler }: Delivery): Protection | undefined {
    // Each connection of an application has one of these, and each sees the deliveries of all.
    if (listener.type === undefined || listener.options.connection !== this.services.connection) return undefined;
    const name = `${listener.id}.${handler}`;
    const options = idempotentOptionsOf(listener.type, handler);
    const known = this.protections.get(name);
    // A listener registered at run time may have the id of one that has gone.
    if (options === undefined || known?.options === options) return options && known;
    const rule = toIdempotencyRule(options, listener.options.consumeTimeout);
    const store = new LimitedStore(this.services.storeOf(options.store), rule.storeTimeoutMs, this.services.clock());
    const stats = { claimed: 0, duplicates: 0, busy: 0, released: 0, lost: 0, storeFailures: 0 };
    const protection = { options, rule, store, stats };
    this.protections.set(name, protection);
    return protection;
  }

  private note(level: 'debug' | 'warn' | 'error', what: string, { listener, handler, context }: Delivery, error?: unknown): void {
    this.services.logger[level](`${listener.className}.${handler}: @Idempotent: ${what}`, {
      topic: context.topic,
      msgId: context.msgId,
      keys: context.message.keys,
      reconsumeTimes: context.reconsumeTimes,
      consumerGroup: context.consumerGroup,
      error,
    });
  }
}
