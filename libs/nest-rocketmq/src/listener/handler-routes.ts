// Which method of a listener takes a message, by topic and tag, with the reader of its payload. Must never run either.
import type { MessageExt } from 'rocketmq-core/message';
import { createPayloadReader, type PayloadReader, type RocketMQMessageConverter } from '../messaging/index.js';
import type { HandlerDefinition } from './listener-definition.js';

export interface Route {
  readonly handler: HandlerDefinition;
  readonly read: PayloadReader;
}

export class HandlerRoutes {
  /** Set when there is one handler for everything, which is nearly always. */
  private readonly only: Route | undefined;
  /** By `topic`, or '' for every topic: by tag, or '' for the rest. */
  private readonly byTopic = new Map<string, Map<string, Route>>();

  constructor(routes: readonly Route[]) {
    const [first] = routes;
    if (routes.length === 1 && first !== undefined && takesAll(first.handler)) this.only = first;
    for (const route of routes) {
      const topic = route.handler.topic ?? '';
      const tags = this.byTopic.get(topic) ?? new Map<string, Route>();
      this.byTopic.set(topic, tags);
      for (const tag of route.handler.tags ?? ['']) tags.set(tag, route);
    }
  }

  static async create(handlers: readonly HandlerDefinition[], converter: RocketMQMessageConverter): Promise<HandlerRoutes> {
    return new HandlerRoutes(
      await Promise.all(handlers.map(async (handler) => ({ handler, read: await createPayloadReader(handler.messageType, converter) }))),
    );
  }

  /** The tag beats the rest; of either, the method that names the topic beats the one that does not. */
  find({ topic, tags: tag = '' }: MessageExt): Route | undefined {
    if (this.only !== undefined) return this.only;
    const own = this.byTopic.get(topic);
    const any = this.byTopic.get('');
    return own?.get(tag) ?? any?.get(tag) ?? own?.get('') ?? any?.get('');
  }
}

const takesAll = ({ topic, tags }: HandlerDefinition): boolean => topic === undefined && tags === undefined;
