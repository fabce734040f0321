// defineTopic: a topic with its payload, tags and keys in one place, for those who send and those who listen. Must never send or subscribe.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { validateTopicName } from 'rocketmq-core/message';
import { MessageConversionError } from './message-conversion-error.js';
import type { PayloadOf } from './payload-reader.js';
import { isStandardSchema, schemaIssues, type StandardSchema } from './standard-schema.js';

const CONTRACT_BRAND = Symbol.for('nest-rocketmq.topic-contract');

/** A class, or a Standard Schema (zod and others). */
export type TopicSchema = StandardSchema | (abstract new (...args: never[]) => object);

/** What may be sent where `schema` is promised: what the schema takes, before it turns it into what listeners get. */
export type TopicPayload<S> = S extends StandardSchema ? NonNullable<S['~standard']['types']>['input'] : PayloadOf<S>;

export interface TopicDefinition<S extends TopicSchema, Tag extends string> {
  /** What the payload is: sends are checked against a Standard Schema, listeners get it as `messageType`. */
  schema: S;
  /** The tags there are; each message has one of them. Absent: messages have none. */
  tags?: readonly Tag[] | undefined;
  /** KEYS of a message whose sender names none: what it is found by. */
  key?: ((payload: TopicPayload<S>) => string | readonly string[]) | undefined;
  /** Messages of one sharding key go to one queue, in order: every send is an orderly one. */
  shardingKey?: ((payload: TopicPayload<S>) => string) | undefined;
}

/** `Orders.to('paid')`: a destination that knows what may be sent to it. */
export interface TopicDestination<T = unknown> {
  readonly topic: string;
  readonly tag?: string | undefined;
  readonly [CONTRACT_BRAND]: TopicRules<T>;
}

/** What the template asks of a contract. */
export interface TopicRules<T = unknown> {
  /** Rejects with MessageConversionError when the payload does not fit. */
  check(payload: T): Promise<void>;
  keysOf(payload: T): string | readonly string[] | undefined;
  shardingKeyOf(payload: T): string | undefined;
}

/** Attributes of @RocketMQMessageListener that a contract gives. */
export interface TopicSubscription<S extends TopicSchema> {
  topic: string;
  selectorExpression: string;
  messageType: S;
}

export interface TopicContract<S extends TopicSchema, Tag extends string> {
  readonly topic: string;
  readonly messageType: S;
  /** For the template. A topic with tags wants one. */
  to(...tag: [Tag] extends [never] ? [] : [tag: Tag]): TopicDestination<TopicPayload<S>>;
  /** For `@RocketMQMessageListener({ ...Orders.listen('paid'), consumerGroup })`; without arguments: every tag there is. */
  listen(...tags: Tag[]): TopicSubscription<S>;
  /** For `@OnMessage(Orders.filter('paid', 'shipped'))`: the tags joined by `||`; without arguments every tag there is, `*` of a topic without tags. */
  filter(...tags: Tag[]): string;
}

/** Throws IllegalMessageError for a name no topic may have, and for tags that cannot be filtered by. */
export function defineTopic<S extends TopicSchema, const Tag extends string = never>(
  topic: string,
  definition: TopicDefinition<S, Tag>,
): TopicContract<S, Tag> {
  validateTopicName(topic);
  const { schema, tags = [] } = definition;
  for (const tag of tags) if (!/^[^\s|*]+$/.test(tag)) throw new IllegalMessageError(`topic ${topic}: "${tag}" is no tag`, { topic, tag });
  const known = new Set<string>(tags);
  const require = (tag: string): string => {
    if (known.has(tag)) return tag;
    throw new IllegalMessageError(`topic ${topic} has no tag "${tag}"; it has ${[...known].join(', ') || 'none'}`, { topic, tag });
  };
  const rules = rulesOf(topic, definition);
  const filter = (...wanted: Tag[]): string => (wanted.length === 0 ? [...known].join(' || ') || '*' : wanted.map(require).join(' || '));
  return Object.freeze({
    topic,
    messageType: schema,
    to: (...[tag]: readonly string[]): TopicDestination<TopicPayload<S>> => {
      if (tag === undefined && known.size > 0)
        throw new IllegalMessageError(`topic ${topic} wants a tag: ${[...known].join(', ')}`, { topic });
      return { topic, tag: tag === undefined ? undefined : require(tag), [CONTRACT_BRAND]: rules };
    },
    listen: (...wanted: Tag[]): TopicSubscription<S> => ({ topic, selectorExpression: filter(...wanted), messageType: schema }),
    filter,
  });
}

function rulesOf<S extends TopicSchema, Tag extends string>(
  topic: string,
  { schema, key, shardingKey }: TopicDefinition<S, Tag>,
): TopicRules<TopicPayload<S>> {
  return {
    check: async (payload) => {
      if (!isStandardSchema(schema)) return;
      const result = await schema['~standard'].validate(payload);
      if (result.issues !== undefined) {
        throw new MessageConversionError(`the payload does not fit topic ${topic}`, undefined, schemaIssues(result));
      }
    },
    keysOf: (payload) => key?.(payload),
    shardingKeyOf: (payload) => shardingKey?.(payload),
  };
}

/** By brand, as two copies of this package may be loaded. */
export function topicRulesOf(destination: unknown): TopicRules | undefined {
  if (typeof destination !== 'object' || destination === null || !(CONTRACT_BRAND in destination)) return undefined;
  return (destination as TopicDestination)[CONTRACT_BRAND];
}
