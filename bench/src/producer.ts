// `bench producer`: the official producer benchmark's options and columns, over our DefaultMQProducer.
// A "thread" (-w) is one asynchronous loop; all loops share one client, as in the official one.
import { DefaultMQProducer, Message } from 'rocketmq-core';
import { flag, integer, type OptionSpec, readOptions } from './options.js';
import { Rolling } from './rolling.js';

export const PRODUCER_OPTIONS = {
  n: { long: 'namesrvAddr', default: '127.0.0.1:9876', about: 'name servers' },
  t: { long: 'topic', default: 'BenchmarkTest', about: 'topic' },
  w: { long: 'threadCount', default: '64', about: 'sends under way at once' },
  s: { long: 'messageSize', default: '128', about: 'body bytes' },
  k: { long: 'keyEnable', default: 'false', about: 'set KEYS' },
  p: { long: 'propertySize', default: '0', about: 'bytes of user properties' },
  l: { long: 'tagCount', default: '0', about: 'different tags, 0 for none' },
  q: { long: 'messageQuantity', default: '0', about: 'messages to send, 0 for no end' },
  d: { long: 'delayEnable', default: 'false', about: 'delayed messages' },
  e: { long: 'delayLevel', default: '1', about: 'delay level' },
  y: { long: 'asyncEnable', default: 'false', about: 'kept for compatibility: every send is asynchronous here' },
  ri: { long: 'reportInterval', default: '10000', about: 'ms between lines' },
} satisfies Record<string, OptionSpec>;

const PROPERTY_BYTES = 10;

export async function runProducer(argv: readonly string[], print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const values = readOptions(PRODUCER_OPTIONS, argv);
  const loops = integer(values, 'w', 1, 65_535);
  const bodyBytes = integer(values, 's', 1, 4 * 1024 * 1024);
  const quantity = integer(values, 'q', 0, Number.MAX_SAFE_INTEGER);
  const propertyBytes = integer(values, 'p', 0, 32_767);
  const tagCount = integer(values, 'l', 0, 1_000_000);
  const delayLevel = flag(values, 'd') ? integer(values, 'e', 1, 18) : 0;
  const keyed = flag(values, 'k');
  flag(values, 'y');
  const producer = new DefaultMQProducer('benchmark_producer');
  producer.namesrvAddr = values.n;
  producer.compressMsgBodyOverHowmuch = Number.MAX_SAFE_INTEGER;
  await producer.start();
  const rolling = new Rolling();
  let failed = 0;
  let sequence = 0;
  const body = Buffer.alloc(bodyBytes, 0x61);
  const build = (): Message => {
    const ordinal = sequence++;
    const message = new Message(values.t, body);
    if (keyed) message.keys = String(ordinal);
    if (tagCount > 0) message.tags = `tag${ordinal % tagCount}`;
    if (delayLevel > 0) message.delayTimeLevel = delayLevel;
    for (let i = 0; i < propertyBytes / PROPERTY_BYTES; i++) message.putUserProperty(`k${i}`, 'v'.repeat(PROPERTY_BYTES - 2));
    return message;
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted && (quantity === 0 || sequence < quantity)) {
      const startedAt = performance.now();
      try {
        await producer.send(build());
        rolling.add(performance.now() - startedAt);
      } catch {
        failed++;
      }
    }
  };
  const report = (): void => {
    const { perSecond, maxMs, averageMs } = rolling.report();
    print(
      `Current Time: ${new Date().toISOString()} | Send TPS: ${Math.round(perSecond)} | Max RT(ms): ${Math.round(maxMs)} | Average RT(ms): ${averageMs.toFixed(3).padStart(7)} | Send Failed: ${failed} | Response Failed: 0`,
    );
  };
  const timer = setInterval(report, integer(values, 'ri', 100, 3_600_000));
  await Promise.all(Array.from({ length: loops }, loop));
  clearInterval(timer);
  const { total, perSecond, averageMs, maxMs } = rolling.whole();
  print(
    `[Complete] Send Total: ${total + failed} | Send TPS: ${Math.round(perSecond)} | Max RT(ms): ${Math.round(maxMs)} | Average RT(ms): ${averageMs.toFixed(3).padStart(7)} | Send Failed: ${failed} | Response Failed: 0`,
  );
  await producer.shutdown();
  return failed === 0 ? 0 : 1;
}
