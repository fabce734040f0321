// The orderly deliveries under way by topic, group and queue, and their file form (`config/consumerOrderInfo.json`, Apache's format).
// Tells when a closed queue opens by itself [java ConsumerOrderInfoManager, ConsumerOrderInfoLockManager]. Must never hold entries of
// topics and groups that are gone.
import type { Clock, Timer } from 'rocketmq-core/common';
import { offsetOrderCountEntry, orderCountEntry, type PopTopicType } from 'rocketmq-core/message';
import { type AckOutcome, type Delivery, OrderInfo, type OrderInfoRecord } from './order-info.js';

export interface OrderInfoFile {
  orderInfoCount: number;
  orderedConsumptionLevel: string;
  /** `topic@group` -> queueId -> delivery. */
  table: Map<string, Map<number, OrderInfoRecord>>;
}

/** Told that a queue gives out messages again. */
export type OpenListener = (topic: string, group: string, queueId: number) => void;

/** Readable queues of a topic, undefined for an unknown one; whether a group exists. */
export interface OrderInfoScope {
  readQueueNums(topic: string): number | undefined;
  hasGroup(group: string): boolean;
}

/** A delivery this old counts as abandoned. */
export const KEEP_MS = 24 * 3_600_000;
const SEPARATOR = '@';

interface Entry {
  info: OrderInfo;
  opening: Timer | undefined;
}

export class OrderInfoTable {
  private readonly groups = new Map<string, Map<number, Entry>>();
  private readonly listeners: OpenListener[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly scope: OrderInfoScope,
  ) {}

  onOpen(listener: OpenListener): void {
    this.listeners.push(listener);
  }

  /** The queue is closed to this request. */
  blocks(topic: string, group: string, queueId: number, attemptId: string | undefined, invisibleTime: number): boolean {
    return this.find(topic, group, queueId)?.info.blocks(attemptId, invisibleTime, this.clock.now()) ?? false;
  }

  /** Notes a delivery; answers the entries of orderCountInfo. */
  deliver(topic: string, group: string, queueId: number, delivery: Delivery, type: PopTopicType): string[] {
    const key = topic + SEPARATOR + group;
    let queues = this.groups.get(key);
    if (queues === undefined) this.groups.set(key, (queues = new Map()));
    const old = queues.get(queueId);
    const entry: Entry = { info: OrderInfo.of(delivery, this.clock.now(), old?.info), opening: old?.opening };
    queues.set(queueId, entry);
    this.tellWhenOpen(topic, group, queueId, entry);
    const { deliveries } = entry.info;
    const counts = [...deliveries].map(([offset, times]) => offsetOrderCountEntry(type, queueId, offset, times));
    // A message that is here for the first time makes the whole queue count as new.
    const least = deliveries.size < delivery.offsets.length ? 0 : Math.min(...deliveries.values());
    return [...counts, orderCountEntry(type, queueId, least)];
  }

  /** UNKNOWN: nothing is known of a delivery of this queue. */
  acknowledge(topic: string, group: string, queueId: number, offset: number, popTime: number): AckOutcome | 'UNKNOWN' {
    const entry = this.find(topic, group, queueId);
    if (entry === undefined) return 'UNKNOWN';
    const outcome = entry.info.acknowledge(offset, popTime);
    if (typeof outcome === 'object') this.tellWhenOpen(topic, group, queueId, entry);
    return outcome;
  }

  setVisibleAt(topic: string, group: string, queueId: number, wish: { offset: number; popTime: number; visibleAtMs: number }): void {
    const entry = this.find(topic, group, queueId);
    if (entry?.info.setVisibleAt(wish.offset, wish.popTime, wish.visibleAtMs) === true) this.tellWhenOpen(topic, group, queueId, entry);
  }

  /** Opens a queue whatever was delivered: its offset has been reset. */
  clear(topic: string, group: string, queueId: number): void {
    const key = topic + SEPARATOR + group;
    const queues = this.groups.get(key);
    queues?.get(queueId)?.opening?.cancel();
    queues?.delete(queueId);
    if (queues?.size === 0) this.groups.delete(key);
  }

  get count(): number {
    let sum = 0;
    for (const queues of this.groups.values()) sum += queues.size;
    return sum;
  }

  stop(): void {
    for (const queues of this.groups.values()) for (const { opening } of queues.values()) opening?.cancel();
  }

  toFile(): OrderInfoFile {
    this.dropGone();
    const table = new Map(
      [...this.groups].map(([key, queues]) => [key, new Map([...queues].map(([queueId, { info }]) => [queueId, info.toRecord()]))]),
    );
    return { orderInfoCount: this.count, orderedConsumptionLevel: 'QUEUE', table };
  }

  load(file: OrderInfoFile): void {
    this.groups.clear();
    for (const [key, records] of file.table) {
      const [topic, group, ...more] = key.split(SEPARATOR);
      if (topic === undefined || group === undefined || more.length > 0) continue;
      for (const [queueId, record] of records) {
        const info = OrderInfo.fromRecord(record);
        if (info === undefined) continue;
        const queues = this.groups.get(key) ?? new Map<number, Entry>();
        this.groups.set(key, queues);
        const entry: Entry = { info, opening: undefined };
        queues.set(queueId, entry);
        this.tellWhenOpen(topic, group, queueId, entry);
      }
    }
  }

  private find(topic: string, group: string, queueId: number): Entry | undefined {
    return this.groups.get(topic + SEPARATOR + group)?.get(queueId);
  }

  private tellWhenOpen(topic: string, group: string, queueId: number, entry: Entry): void {
    entry.opening?.cancel();
    entry.opening = undefined;
    const now = this.clock.now();
    const opensAt = entry.info.freeAt(now);
    if (opensAt <= now) return;
    entry.opening = this.clock.setTimer(
      () => {
        entry.opening = undefined;
        for (const listener of this.listeners) listener(topic, group, queueId);
      },
      Math.min(opensAt - now, KEEP_MS),
    );
  }

  private dropGone(): void {
    const oldest = this.clock.now() - KEEP_MS;
    for (const [key, queues] of this.groups) {
      const [topic, group] = key.split(SEPARATOR) as [string, string];
      const readQueueNums = this.scope.hasGroup(group) ? (this.scope.readQueueNums(topic) ?? 0) : 0;
      for (const [queueId, { info }] of queues) {
        if (queueId >= readQueueNums || info.deliveredAt < oldest) this.clear(topic, group, queueId);
      }
    }
  }
}
