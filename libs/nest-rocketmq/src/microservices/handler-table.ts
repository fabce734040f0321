// The handlers of a server by topic and tag: who gets a message, and what to subscribe to. Must never call a handler.
import type { MessageHandler } from '@nestjs/microservices';
import { isStandardSchema, type MessageType, type PayloadReader } from '../messaging/index.js';
import { type ProblemList, show } from '../options/index.js';
import { type ParsedPattern, parsePattern, routeOf } from './pattern.js';

/** What `@EventPattern(pattern, extras)` and `@MessagePattern(pattern, extras)` take here. */
export interface RocketMQHandlerExtras {
  /** `String`, `Buffer`, `MessageExt`, a class or a Standard Schema: what the handler gets. Absent: by the content type of the message. */
  readonly messageType?: MessageType | undefined;
}

export interface Handler {
  readonly pattern: ParsedPattern;
  /** The pattern in its one spelling. */
  readonly route: string;
  readonly call: MessageHandler;
  readonly isEvent: boolean;
  readonly messageType: MessageType | undefined;
  /** Made before the consumer starts. */
  read?: PayloadReader;
}

export class HandlerTable {
  private readonly byTopic = new Map<string, Handler[]>();
  private readonly rejected: Array<{ pattern: string; problem: string; remedy: string }> = [];

  /** The handler as it stands in the table; undefined for one that is refused when the server starts. */
  add(pattern: unknown, call: MessageHandler, isEvent: boolean, extras: RocketMQHandlerExtras): Handler | undefined {
    let parsed: ParsedPattern;
    try {
      parsed = parsePattern(pattern);
    } catch (error) {
      const remedy = "Write 'topic', 'topic:tag', 'topic:tag1 || tag2' or { topic, tag }.";
      this.rejected.push({ pattern: nameOf(pattern), problem: (error as Error).message, remedy });
      return undefined;
    }
    const route = routeOf(parsed);
    const { messageType } = extras;
    if (messageType !== undefined && typeof messageType !== 'function' && !isStandardSchema(messageType)) {
      const remedy = 'Give String, Buffer, MessageExt, a class or a Standard Schema.';
      this.rejected.push({ pattern: route, problem: `messageType ${show(messageType)} is no type`, remedy });
      return undefined;
    }
    const handler: Handler = { pattern: parsed, route, call, isEvent, messageType };
    const sameTopic = this.byTopic.get(parsed.topic);
    if (sameTopic === undefined) this.byTopic.set(parsed.topic, [handler]);
    else sameTopic.push(handler);
    return handler;
  }

  list(): Handler[] {
    return [...this.byTopic.values()].flat();
  }

  /** Every event handler whose pattern fits. */
  eventHandlers(topic: string, tag: string | undefined): Handler[] {
    return this.fitting(topic, tag).filter(({ isEvent }) => isEvent);
  }

  /** The one that answers: a pattern with the tag before one for the whole topic. */
  requestHandler(topic: string, tag: string | undefined): Handler | undefined {
    const fitting = this.fitting(topic, tag).filter(({ isEvent }) => !isEvent);
    return fitting.find(({ pattern }) => pattern.tags.length > 0) ?? fitting[0];
  }

  /** Topic to tag expression: every tag a pattern names, `*` once a pattern takes the whole topic. */
  subscriptions(): Map<string, string> {
    return new Map(
      [...this.byTopic].map(([topic, handlers]) => {
        const all = handlers.some(({ pattern }) => pattern.tags.length === 0);
        const tags = new Set(handlers.flatMap(({ pattern }) => pattern.tags));
        return [topic, all ? '*' : [...tags].toSorted().join(' || ')];
      }),
    );
  }

  findProblems(problems: ProblemList, broadcasting: boolean): void {
    for (const { pattern, problem, remedy } of this.rejected) problems.add(`pattern ${pattern}`, problem, remedy);
    for (const handlers of this.byTopic.values()) {
      const requests = handlers.filter(({ isEvent }) => !isEvent);
      const claims = new Map<string, string>();
      for (const { pattern, route } of requests) {
        if (broadcasting) {
          const remedy = 'Use @EventPattern, or messageModel CLUSTERING.';
          problems.add(`pattern ${route}`, 'is a @MessagePattern, and every process of a broadcasting group would answer', remedy);
        }
        for (const tag of pattern.tags.length === 0 ? ['*'] : pattern.tags) {
          const other = claims.get(tag);
          if (other !== undefined) {
            const remedy = 'A request has one answer: keep one of the two.';
            problems.add(`pattern ${route}`, `tag ${tag} is answered by another @MessagePattern ("${other}") already`, remedy);
          }
          claims.set(tag, route);
        }
      }
    }
  }

  private fitting(topic: string, tag: string | undefined): Handler[] {
    const handlers = this.byTopic.get(topic) ?? [];
    return handlers.filter(({ pattern: { tags } }) => tags.length === 0 || (tag !== undefined && tags.includes(tag)));
  }
}

const nameOf = (pattern: unknown): string => (typeof pattern === 'object' ? JSON.stringify(pattern) : show(pattern));
