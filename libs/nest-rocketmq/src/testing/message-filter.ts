// Which messages a test means. Pure.

export interface MessageFilter {
  /** Default: any. */
  topic?: string | undefined;
  /** Its one tag. Default: any, or none. */
  tag?: string | undefined;
  /** One of its KEYS. */
  key?: string | undefined;
}

export interface MessageFacts {
  readonly topic: string;
  readonly tags: string | undefined;
  /** Words, separated by a space. */
  readonly keys: string | undefined;
}

export function matches({ topic, tag, key }: MessageFilter, facts: MessageFacts): boolean {
  if (topic !== undefined && topic !== facts.topic) return false;
  if (tag !== undefined && tag !== facts.tags) return false;
  return key === undefined || (facts.keys ?? '').split(' ').includes(key);
}

/** `orders:paid key=o1`. */
export function describeFilter({ topic, tag, key }: MessageFilter): string {
  return `${topic ?? 'any topic'}${tag === undefined ? '' : `:${tag}`}${key === undefined ? '' : ` key=${key}`}`;
}
