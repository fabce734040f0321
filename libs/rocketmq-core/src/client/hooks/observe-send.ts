// One attempt of a send with its hooks around it. Costs nothing where there are no hooks.
import type { Logger } from '../../common/index.js';
import { type MessageQueue, PROPERTY } from '../../message/index.js';
import type { OutgoingMessage } from '../producer/outgoing-message.js';
import type { SendResult } from '../producer/send-result.js';
import { callHooks, type MessageType, type SendMessageContext, type SendMessageHook } from './message-hooks.js';

export interface SendObservation {
  readonly hooks: readonly SendMessageHook[];
  readonly logger: Logger;
  readonly producerGroup: string;
}

export interface Attempt {
  readonly message: OutgoingMessage;
  readonly queue: MessageQueue;
  readonly address: string;
  readonly oneway: boolean;
}

/** Rejects with what `run` rejects with, after the hooks have seen it. */
export async function observeSend<R extends SendResult | undefined>(
  { hooks, logger, producerGroup }: SendObservation,
  attempt: Attempt,
  run: () => Promise<R>,
): Promise<R> {
  if (hooks.length === 0) return run();
  const context = contextOf(attempt, producerGroup);
  callHooks(hooks, logger, (hook) => hook.sendMessageBefore?.(context));
  try {
    const result = await run();
    context.sendResult = result;
    return result;
  } catch (error) {
    context.exception = error;
    throw error;
  } finally {
    callHooks(hooks, logger, (hook) => hook.sendMessageAfter?.(context));
  }
}

function contextOf({ message, queue, address, oneway }: Attempt, producerGroup: string): SendMessageContext {
  const { source } = message;
  const properties = source?.properties ?? new Map<string, string>();
  return {
    producerGroup,
    message: { topic: message.topic, tags: source?.tags, keys: source?.keys, body: Buffer.from(message.body), properties },
    messageQueue: queue,
    brokerAddr: address,
    messageType: typeOf(properties),
    oneway,
    sendResult: undefined,
    exception: undefined,
  };
}

const DELAYS = [
  PROPERTY.DELAY_TIME_LEVEL,
  PROPERTY.TIMER_DELAY_SEC,
  PROPERTY.TIMER_DELAY_MS,
  PROPERTY.TIMER_DELIVER_MS,
  '__STARTDELIVERTIME',
];

/** As Java's producer names it to its hooks. */
function typeOf(properties: ReadonlyMap<string, string>): MessageType {
  if (properties.get(PROPERTY.TRANSACTION_PREPARED) === 'true') return 'TRANSACTION_HALF';
  return DELAYS.some((name) => properties.has(name)) ? 'DELAY' : 'NORMAL';
}
