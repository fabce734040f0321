// What an outbox needs of a database: the seam for TypeORM, Prisma, Drizzle and others. Types only.

/** What a transaction became. Whoever writes it first decides: the row's id is the table's primary key. */
export type OutboxDecision = 'COMMIT' | 'ROLLBACK';

export interface OutboxRow {
  /** The transaction id RocketMQ gave it: the message's UNIQ_KEY. */
  readonly id: string;
  readonly decision: OutboxDecision;
  /** Ms since 1970. */
  readonly createdAt: number;
}

/** A table of OutboxRow in the application's own database, beside its business tables. `Tx`: a handle for statements in one transaction. */
export interface OutboxStore<Tx> {
  /** Runs `work` in a transaction: commits when it resolves, rolls back and rejects with its reason when it rejects. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Inserts the row, within `tx`. Rejects when there is one with that id. */
  insert(tx: Tx, row: OutboxRow): Promise<void>;
  /** In a transaction of its own: inserts the row unless there is one with that id, and gives what is there then, committed. Rejects when it cannot know. */
  decide(row: OutboxRow): Promise<OutboxDecision>;
  /** What is committed under that id. */
  find(id: string): Promise<OutboxDecision | undefined>;
  /** Removes at most `limit` rows created before a time (ms); gives how many. */
  removeBefore(time: number, limit: number): Promise<number>;
}
