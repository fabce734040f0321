// The index directories of the golden stores: unpacks them beside the rest of the store and holds what they answer.
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface GoldenIndex {
  slots: number;
  entries: number;
  /** [topic, key, places in the log, newest first] */
  queries: Array<[string, string, number[]]>;
  indexMsgTimestamp: number;
  /** name: [length, [[position, bytes in base64], ...]], zeros elsewhere */
  files: Record<string, [number, Array<[number, string]>]>;
  base: string | null;
}

export const GOLDEN_INDEXES: ReadonlyMap<string, GoldenIndex> = new Map(
  Object.entries(
    JSON.parse(gunzipSync(readFileSync(new URL('../golden/store/index.json.gz', import.meta.url))).toString('utf8')) as Record<
      string,
      GoldenIndex
    >,
  ),
);

export function unpackGoldenIndex(name: string, root: string): void {
  const directory = join(root, 'index');
  mkdirSync(directory, { recursive: true });
  for (const [file, [size, parts]] of Object.entries(GOLDEN_INDEXES.get(name)!.files)) {
    const handle = openSync(join(directory, file), 'w');
    for (const [position, bytes] of parts) writeSync(handle, Buffer.from(bytes, 'base64'), 0, undefined, position);
    ftruncateSync(handle, size);
    closeSync(handle);
  }
}

/** Content of the index files that count, oldest first. */
export function indexFilesIn(root: string): Array<{ name: string; bytes: Buffer }> {
  const directory = join(root, 'index');
  const names = readdirSync(directory).filter((name) => /^\d{17}$/.test(name));
  return names.toSorted().map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
}

/** [hash, physicalOffset, seconds, previous] of every entry of a file. */
export function entriesOf(bytes: Buffer, slots: number): Array<[number, number, number, number]> {
  const at = (number: number): number => 40 + slots * 4 + number * 20;
  return Array.from({ length: bytes.readInt32BE(36) - 1 }, (_, i) => {
    const start = at(i + 1);
    return [
      bytes.readInt32BE(start),
      Number(bytes.readBigInt64BE(start + 4)),
      bytes.readInt32BE(start + 12),
      bytes.readInt32BE(start + 16),
    ];
  });
}
