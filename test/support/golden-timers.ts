// The timer files of the golden stores: unpacks them beside the rest of the store and holds their truth. See test/golden/store/README.md.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface GoldenTimers {
  settings: { mappedFileSizeTimerLog: number };
  /** path: [length, [[position, bytes in base64], ...]], zeros elsewhere */
  files: Record<string, [number, Array<[number, string]>]>;
  timercheck?: { lastReadTimeMs: number; lastTimerLogFlushPos: number; lastTimerQueueOffset: number };
  timerlog?: Array<{ pos: number; prevPos: number; magic: number; currWriteTime: number; delayedTime: number; offsetPy: number }>;
  timerwheel?: { slots: Array<{ slot: number; time: number; firstPos: number; lastPos: number; num: number }> };
}

export const GOLDEN_TIMERS: ReadonlyMap<string, GoldenTimers> = new Map(
  Object.entries(
    JSON.parse(gunzipSync(readFileSync(new URL('../golden/store/timers.json.gz', import.meta.url))).toString('utf8')) as Record<
      string,
      GoldenTimers
    >,
  ),
);

export function unpackGoldenTimers(name: string, root: string): void {
  for (const [path, [size, parts]] of Object.entries(GOLDEN_TIMERS.get(name)!.files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const handle = openSync(join(root, path), 'w');
    for (const [position, bytes] of parts) writeSync(handle, Buffer.from(bytes, 'base64'), 0, undefined, position);
    ftruncateSync(handle, size);
    closeSync(handle);
  }
}
