// `npm run bench -- store`: the store without network: messages staged and committed per second, and read per second in batches.
// Must never be compared with figures over the wire.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, SystemClock, type Turn, type TurnPhase } from 'rocketmq-core/common';
import {
  createMessageStore,
  type GatherTarget,
  type GetMessageResult,
  type MessageStore,
  messageStoreDefaults,
  NodeDisk,
  type QueueRef,
  type StagedMessage,
} from 'rocketmq-core/store';
import { flag, integer, type OptionSpec, readOptions } from './options.js';

export const STORE_OPTIONS = {
  s: { long: 'messageSize', default: '128', about: 'body bytes' },
  n: { long: 'messages', default: '2000000', about: 'messages per round' },
  b: { long: 'perTurn', default: '256', about: 'messages staged per turn' },
  q: { long: 'queues', default: '8', about: 'queues' },
  r: { long: 'rounds', default: '3', about: 'rounds' },
  z: { long: 'warm', default: 'false', about: 'zero-fill log files ahead (warmMapedFileEnable)' },
} satisfies Record<string, OptionSpec>;

const HOST = Uint8Array.of(127, 0, 0, 1, 0, 0, 0x2a, 0x9f);
const PROPERTIES = new TextEncoder().encode('UNIQ_KEY\u00017F00000100002A9F0000000000000000\u0002TAGS\u0001paid\u0002');
const EXTRA = new TextEncoder().encode('CLUSTER\u0001DefaultCluster\u0002MSG_REGION\u0001DefaultRegion\u0002TRACE_ON\u0001true\u0002');
const BATCH = 32;
/** Messages behind the end of the log from which the ring is certainly left. */
const COLD_SHARE = 0.5;

/** Turns run by hand: the bench is the loop. */
class HandTurn implements Turn {
  private readonly participants: Record<TurnPhase, Array<() => void>> = { commit: [], answer: [], flush: [] };

  join(phase: TurnPhase, run: () => void): () => void {
    this.participants[phase].push(run);
    return () => {
      this.participants[phase] = this.participants[phase].filter((other) => other !== run);
    };
  }

  request(): void {}

  run(): void {
    for (const run of this.participants.commit) run();
  }
}

class Gathered implements GatherTarget {
  outBytes = new Uint8Array(8 * 1024 * 1024);
  outEnd = 0;

  reserve(length: number): void {
    if (this.outEnd + length > this.outBytes.length) throw new RangeError(`${length} bytes do not fit`);
  }

  advance(length: number): void {
    this.outEnd += length;
  }
}

export async function runStore(argv: readonly string[], print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const values = readOptions(STORE_OPTIONS, argv);
  const size = integer(values, 's', 0, 4 * 1024 * 1024);
  const messages = integer(values, 'n', 1, 1e9);
  const perTurn = integer(values, 'b', 1, 65_536);
  const queueCount = integer(values, 'q', 1, 65_536);
  const root = mkdtempSync(join(tmpdir(), 'bench-store-'));
  try {
    for (let round = 1; round <= integer(values, 'r', 1, 100) && !signal.aborted; round++) {
      const turn = new HandTurn();
      const config = { ...messageStoreDefaults(join(root, String(round))), warmMapedFileEnable: flag(values, 'z') };
      const store = createMessageStore({ config, disk: new NodeDisk(), clock: new SystemClock(), turn, logger: silentLogger });
      await store.open();
      const queues = Array.from({ length: queueCount }, (_, queueId) => store.queue('BenchmarkTest', queueId));
      const stagedPerSecond = await stageAll(store, turn, queues, { size, messages, perTurn });
      const hot = readFrom(store, queues, 1);
      const warm = readFrom(store, queues, COLD_SHARE);
      const rss = Math.round(process.memoryUsage().rss / 1024 / 1024);
      print(
        `round ${round}: stage+commit ${format(stagedPerSecond)} msg/s, get hot ${format(hot)} msg/s, get from files ${format(warm)} msg/s, RSS ${rss} MiB`,
      );
      await store.close();
      rmSync(join(root, String(round)), { recursive: true });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return 0;
}

async function stageAll(
  store: MessageStore,
  turn: HandTurn,
  queues: readonly QueueRef[],
  load: { size: number; messages: number; perTurn: number },
): Promise<number> {
  const staged = stagedMessage(queues[0]!, load.size);
  const startedAt = performance.now();
  for (let done = 0; done < load.messages;) {
    for (let i = 0; i < load.perTurn; i++, done++) {
      staged.queue = queues[done % queues.length]!;
      const status = store.stage(staged);
      if (status !== 0) throw new Error(`stage answered ${status} at message ${done}`);
    }
    turn.run();
    // Lets timers and flushes run as they would in a broker.
    if (done % 65_536 < load.perTurn) await new Promise((resolve) => setImmediate(resolve));
  }
  return (load.messages / (performance.now() - startedAt)) * 1000;
}

/** Reads the newest part of each queue in batches, several times over; `share` 1: only what is surely in memory. */
function readFrom(store: MessageStore, queues: readonly QueueRef[], share: number): number {
  const target = new Gathered();
  const result: GetMessageResult = {
    status: 'FOUND',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };
  const startedAt = performance.now();
  let messages = 0;
  for (let round = 0; round < 200 && performance.now() - startedAt < 1000; round++) {
    for (const queue of queues) {
      const from = share === 1 ? Math.max(queue.minOffset, queue.maxOffset - 512) : 0;
      const to = share === 1 ? queue.maxOffset : Math.floor(queue.maxOffset * share);
      for (let offset = from; offset < to; offset = result.nextBeginOffset) {
        target.outEnd = 0;
        store.get(queue, offset, BATCH, undefined, target, result);
        messages += result.messageCount;
      }
    }
  }
  return (messages / (performance.now() - startedAt)) * 1000;
}

function stagedMessage(queue: QueueRef, size: number): StagedMessage {
  const body = new Uint8Array(size + 64).fill(0x78);
  return {
    queue,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: Date.now(),
    bornHost: HOST,
    storeHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    bodyStart: 32,
    bodyLength: size,
    properties: PROPERTIES,
    propertiesStart: 0,
    propertiesLength: PROPERTIES.length,
    extraProperties: EXTRA,
    extraPropertiesLength: EXTRA.length,
    tagsCodeHigh: 0,
    tagsCodeLow: 3_432_985,
    physicalOffset: 0,
    queueOffset: 0,
    recordSize: 0,
    storeTimestamp: 0,
  };
}

function format(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}
