// Reads captured exchanges from test/golden/wire. Must never change one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface GoldenFrame {
  code: number;
  flag: number;
  remark: string | null;
  version: number;
  extFields: Record<string, string> | null;
  bodyUtf8?: string;
}

export interface GoldenExchange {
  name: string;
  peer: string;
  serialization: 'JSON' | 'ROCKETMQ';
  code: number;
  requestHex: string;
  responseHex: string | null;
  decoded: { request: GoldenFrame; response: GoldenFrame | null };
}

/** One family of exchanges, as captured. */
export function goldenExchanges(family: string): GoldenExchange[] {
  const packed = readFileSync(join(import.meta.dirname, '../golden/wire', `${family}.json.gz`));
  return JSON.parse(gunzipSync(packed).toString('utf8')) as GoldenExchange[];
}

/** The body of a captured frame; empty when there is none. */
export function goldenBody(hex: string): Buffer {
  const frame = Buffer.from(hex, 'hex');
  return frame.subarray(8 + (frame.readUInt32BE(4) & 0xffffff));
}
