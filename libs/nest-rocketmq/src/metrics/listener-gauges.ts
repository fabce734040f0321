// What listeners are doing when metrics are collected. Must never ask a broker.
import { Gauge, type Metric } from 'prom-client';
import type { RocketMQListenerContainer } from '../listener/index.js';
import { type ApplicationConnection, positionOf } from '../module/index.js';

type Labels = 'listener' | 'group';

/** Name, help, value; undefined: not known now. */
const GAUGES: ReadonlyArray<readonly [string, string, (listener: RocketMQListenerContainer) => number | undefined]> = [
  ['consumer_running', '1: the listener has a running consumer.', (listener) => (listener.isRunning ? 1 : 0)],
  ['consumer_in_flight', 'Messages whose handler has not come back.', (listener) => listener.inFlightMessages],
  ['consumer_assigned_queues', 'Queues this member works on.', (listener) => positionOf(listener).assignedQueues],
  ['consumer_cached_messages', 'Messages pulled and not done.', (listener) => positionOf(listener).cachedMessages],
  [
    'consumer_lag_messages',
    'Messages up to the end of the assigned queues, as the last pulls told it.',
    (listener) => positionOf(listener).lag,
  ],
];

/** The gauges, in no registry yet. */
export function createListenerGauges(prefix: string, connections: () => readonly ApplicationConnection[]): Metric[] {
  return GAUGES.map(([suffix, help, valueOf]) => {
    const name = `${prefix}${suffix}`;
    const gauge: Gauge<Labels> = new Gauge({
      name,
      help,
      labelNames: ['listener', 'group'],
      registers: [],
      collect: () => {
        gauge.reset();
        for (const listener of connections().flatMap(({ listeners }) => listeners)) {
          const value = valueOf(listener);
          if (value !== undefined) gauge.set({ listener: listener.id, group: listener.options.consumerGroup }, value);
        }
      },
    });
    return gauge as Metric;
  });
}
