// Free ports for processes that cannot be told to pick one. Must never hand out one port twice, in whatever process it is asked.
import { createServer } from 'node:net';

// Below the range systems take outgoing ports from, so that no connection sits on them.
const LOWEST = 20_000;
/** A block is given to one asker: the ports a broker needs lie in it. */
const BLOCK = 5;
const BLOCKS = 1200;
/** Where the guards of the blocks listen, above all blocks. */
const GUARDS = LOWEST + BLOCK * BLOCKS;
const MAIN = 2;
const VIP = MAIN - 2;
const REPLICATION = MAIN + 1;

// Spread by the process, so that those side by side seldom try the same.
let next = (process.pid * 37) % BLOCKS;

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

export function freePort(): Promise<number> {
  return take([MAIN]);
}

/** The main port of a broker; the one two below (VIP) and the one above (replication) are free too. */
export function freeBrokerPort(): Promise<number> {
  return take([MAIN, VIP, REPLICATION]);
}

async function take(offsets: readonly number[]): Promise<number> {
  for (let i = 0; i < BLOCKS; i++) {
    const block = next;
    next = (next + 1) % BLOCKS;
    const first = LOWEST + block * BLOCK;
    if ((await guard(block)) && (await Promise.all(offsets.map((offset) => isFree(first + offset)))).every(Boolean)) return first + MAIN;
  }
  throw new Error(`no free ports from ${LOWEST} to ${GUARDS}: all ${BLOCKS} blocks are taken`);
}

/**
 * Takes the block for as long as this process lives: of all processes one can listen on the port of its guard. Trying the ports alone would
 * not do, since the server they are for listens only when it has started.
 */
function guard(block: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port: GUARDS + block, host: '127.0.0.1', exclusive: true }, () => resolve(true));
    server.unref();
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Every address: Java listens on all of them.
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
