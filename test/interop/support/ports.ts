// Free loopback ports. A broker needs three in a fixed relation: VIP, main, replication. Must never hand out one port twice.
import { createServer } from 'node:net';

const TRIES = 50;
const LOWEST = 20_000;
const HIGHEST = 32_000;
const handedOut = new Set<number>();
// Below the range systems take outgoing ports from, so that no connection sits on them; spread by the process.
let next = LOWEST + ((process.pid * 37) % (HIGHEST - LOWEST));

export async function freePort(): Promise<number> {
  return take([0]);
}

/** The main port of a broker; the one two below (VIP) and the one above (replication) are free too. */
export async function freeBrokerPort(): Promise<number> {
  return take([0, -2, 1]);
}

async function take(offsets: readonly number[]): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    next = next + 5 >= HIGHEST ? LOWEST : next + 5;
    const port = next;
    const ports = offsets.map((offset) => port + offset);
    if (ports.some((each) => handedOut.has(each))) continue;
    // Taken before it is tried: another call may run while this one waits.
    for (const each of ports) handedOut.add(each);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return port;
  }
  throw new Error(`no free ports after ${TRIES} tries up to ${next}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Every address: Java listens on all of them.
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
