// From a listener's definition to the function its consumer calls with what has arrived.
import type { MessageExt } from 'rocketmq-core/message';
import { BatchHandler } from './batch-handler.js';
import type { Verdict } from './consume-interceptor.js';
import { HandlerRoutes } from './handler-routes.js';
import type { HandlerServices } from './handler-services.js';
import type { ListenerDefinition } from './listener-definition.js';
import { MessageHandler } from './message-handler.js';

/** Gives one verdict for each message, in their order, and never rejects. `signalOf` makes the signal handlers may listen to. */
export type MessagesHandler = (messages: readonly MessageExt[], signalOf: () => AbortSignal) => Promise<readonly Verdict[]>;

export async function createMessagesHandler(definition: ListenerDefinition, services: HandlerServices): Promise<MessagesHandler> {
  const routes = await HandlerRoutes.create(definition.handlers, services.converter);
  const Handler = definition.mode === 'BATCH' ? BatchHandler : MessageHandler;
  const handler = new Handler(definition, routes, services);
  return (messages, signalOf) => handler.handleAll(messages, signalOf);
}
