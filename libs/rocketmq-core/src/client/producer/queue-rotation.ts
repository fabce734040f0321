// The next queue of a topic: in turn, not on the broker that just failed, not on a slow one when that is asked for [java TopicPublishInfo, MQFaultStrategy].
import type { Random } from '../../common/index.js';
import type { MessageQueue } from '../../message/index.js';
import type { TopicRoute } from '../instance/topic-route.js';
import type { LatencyFaultTable } from './latency-fault-table.js';

export class QueueRotation {
  private readonly random: Random;
  private readonly faults: LatencyFaultTable;
  /** One counter per route object: a changed route starts somewhere else. */
  private readonly counters = new WeakMap<TopicRoute, { next: number }>();

  constructor(random: Random, faults: LatencyFaultTable) {
    this.random = random;
    this.faults = faults;
  }

  /** `route` must have queues. */
  select(route: TopicRoute, lastBrokerName: string | undefined, avoidSlowBrokers: boolean): MessageQueue {
    const elsewhere = (queue: MessageQueue): boolean => queue.brokerName !== lastBrokerName;
    if (avoidSlowBrokers) {
      const available =
        this.turn(route, (queue) => elsewhere(queue) && this.faults.isAvailable(queue.brokerName)) ??
        this.turn(route, (queue) => elsewhere(queue) && this.faults.isReachable(queue.brokerName));
      return available ?? this.step(route);
    }
    return (lastBrokerName === undefined ? undefined : this.turn(route, elsewhere)) ?? this.step(route);
  }

  private turn(route: TopicRoute, wanted: (queue: MessageQueue) => boolean): MessageQueue | undefined {
    for (let i = 0; i < route.publishQueues.length; i++) {
      const queue = this.step(route);
      if (wanted(queue)) return queue;
    }
    return undefined;
  }

  private step(route: TopicRoute): MessageQueue {
    const { publishQueues } = route;
    let counter = this.counters.get(route);
    if (counter === undefined) {
      counter = { next: this.random.int(publishQueues.length) };
      this.counters.set(route, counter);
    }
    const queue = publishQueues[counter.next]!;
    counter.next = (counter.next + 1) % publishQueues.length;
    return queue;
  }
}
