// Dead letters of a connection's groups: listed, found, sent again. Must never remove one: a dead-letter topic ends by its retention.
import { type Clock, reasonOf, sleep } from 'rocketmq-core/common';
import { validateGroupName } from 'rocketmq-core/message';
import { readCursor, writeCursor } from './dead-letter-cursor.js';
import { type DeadLetterMessage, isLetterOf, toDeadLetter, toRedriveMessage } from './dead-letter-message.js';
import {
  type DeadLetterList,
  type ListDeadLettersOptions,
  readListOptions,
  readRedriveOptions,
  type RedriveOptions,
  type RedrivePlan,
  type RedriveReport,
  type RedrivenLetter,
} from './dead-letter-options.js';
import type { DeadLetterPort, DeadLetterReader } from './dead-letter-port.js';
import { LetterWalk, queueName } from './letter-walk.js';

/** Letters between two notes of how far `all` has come; after a crash so many are sent once more at most. */
const SAVE_EVERY = 32;

interface Tally {
  readonly redriven: RedrivenLetter[];
  readonly failed: Array<{ id: string; reason: string }>;
}

export class RocketMQDeadLetters {
  constructor(
    private readonly port: DeadLetterPort,
    /** Known once the application has been initialised. */
    private readonly clockOf: () => Clock,
  ) {}

  /** The letters of a consumer group, oldest first. A group without any gives none. Rejects when one of the brokers cannot be read. */
  async list(group: string, options: ListDeadLettersOptions = {}): Promise<DeadLetterList> {
    const { limit, from, to } = readListOptions(options);
    const cursor = options.cursor === undefined ? undefined : readCursor(options.cursor);
    return this.withReader(group, async (reader) => {
      const walk = await LetterWalk.open(reader, async (queue) => cursor?.get(queueName(queue)) ?? this.startOf(reader, queue, from), to);
      const letters: DeadLetterMessage[] = [];
      for (;;) {
        const next = await walk.peek();
        if (next === undefined) return { letters, next: undefined };
        if (letters.length === limit) return { letters, next: writeCursor(walk.positions) };
        letters.push(toDeadLetter(next.message, group));
        next.take();
      }
    });
  }

  /** One letter by its `id`, or by the `msgId` of its message; undefined when the group has none. */
  async get(group: string, id: string): Promise<DeadLetterMessage | undefined> {
    return this.withReader(group, (reader) => this.find(reader, group, id));
  }

  /** Sends letters again and tells what became of each. They stay where they are; a letter keeps its msgId, so `@Idempotent` knows it. */
  async redrive(group: string, options: RedriveOptions): Promise<RedriveReport> {
    const plan = readRedriveOptions(options);
    return this.withReader(group, (reader) =>
      plan.ids === undefined ? this.redriveAll(reader, group, plan) : this.redriveSome(reader, group, plan.ids, plan),
    );
  }

  private async redriveSome(reader: DeadLetterReader, group: string, ids: readonly string[], plan: RedrivePlan): Promise<RedriveReport> {
    const tally: Tally = { redriven: [], failed: [] };
    const pace = this.pace(plan);
    const wanted = [...new Set(ids)];
    for (const id of wanted.slice(0, plan.limit)) {
      if (plan.signal?.aborted) return { ...tally, complete: false };
      const letter = await this.find(reader, group, id).catch((error: unknown) => reasonOf(error));
      if (letter === undefined || typeof letter === 'string') {
        tally.failed.push({ id, reason: letter ?? `${group} has no such dead letter` });
        continue;
      }
      await pace();
      await this.send(letter, plan, tally);
    }
    return { ...tally, complete: wanted.length <= plan.limit && tally.failed.length === 0 };
  }

  private async redriveAll(reader: DeadLetterReader, group: string, plan: RedrivePlan): Promise<RedriveReport> {
    const { from, to, limit, signal } = plan as RedrivePlan & { from?: number; to?: number };
    const isByTime = from !== undefined || to !== undefined;
    const walk = await LetterWalk.open(
      reader,
      async (queue) => {
        const first = await this.startOf(reader, queue, from);
        return isByTime ? first : Math.max(first, await reader.redrivenOffset(queue));
      },
      to,
    );
    const tally: Tally = { redriven: [], failed: [] };
    const pace = this.pace(plan);
    const save = async (): Promise<void> => {
      if (isByTime) return;
      for (const [queue, offset] of walk.reached) await reader.saveRedrivenOffset(queue, offset);
    };
    for (let done = 0; ; done++) {
      const next = signal?.aborted ? undefined : await walk.peek();
      if (next === undefined || done === limit) {
        await save();
        return { ...tally, complete: next === undefined && !signal?.aborted && tally.failed.length === 0 };
      }
      await pace();
      if (!(await this.send(toDeadLetter(next.message, group), plan, tally)) && plan.continueOnError !== true) {
        await save();
        return { ...tally, complete: false };
      }
      next.take();
      if ((done + 1) % SAVE_EVERY === 0) await save();
    }
  }

  private async send(letter: DeadLetterMessage, { target }: RedrivePlan, { redriven, failed }: Tally): Promise<boolean> {
    try {
      const message = toRedriveMessage(letter, target);
      const { sendStatus } = await this.port.send(message);
      if (sendStatus !== 'SEND_OK') throw new Error(`the broker answered ${sendStatus}: it may be lost if the broker fails now`);
      redriven.push({ id: letter.id, msgId: letter.msgId, topic: message.topic });
      return true;
    } catch (error) {
      failed.push({ id: letter.id, reason: reasonOf(error) });
      return false;
    }
  }

  /** Resolves when the next letter may go; the first at once. */
  private pace({ rate, signal }: RedrivePlan): () => Promise<void> {
    const clock = this.clockOf();
    const startedAt = clock.monotonic();
    let sent = 0;
    return async () => {
      const waitMs = startedAt + (sent++ * 1000) / rate - clock.monotonic();
      // An aborted wait is over; what is under way ends with its letter.
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => undefined);
    };
  }

  private async startOf(reader: DeadLetterReader, queue: Parameters<DeadLetterReader['minOffset']>[0], from?: number): Promise<number> {
    return from === undefined ? reader.minOffset(queue) : reader.searchOffset(queue, from);
  }

  private async find(reader: DeadLetterReader, group: string, id: string): Promise<DeadLetterMessage | undefined> {
    const message = await reader.find(id);
    return message !== undefined && isLetterOf(message, group) ? toDeadLetter(message, group) : undefined;
  }

  private async withReader<T>(group: string, use: (reader: DeadLetterReader) => Promise<T>): Promise<T> {
    validateGroupName(group);
    const reader = await this.port.open(group);
    try {
      return await use(reader);
    } finally {
      await reader.close();
    }
  }
}
