// Reads `topic:tag`. Must never trim or correct what the caller wrote.
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { Message } from './message.js';
import type { TopicDestination } from './topic-contract.js';

/** `'orders'`, `'orders:paid'`, the two parts, or what a topic contract gives (`Orders.to('paid')`). */
export type Destination = string | { readonly topic: string; readonly tag?: string | undefined };

/** What may be sent to a destination: anything, unless a topic contract says. */
export type PayloadFor<D> = D extends TopicDestination<infer T> ? T | Message<T> | ReadonlyArray<Message<T>> : unknown;

export interface ParsedDestination {
  readonly topic: string;
  /** Empty: no tag. */
  readonly tag: string;
}

/** Splits at the first colon only: `a:b:c` is topic `a`, tag `b:c`, as in Spring. */
export function parseDestination(destination: Destination): ParsedDestination {
  if (typeof destination === 'object' && destination !== null) {
    return requireTopic({ topic: destination.topic, tag: destination.tag ?? '' }, JSON.stringify(destination));
  }
  if (typeof destination !== 'string')
    throw new IllegalMessageError(`destination must be "topic" or "topic:tag", found ${typeof destination}`);
  const colon = destination.indexOf(':');
  if (colon < 0) return requireTopic({ topic: destination, tag: '' }, `"${destination}"`);
  return requireTopic({ topic: destination.slice(0, colon), tag: destination.slice(colon + 1) }, `"${destination}"`);
}

function requireTopic(parsed: ParsedDestination, written: string): ParsedDestination {
  if (typeof parsed.topic !== 'string' || parsed.topic === '') throw new IllegalMessageError(`destination ${written} names no topic`);
  return parsed;
}
