// The lean load: a fixed number of sends or pulls in flight on a fixed number of connections, for a warm-up and a measured time.
// It is the same for every broker, so that two brokers measured with it differ only by themselves.
import { LeanSocket, isSuccess } from './lean-socket.js';
import { type Form, pullFrame, sendFrames, writeDigits } from './lean-frames.js';

export interface LoadOptions {
  host: string;
  port: number;
  brokerName: string;
  topic: string;
  queueCount: number;
  form: Form;
  connections: number;
  window: number;
  bodyBytes: number;
  warmUpMs: number;
  measureMs: number;
}

export interface LoadResult {
  /** Answers per second in the measured time. */
  perSecond: number;
  errors: number;
  p50Ms: number;
  p99Ms: number;
  /** Bytes received per second. */
  bytesPerSecond: number;
  /** Pulls only: messages per second. */
  messagesPerSecond?: number;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends as fast as the windows allow. */
export function loadSends(options: LoadOptions): Promise<LoadResult> {
  return run(options, () => {
    const { write, maxBytes } = sendFrames(options);
    return {
      host: options.host,
      port: options.port,
      window: options.window,
      maxRequestBytes: maxBytes,
      writeRequest: write,
      onResponse: isSuccess,
    };
  });
}

/** Pulls batches of 32 over what the queues hold, from offset 0 to `depth`, round and round. */
export async function loadPulls(options: LoadOptions & { consumerGroup: string; depth: number }): Promise<LoadResult> {
  let messages = 0;
  const result = await run(
    options,
    (connection) => {
      const templates = Array.from({ length: options.queueCount }, (_, queueId) => {
        const template = pullFrame(options.form, options.topic, options.consumerGroup, queueId, 777_777_777_777_777);
        return { template, offsetAt: template.find('777777777777777') };
      });
      let sequence = connection * 7;
      const batches = Math.max(1, Math.floor(options.depth / 32));
      return {
        host: options.host,
        port: options.port,
        window: options.window,
        maxRequestBytes: templates[0]!.template.length,
        writeRequest(out, at, opaque) {
          const { template, offsetAt } = templates[sequence % templates.length]!;
          const end = template.write(out, at, opaque);
          writeDigits(out, at + offsetAt, 15, (Math.floor(sequence++ / templates.length) % batches) * 32);
          return end;
        },
        onResponse(bytes, start, end) {
          if (!isSuccess(bytes, start)) return false;
          let at = start + 8 + (bytes.readUInt32BE(start + 4) & 0xffffff);
          while (at < end) {
            const size = bytes.readInt32BE(at);
            if (size <= 0) return false;
            at += size;
            messages++;
          }
          return true;
        },
      };
    },
    () => {
      messages = 0;
    },
  );
  return { ...result, messagesPerSecond: (messages * 1000) / options.measureMs };
}

async function run(
  options: LoadOptions,
  describe: (connection: number) => ConstructorParameters<typeof LeanSocket>[0],
  onMeasure: () => void = () => undefined,
): Promise<LoadResult> {
  const sockets = Array.from({ length: options.connections }, (_, connection) => new LeanSocket(describe(connection)));
  await Promise.all(sockets.map((socket) => socket.start()));
  await delay(options.warmUpMs);
  const before = sockets.map((socket) => ({ answers: socket.answers, errors: socket.errors, bytesIn: socket.bytesIn }));
  for (const socket of sockets) socket.resetLatency();
  onMeasure();
  const startedAt = performance.now();
  await delay(options.measureMs);
  const elapsedMs = performance.now() - startedAt;
  const sum = (key: 'answers' | 'errors' | 'bytesIn'): number => sockets.reduce((all, socket, i) => all + socket[key] - before[i]![key], 0);
  const answers = sum('answers');
  const errors = sum('errors');
  const bytesIn = sum('bytesIn');
  const latencies = sockets
    .flatMap((socket) => [...socket.latencies.subarray(0, Math.min(socket.latencyCount, socket.latencies.length))])
    .toSorted((a, b) => a - b);
  for (const socket of sockets) socket.stop();
  const quantile = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
  return {
    perSecond: (answers * 1000) / elapsedMs,
    errors,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    bytesPerSecond: (bytesIn * 1000) / elapsedMs,
  };
}
