// Patterns of handlers and clients to topics and tags, and back to one spelling. Must never know a message or a handler.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { buildSubscriptionData, validateTopicName } from 'rocketmq-core/message';
import { parseDestination } from '../messaging/index.js';
import { show, unknownNames } from '../options/index.js';

/** `topic`, `topic:tag`, `topic:tag1 || tag2`, or the same as an object. */
export type RocketMQPattern = string | { readonly topic: string; readonly tag?: string | undefined };

export interface ParsedPattern {
  readonly topic: string;
  /** Sorted; empty: every message of the topic, with or without a tag. */
  readonly tags: readonly string[];
}

const FORMS = "'topic', 'topic:tag', 'topic:tag1 || tag2' or { topic, tag }";

/** Throws IllegalMessageError that says what is wrong with a pattern that names no topic. */
export function parsePattern(pattern: unknown): ParsedPattern {
  const { topic, tag } = split(pattern);
  validateTopicName(topic);
  return { topic, tags: buildSubscriptionData(topic, tag).tagsSet.toSorted() };
}

/** Where a client sends: one tag at most. */
export function parseTarget(pattern: unknown): { readonly topic: string; readonly tag: string } {
  const { topic, tag } = split(pattern);
  if (tag === '*' || tag.includes('||')) {
    throw new IllegalMessageError(`pattern ${show(pattern)}: a message has one tag, "${tag}" is an expression`);
  }
  return { topic, tag };
}

/** The one spelling: `topic` or `topic:a || b`. */
export const routeOf = ({ topic, tags }: ParsedPattern): string => (tags.length === 0 ? topic : `${topic}:${tags.join(' || ')}`);

function split(pattern: unknown): { topic: string; tag: string } {
  if (typeof pattern === 'string') return parseDestination(pattern);
  if (typeof pattern !== 'object' || pattern === null || !('topic' in pattern)) {
    throw new IllegalMessageError(`pattern ${text(pattern)} names no topic; write ${FORMS}`);
  }
  const { topic, tag } = pattern as { topic: unknown; tag?: unknown };
  const [unknown] = unknownNames(pattern, ['topic', 'tag']);
  if (unknown !== undefined) throw new IllegalMessageError(`pattern ${text(pattern)}: ${unknown.name} is unknown. ${unknown.remedy}`);
  if (tag !== undefined && typeof tag !== 'string') throw new IllegalMessageError(`pattern ${text(pattern)}: tag is no text`);
  return parseDestination({ topic: topic as string, tag });
}

function text(pattern: unknown): string {
  try {
    return typeof pattern === 'object' ? JSON.stringify(pattern) : show(pattern);
  } catch {
    return 'that cannot be written as JSON';
  }
}
