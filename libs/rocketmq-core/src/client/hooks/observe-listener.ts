// A listener with its hooks around every call. Must never change what the listener answers or throws.
import type { Clock, Logger } from '../../common/index.js';
import type { MessageExt, MessageQueue } from '../../message/index.js';
import { ConsumeConcurrentlyStatus, ConsumeOrderlyStatus, type PushListener } from '../consumer/listener.js';
import { callHooks, type ConsumeMessageContext, type ConsumeMessageHook, type ConsumeReturnType } from './message-hooks.js';

export interface ListenerObservation {
  readonly hooks: readonly ConsumeMessageHook[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly consumerGroup: string;
  /** A call longer than this counts as TIME_OUT. */
  readonly consumeTimeoutMs: number;
}

const GOOD: ReadonlySet<unknown> = new Set([
  ConsumeConcurrentlyStatus.CONSUME_SUCCESS,
  ConsumeOrderlyStatus.SUCCESS,
  ConsumeOrderlyStatus.COMMIT,
]);

export function observeListener(listener: PushListener, observation: ListenerObservation): PushListener {
  if (observation.hooks.length === 0) return listener;
  if (listener.mode === 'ORDERLY') {
    const { call } = listener;
    return {
      mode: 'ORDERLY',
      call: (messages, context) => around(observation, messages, context.messageQueue, () => call(messages, context)),
    };
  }
  const { call } = listener;
  return {
    mode: 'CONCURRENTLY',
    call: (messages, context) => around(observation, messages, context.messageQueue, () => call(messages, context)),
  };
}

async function around<S>(
  { hooks, clock, logger, consumerGroup, consumeTimeoutMs }: ListenerObservation,
  messages: readonly MessageExt[],
  messageQueue: MessageQueue,
  call: () => S | Promise<S>,
): Promise<S> {
  const context: ConsumeMessageContext = { consumerGroup, messages, messageQueue, success: false, returnType: 'EXCEPTION' };
  callHooks(hooks, logger, (hook) => hook.consumeMessageBefore?.(context));
  const startedAtMs = clock.monotonic();
  try {
    const answer = await call();
    context.success = GOOD.has(answer);
    context.returnType = returnTypeOf(answer, clock.monotonic() - startedAtMs >= consumeTimeoutMs);
    return answer;
  } finally {
    callHooks(hooks, logger, (hook) => hook.consumeMessageAfter?.(context));
  }
}

/** [java ConsumeMessageConcurrentlyService.ConsumeRequest#run] */
function returnTypeOf(answer: unknown, late: boolean): ConsumeReturnType {
  if (answer === undefined || answer === null) return 'RETURNNULL';
  if (late) return 'TIME_OUT';
  return GOOD.has(answer) ? 'SUCCESS' : 'FAILED';
}
