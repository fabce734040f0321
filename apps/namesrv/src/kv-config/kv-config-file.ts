// The KV configuration as Apache's kvConfig.json: read at start, replaced whole on every change. Must never touch a disk but through the port.
import type { Logger } from 'rocketmq-core/common';
import { BodyReader, writeJson } from 'rocketmq-core/protocol';
import { type Disk, JsonConfigFile } from 'rocketmq-core/store';
import type { KvConfigStore } from './kv-config-table.js';

type KvItems = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Content that is no KV configuration throws: the backup is taken then. */
function decode(text: string): KvItems {
  const root = BodyReader.parse(Buffer.from(text));
  const namespaces = root.namedEntries('configTable').map(([namespace, items]) => {
    const members = new BodyReader({ items }, namespace).namedEntries('items');
    return [namespace, new Map(members.map(([key, value]) => [key, String(value)]))] as const;
  });
  return new Map(namespaces);
}

function encode(table: KvItems): string {
  return writeJson({ configTable: new Map([...table].map(([namespace, items]) => [namespace, new Map(items)])) }, { pretty: true });
}

export function kvConfigFile(path: string, ports: { disk: Disk; logger: Logger }): KvConfigStore {
  const file = new JsonConfigFile<KvItems>({ path, encode, decode, ...ports });
  return { load: () => file.load(), save: (table) => file.persist(table) };
}
