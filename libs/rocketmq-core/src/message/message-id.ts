// Both kinds of message id: where a message lies (offset id) and who sent it (unique id) [java MessageDecoder#createMessageId, MessageClientIDSetter].
import { type Clock, fromHex, type Random, toHex } from '../common/index.js';
import { decodeHost, encodeAddress } from './host.js';

/** `storeHost` (8 or 20 bytes) and log position as 32 or 56 upper-case hex digits. */
export function encodeOffsetMessageId(storeHost: Uint8Array, physicalOffset: number): string {
  const bytes = Buffer.alloc(storeHost.length + 8);
  bytes.set(storeHost);
  bytes.writeBigInt64BE(BigInt(physicalOffset), storeHost.length);
  return toHex(bytes);
}

/** Undefined when the text is no offset id. A unique id has the same length: what comes out may be nonsense, and the caller must expect that. */
export function decodeOffsetMessageId(id: string): { host: string; physicalOffset: bigint } | undefined {
  const bytes = id.length === 32 || id.length === 56 ? fromHex(id) : undefined;
  if (bytes === undefined) return undefined;
  const hostLength = bytes.length - 8;
  return { host: decodeHost(bytes.subarray(0, hostLength)), physicalOffset: new DataView(bytes.buffer).getBigInt64(hostLength) };
}

export interface UniqueIdOptions {
  clock: Clock;
  random: Random;
  /** Address of this host, IPv4 or IPv6. */
  ip: string;
  pid: number;
}

/** Counter values before it wraps. */
const COUNTER_RANGE = 0x10000;
/** A clock that went back by less counts as standing still. */
const CLOCK_BACK_TOLERANCE_MS = 1_000_000;

/** Makes ids: ip, pid, four bytes of this generator, ms since the month began (local time), counter; 32 or 56 upper-case hex digits. */
export function createUniqueIdGenerator({ clock, random, ip, pid }: UniqueIdOptions): () => string {
  const pidBytes = Uint8Array.of((pid >> 8) & 0xff, pid & 0xff);
  const prefix = toHex(encodeAddress(ip)) + toHex(pidBytes) + toHex(random.bytes(4));
  let monthStart = 0;
  let monthEnd = 0;
  let counter = random.int(COUNTER_RANGE);
  return () => {
    const now = clock.now();
    if (now >= monthEnd || now < monthStart - CLOCK_BACK_TOLERANCE_MS) {
      const date = new Date(now);
      monthStart = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
      monthEnd = new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
    }
    counter = (counter + 1) % COUNTER_RANGE;
    return prefix + hexDigits(Math.max(0, now - monthStart), 8) + hexDigits(counter, 4);
  };
}

/** When a unique id was made: this month's start (local time) plus its ms, or last month's when that lies in the future. Undefined for no unique id. */
export function decodeUniqueIdTime(id: string, nowMs: number): number | undefined {
  const bytes = id.length === 32 || id.length === 56 ? fromHex(id) : undefined;
  if (bytes === undefined) return undefined;
  const sinceMonthStart = new DataView(bytes.buffer).getInt32(bytes.length - 6);
  const now = new Date(nowMs);
  const time = new Date(now.getFullYear(), now.getMonth(), 1).getTime() + sinceMonthStart;
  return time < nowMs ? time : new Date(now.getFullYear(), now.getMonth() - 1, 1).getTime() + sinceMonthStart;
}

function hexDigits(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
