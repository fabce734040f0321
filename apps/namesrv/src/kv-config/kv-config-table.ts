// The KV configuration: text values by namespace and key, kept in one file. Must never know what a namespace is for.
import type { Logger } from 'rocketmq-core/common';

export const NAMESPACE_ORDER_TOPIC_CONFIG = 'ORDER_TOPIC_CONFIG';

/** Longest namespace or key. */
export const KV_NAME_LIMIT_CHARS = 512;
/** Longest value. */
export const KV_VALUE_LIMIT_CHARS = 64 * 1024;

/**
 * Where the table is kept. `load` gives undefined when there is nothing yet; `save` replaces everything, keeping the previous content as a
 * backup, one save at a time, and resolves when the table or a later state of it is kept.
 */
export interface KvConfigStore {
  load(): ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;
  save(table: ReadonlyMap<string, ReadonlyMap<string, string>>): Promise<void>;
}

/** Why an item is not taken. */
export class KvRefusedError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'KvRefusedError';
  }
}

export class KvConfigTable {
  private table = new Map<string, Map<string, string>>();
  private itemCount = 0;
  private saving: Promise<void> = Promise.resolve();

  private readonly store: KvConfigStore;
  private readonly maxItemCount: () => number;
  private readonly logger: Logger;

  constructor(store: KvConfigStore, maxItemCount: () => number, logger: Logger) {
    this.store = store;
    this.maxItemCount = maxItemCount;
    this.logger = logger;
  }

  load(): void {
    const loaded = this.store.load();
    this.table = new Map([...(loaded ?? [])].map(([namespace, items]) => [namespace, new Map(items)]));
    this.itemCount = [...this.table.values()].reduce((sum, items) => sum + items.size, 0);
    if (loaded !== undefined) this.logger.info('load KV config table', { namespaces: this.table.size, items: this.itemCount });
  }

  get(namespace: string, key: string): string | undefined {
    return this.table.get(namespace)?.get(key);
  }

  /** The items of a namespace; undefined when nothing was ever put there. */
  namespace(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.table.get(namespace);
  }

  /** Resolves when the item is in the file. */
  async put(namespace: string, key: string, value: string): Promise<void> {
    for (const name of [namespace, key]) {
      if (name === '' || name.length > KV_NAME_LIMIT_CHARS) throw new KvRefusedError(`names have 1 to ${KV_NAME_LIMIT_CHARS} characters`);
    }
    if (value.length > KV_VALUE_LIMIT_CHARS)
      throw new KvRefusedError(`the value has ${value.length} characters, the limit is ${KV_VALUE_LIMIT_CHARS}`);
    const items = this.table.get(namespace);
    const isNew = items?.get(key) === undefined;
    if (isNew && this.itemCount >= this.maxItemCount())
      throw new KvRefusedError(`${this.itemCount} items are held, maxKvItemCount allows no more`);
    if (items === undefined) this.table.set(namespace, new Map([[key, value]]));
    else items.set(key, value);
    if (isNew) this.itemCount++;
    this.logger.info(`putKVConfig ${isNew ? 'create new' : 'update'} config item, Namespace: ${namespace} Key: ${key}`);
    await this.save();
  }

  /** Resolves when the item is out of the file. An empty namespace stays: Apache's server answers it with an empty table. */
  async delete(namespace: string, key: string): Promise<void> {
    if (!this.table.get(namespace)?.delete(key)) return;
    this.itemCount--;
    this.logger.info(`deleteKVConfig delete a config item, Namespace: ${namespace} Key: ${key}`);
    await this.save();
  }

  /** Resolves when everything said so far is in the file. */
  settled(): Promise<void> {
    return this.saving.catch(() => undefined);
  }

  private save(): Promise<void> {
    this.saving = this.store.save(this.table);
    return this.saving;
  }
}
