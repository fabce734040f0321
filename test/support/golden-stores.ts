// The golden store directories: unpacks them and holds their truth. See test/golden/store/README.md.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const ARCHIVE = new URL('../golden/store/stores.bin.br', import.meta.url);

/** [physicalOffset, size, topic, queueId, queueOffset, bodyCrc, storeTimestamp, sysFlag, tagsCode] */
export type GoldenMessage = [number, number, string, number, number, number, number, number, number];

export interface GoldenQueue {
  min: number;
  max: number;
  blanks: number;
  first: number;
  /** [physicalOffset, size, tagsCode] from `first` on. */
  units: Array<[number, number, number]>;
}

export interface GoldenStore {
  title: string;
  java: string;
  state: 'clean' | 'dirty' | 'damaged';
  base: string | undefined;
  settings: { mappedFileSizeCommitLog?: number; mappedFileSizeConsumeQueue?: number; maxMessageSize?: number; messageDelayLevel?: string };
  commitlog: { min: number | null; end: number | null; endOfBase?: number };
  messages: GoldenMessage[] | undefined;
  queues: Record<string, GoldenQueue> | undefined;
  /** [path, size, place in the archive, bytes before trailing zeros] */
  files: Array<[string, number, number, number]>;
}

const raw = brotliDecompressSync(readFileSync(ARCHIVE));
const headLength = raw.readUInt32BE(0);
const blobs = raw.subarray(4 + headLength);

export const GOLDEN_STORES: ReadonlyMap<string, GoldenStore> = new Map(
  Object.entries(JSON.parse(raw.subarray(4, 4 + headLength).toString('utf8')) as Record<string, GoldenStore>),
);

/** Messages of the undamaged log. */
export function messagesOf(name: string): GoldenMessage[] {
  const store = GOLDEN_STORES.get(name)!;
  return store.messages ?? messagesOf(store.base!);
}

export function unpackGoldenStore(name: string, directory: string): void {
  for (const [path, size, start, length] of GOLDEN_STORES.get(name)!.files) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    const file = openSync(target, 'w');
    writeSync(file, blobs, start, length, 0);
    ftruncateSync(file, size);
    closeSync(file);
  }
}

/** Settings the Java broker had, as far as the store has them. */
export function goldenConfig(name: string): Record<string, number> {
  const { mappedFileSizeCommitLog = 1024 ** 3, mappedFileSizeConsumeQueue = 6_000_000 } = GOLDEN_STORES.get(name)!.settings;
  return { mappedFileSizeCommitLog: Number(mappedFileSizeCommitLog), mappedFileSizeConsumeQueue: Number(mappedFileSizeConsumeQueue) };
}
