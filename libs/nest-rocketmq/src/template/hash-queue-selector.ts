// The queue of a hash key: the one Java's SelectMessageQueueByHash picks. Must never depend on anything but key and queue order.
import { javaStringHashCode } from 'rocketmq-core/common';
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { QueueSelector } from './producer-port.js';

export function selectQueueByHash(hashKey: string): QueueSelector {
  if (typeof hashKey !== 'string')
    throw new IllegalMessageError(`the hash key of an orderly send must be a string, found ${typeof hashKey}`);
  const hash = javaStringHashCode(hashKey);
  // [java SelectMessageQueueByHash#select] remainder first, then its absolute value.
  return (queues) => queues[Math.abs(hash % queues.length)]!;
}
