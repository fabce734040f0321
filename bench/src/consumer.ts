// `bench consumer`: the official consumer benchmark's options and columns, over our DefaultMQPushConsumer.
import { ConsumeConcurrentlyStatus, DefaultMQPushConsumer, MessageSelector } from 'rocketmq-core';
import { flag, integer, type OptionSpec, readOptions, UsageError } from './options.js';
import { Rolling } from './rolling.js';

export const CONSUMER_OPTIONS = {
  n: { long: 'namesrvAddr', default: '127.0.0.1:9876', about: 'name servers' },
  t: { long: 'topic', default: 'BenchmarkTest', about: 'topic' },
  w: { long: 'threadCount', default: '20', about: 'listener calls at once' },
  g: { long: 'group', default: 'benchmark_consumer', about: 'consumer group' },
  p: { long: 'group prefix enable', default: 'false', about: 'add a number to the group, so that every run starts afresh' },
  f: { long: 'filterType', default: '', about: 'TAG or SQL92' },
  e: { long: 'expression', default: '', about: 'filter expression' },
  r: { long: 'fail rate', default: '0', about: 'share of messages that fail, 0 to 1' },
  ri: { long: 'reportInterval', default: '10000', about: 'ms between lines' },
} satisfies Record<string, OptionSpec>;

export async function runConsumer(argv: readonly string[], print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const values = readOptions(CONSUMER_OPTIONS, argv);
  const failRate = Number(values.r);
  if (!(failRate >= 0 && failRate <= 1)) throw new UsageError(`-r ${values.r}: a number within 0..1 is needed`);
  const consumer = new DefaultMQPushConsumer(flag(values, 'p') ? `${values.g}_${Date.now() % 100}` : values.g);
  consumer.namesrvAddr = values.n;
  consumer.consumeThreadMax = integer(values, 'w', 1, 10_000);
  consumer.consumeThreadMin = consumer.consumeThreadMax;
  consumer.subscribe(values.t, values.f === 'SQL92' ? MessageSelector.bySql(values.e) : values.e || '*');
  const born = new Rolling();
  const stored = new Rolling();
  let failed = 0;
  consumer.registerMessageListenerConcurrently((messages) => {
    const now = Date.now();
    for (const message of messages) {
      born.add(now - message.bornTimestamp);
      stored.add(now - message.storeTimestamp);
    }
    if (failRate > 0 && Math.random() < failRate) {
      failed++;
      return ConsumeConcurrentlyStatus.RECONSUME_LATER;
    }
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
  await consumer.start();
  const timer = setInterval(
    () => {
      const b2c = born.report();
      const s2c = stored.report();
      print(
        `Current Time: ${new Date().toISOString()} | Consume TPS: ${Math.round(b2c.perSecond)} | AVG(B2C) RT(ms): ${b2c.averageMs.toFixed(3).padStart(7)} | AVG(S2C) RT(ms): ${s2c.averageMs.toFixed(3).padStart(7)} | MAX(B2C) RT(ms): ${Math.round(b2c.maxMs)} | MAX(S2C) RT(ms): ${Math.round(s2c.maxMs)} | Consume Fail: ${failed}`,
      );
    },
    integer(values, 'ri', 100, 3_600_000),
  );
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(timer);
  await consumer.shutdown();
  return 0;
}
