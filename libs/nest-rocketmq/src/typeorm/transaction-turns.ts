// Transactions one after the other, where TypeORM has one connection for all of them. Must never hold up a database with a pool.
import { AsyncLocalStorage } from 'node:async_hooks';
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

/** The turn that runs in this chain of calls; over when its work is. */
interface Turn {
  readonly dataSource: DataSource;
  isOver: boolean;
}
const current = new AsyncLocalStorage<Turn>();

/** The data source's own transaction, in turn where that is needed. */
export function inTransaction<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return inTurn(dataSource, () => dataSource.transaction(work));
}

/** Statements outside of a transaction, not in the middle of somebody's. Rejects inside of another turn, which it would wait for. */
export function inTurn<T>(dataSource: DataSource, run: () => Promise<T>): Promise<T> {
  if (!ONE_CONNECTION.has(dataSource.options.type)) return run();
  const around = current.getStore();
  if (around?.dataSource === dataSource && !around.isOver) {
    const text = `${dataSource.options.type} has one connection: a transaction inside of another would wait for it without end`;
    return Promise.reject(new Error(`${text}. Begin it after the other, or use a database with a pool`));
  }
  const own: Turn = { dataSource, isOver: false };
  const turn = (lastTurn.get(dataSource) ?? Promise.resolve())
    .then(() => current.run(own, run))
    .finally(() => {
      own.isOver = true;
    });
  lastTurn.set(
    dataSource,
    turn.catch(() => undefined),
  );
  return turn;
}
