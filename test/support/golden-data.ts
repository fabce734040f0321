// Reads golden data outside the exchanges. Must never change it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** `values` or `records`, parsed. */
export function goldenData<T>(name: 'values' | 'records'): T {
  return JSON.parse(gunzipSync(readFileSync(join(import.meta.dirname, '../golden', `${name}.json.gz`))).toString('utf8')) as T;
}
