// The KV configuration as Apache's kvConfig.json: read at start, replaced whole on every change. Must never touch a disk but through the port.
import { BodyReader, writeJson } from 'rocketmq-core/protocol';
import { type Disk, loadConfigFile, persistConfigFile } from 'rocketmq-core/store';
import type { KvConfigStore } from './kv-config-table.js';

/** Content that is no KV configuration makes the loader take the backup. */
export function readKvConfig(text: string): Map<string, Map<string, string>> {
  const root = BodyReader.parse(Buffer.from(text));
  const namespaces = root.namedEntries('configTable').map(([namespace, items]) => {
    const members = new BodyReader({ items }).namedEntries('items');
    return [namespace, new Map(members.map(([key, value]) => [key, String(value)]))] as const;
  });
  return new Map(namespaces);
}

export function writeKvConfig(table: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  return writeJson({ configTable: new Map([...table].map(([namespace, items]) => [namespace, new Map(items)])) }, { pretty: true });
}

export function kvConfigFile(disk: Disk, path: string): KvConfigStore {
  return {
    load: () => loadConfigFile(disk, path, readKvConfig),
    save: (table) => persistConfigFile(disk, path, writeKvConfig(table)),
  };
}
