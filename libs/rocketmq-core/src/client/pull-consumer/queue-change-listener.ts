// What an application may learn of the queues of a topic [java MessageQueueListener, TopicMessageQueueChangeListener]. Types only.
import type { MessageQueue } from '../../message/index.js';

/** Told after a rebalance that changed something: all queues of the topic, and those that are this member's now. */
export type MessageQueueListener = (topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]) => void;

/** Told when the topic itself has other queues than before, whoever works on them. */
export type TopicMessageQueueChangeListener = (topic: string, queues: readonly MessageQueue[]) => void;
