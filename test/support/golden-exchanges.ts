// Reads captured exchanges from test/golden/wire. Must never change one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface GoldenFrame {
  code: number;
  flag: number;
  opaque: number;
  version: number;
  language: string;
  remark: string | null;
  bodyLength: number;
  extFields: Record<string, string> | null;
  bodyUtf8?: string;
}

export interface GoldenExchange {
  name: string;
  peer: string;
  madeBy: string;
  serialization: 'JSON' | 'ROCKETMQ';
  code: number;
  requestHex: string;
  responseHex: string | null;
  decoded: { request: GoldenFrame; response: GoldenFrame | null };
}

const DIRECTORY = join(import.meta.dirname, '../golden/wire');

/** All families that hold captured traffic as it was; `broker` is a choice out of them. */
export const GOLDEN_FAMILIES = readdirSync(DIRECTORY)
  .map((file) => file.replace('.json.gz', ''))
  .filter((family) => family !== 'broker')
  .toSorted();

/** One family of exchanges, as captured. */
export function goldenExchanges(family: string): GoldenExchange[] {
  const packed = readFileSync(join(DIRECTORY, `${family}.json.gz`));
  return JSON.parse(gunzipSync(packed).toString('utf8')) as GoldenExchange[];
}

/** The body of a captured frame; empty when there is none. */
export function goldenBody(hex: string): Buffer {
  const frame = Buffer.from(hex, 'hex');
  return frame.subarray(8 + (frame.readUInt32BE(4) & 0xffffff));
}
