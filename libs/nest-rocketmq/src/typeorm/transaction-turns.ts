// Transactions one after the other, where TypeORM has one connection for all of them. Must never hold up a database with a pool.
import type { DataSource, EntityManager } from 'typeorm';

/** Drivers whose data source has one connection: two transactions at once would be one. */
const ONE_CONNECTION: ReadonlySet<string> = new Set([
  'sqljs',
  'sqlite',
  'better-sqlite3',
  'cordova',
  'expo',
  'nativescript',
  'react-native',
  'capacitor',
]);

const lastTurn = new WeakMap<DataSource, Promise<unknown>>();

/** The data source's own transaction, in turn where that is needed. */
export function inTransaction<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return inTurn(dataSource, () => dataSource.transaction(work));
}

/** Statements outside of a transaction, not in the middle of somebody's. */
export function inTurn<T>(dataSource: DataSource, run: () => Promise<T>): Promise<T> {
  if (!ONE_CONNECTION.has(dataSource.options.type)) return run();
  const turn = (lastTurn.get(dataSource) ?? Promise.resolve()).then(run);
  lastTurn.set(
    dataSource,
    turn.catch(() => undefined),
  );
  return turn;
}
