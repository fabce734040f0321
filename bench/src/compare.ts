// `bench compare`: our servers and Apache's under the same loads in one run, cell by cell in turn, medians and ratios.
// Must measure each broker alone: the one that is not measured is idle, and order alternates from round to round.
import { loadSends, type LoadOptions, type LoadResult } from './lean-load.js';
import { findTarget, pullLoad, type Target } from './load.js';
import { integer, type OptionSpec, readOptions } from './options.js';
import { type Peer, residentMiB, startPeer } from './peers.js';
import type { Form } from './lean-frames.js';

export const COMPARE_OPTIONS = {
  p: { long: 'peers', default: 'ours,5.5.0', about: 'comma list of ours, 4.9.7, 5.5.0' },
  r: { long: 'rounds', default: '3', about: 'rounds per cell' },
  u: { long: 'warmUp', default: '15000', about: 'ms of load on each broker before the first cell' },
  d: { long: 'duration', default: '4000', about: 'ms measured per cell and round' },
  f: { long: 'form', default: 'ROCKETMQ', about: 'header serialisation: JSON or ROCKETMQ' },
} satisfies Record<string, OptionSpec>;

interface Cell {
  name: string;
  connections: number;
  window: number;
  bodyBytes: number;
  pull: boolean;
}

const CELLS: readonly Cell[] = [
  { name: 'send 128 B 8x32', connections: 8, window: 32, bodyBytes: 128, pull: false },
  { name: 'send 128 B 1x64', connections: 1, window: 64, bodyBytes: 128, pull: false },
  { name: 'send 128 B 1x1', connections: 1, window: 1, bodyBytes: 128, pull: false },
  { name: 'send 4 KiB 8x32', connections: 8, window: 32, bodyBytes: 4096, pull: false },
  { name: 'pull 32 x 128 B 8x4', connections: 8, window: 4, bodyBytes: 128, pull: true },
];

const TOPIC = 'BenchmarkTest';
const PULL_TOPIC = 'LeanPull';
const PULL_DEPTH = 6400;
const SETTLE_MS = 500;

interface Measured {
  peer: Peer;
  target: Target;
  pullTarget: Target;
  results: Map<string, LoadResult[]>;
  idleMiB: number;
  loadedMiB: number;
}

export async function runCompare(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const values = readOptions(COMPARE_OPTIONS, argv);
  const rounds = integer(values, 'r', 1, 100);
  const warmUpMs = integer(values, 'u', 0, 600_000);
  const measureMs = integer(values, 'd', 100, 600_000);
  const form = values.f as Form;
  const measured: Measured[] = [];
  try {
    for (const name of values.p.split(',')) measured.push(await prepare(name, form, warmUpMs, print));
    for (const cell of CELLS) {
      for (let round = 0; round < rounds; round++) {
        const order = round % 2 === 0 ? measured : measured.toReversed();
        for (const each of order) await measureCell(each, cell, form, measureMs);
      }
      print(cellLine(cell, measured));
    }
    for (const each of measured)
      print(`${each.peer.name}: start ${each.peer.startMs.toFixed(0)} ms | idle ${each.idleMiB} MiB | loaded ${each.loadedMiB} MiB`);
    const errors = measured.flatMap((each) => [...each.results.values()].flat()).reduce((sum, result) => sum + result.errors, 0);
    return errors === 0 ? 0 : 1;
  } finally {
    for (const each of measured) await each.peer.stop();
  }
}

async function prepare(name: string, form: Form, warmUpMs: number, print: (line: string) => void): Promise<Measured> {
  const peer = await startPeer(name);
  const idleMiB = residentMiB(peer.brokerPid);
  const target = await findTarget(peer.nameServer, TOPIC);
  const options = loadOptions(target, TOPIC, CELLS[0]!, form);
  // Warm-up: the load of the first cell; then exactly enough messages for the pulls.
  await loadSends({ ...options, warmUpMs, measureMs: 100 });
  const fill = loadOptions({ ...target, queueCount: 4 }, PULL_TOPIC, CELLS[4]!, form);
  for (let tries = 0; tries < 20; tries++) {
    await loadSends({ ...fill, warmUpMs: 0, measureMs: 1000 });
    if (await holds(peer.nameServer)) break;
  }
  const pullTarget = await findTarget(peer.nameServer, PULL_TOPIC);
  await pullLoad(
    { ...loadOptions(pullTarget, PULL_TOPIC, CELLS[4]!, form), warmUpMs: Math.min(warmUpMs, 5000), measureMs: 100 },
    pullTarget,
    'lean_consumer',
    PULL_DEPTH,
  );
  print(`${peer.name}: ${peer.nameServer}, broker ${target.host}:${target.port} warmed up`);
  return { peer, target, pullTarget, results: new Map(), idleMiB, loadedMiB: 0 };
}

/** True when every pull queue has the depth the pulls go through. */
async function holds(nameServer: string): Promise<boolean> {
  const { createRemotingClient } = await import('rocketmq-core/remoting');
  const { GET_MAX_OFFSET } = await import('rocketmq-core/protocol');
  const target = await findTarget(nameServer, PULL_TOPIC);
  const client = createRemotingClient({});
  try {
    for (let queueId = 0; queueId < target.queueCount; queueId++) {
      const { header } = await client.call(GET_MAX_OFFSET, `${target.host}:${target.port}`, { topic: PULL_TOPIC, queueId });
      if ((header?.offset ?? 0) < PULL_DEPTH) return false;
    }
    return true;
  } finally {
    await client.shutdown();
  }
}

function loadOptions(target: Target, topic: string, cell: Cell, form: Form): LoadOptions {
  return {
    ...target,
    topic,
    queueCount: Math.min(8, target.queueCount),
    form,
    connections: cell.connections,
    window: cell.window,
    bodyBytes: cell.bodyBytes,
    warmUpMs: 1000,
    measureMs: 1000,
  };
}

async function measureCell(each: Measured, cell: Cell, form: Form, measureMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const target = cell.pull ? each.pullTarget : each.target;
  const options = { ...loadOptions(target, cell.pull ? PULL_TOPIC : TOPIC, cell, form), measureMs };
  const result = cell.pull ? await pullLoad(options, target, 'lean_consumer', PULL_DEPTH) : await loadSends(options);
  each.loadedMiB = Math.max(each.loadedMiB, residentMiB(each.peer.brokerPid));
  each.results.set(cell.name, [...(each.results.get(cell.name) ?? []), result]);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function cellLine(cell: Cell, measured: readonly Measured[]): string {
  const columns = measured.map(({ peer, results }) => {
    const runs = results.get(cell.name) ?? [];
    const rates = runs.map((run) => run.messagesPerSecond ?? run.perSecond);
    const spread = `[${Math.round(Math.min(...rates))}..${Math.round(Math.max(...rates))}]`;
    return {
      peer,
      rate: median(rates),
      text: `${peer.name} ${Math.round(median(rates))}/s ${spread} p50 ${median(runs.map((run) => run.p50Ms)).toFixed(3)} ms p99 ${median(runs.map((run) => run.p99Ms)).toFixed(3)} ms`,
    };
  });
  const ratios = columns.slice(1).map(({ peer, rate }) => `ours/${peer.name} ${(columns[0]!.rate / rate).toFixed(2)}x`);
  return `${cell.name.padEnd(22)} ${[...columns.map(({ text }) => text), ...ratios].join(' | ')}`;
}
