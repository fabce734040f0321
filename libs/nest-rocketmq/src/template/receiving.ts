// Received messages as their payloads, and what becomes of one that does not fit. Must never poll, commit or seek.
import { reasonOf } from 'rocketmq-core/common';
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { MessageExt } from 'rocketmq-core/message';
import { namesOf, unknownNames } from '../options/index.js';

export interface ReceiveOptions {
  /** Ends the waiting: receive() rejects with its reason. */
  signal?: AbortSignal | undefined;
  /**
   * Gets each message that does not fit its type, with the reason (a MessageConversionError, or what the type's own code threw), before receive()
   * resolves: keep it, or send it elsewhere. receive() rejects with what this throws. Default: such a message is left out, with a warning in the log.
   */
  onInvalid?: ((message: MessageExt, error: Error) => void | Promise<void>) | undefined;
}

const RECEIVE_OPTIONS = namesOf<ReceiveOptions>()({ signal: true, onInvalid: true });

export function checkReceiveOptions(options: ReceiveOptions): ReceiveOptions {
  const [unknown] = unknownNames(options, RECEIVE_OPTIONS);
  if (unknown !== undefined) throw new IllegalMessageError(`receive option ${unknown.name} is unknown. ${unknown.remedy}`);
  return options;
}

/** The payloads of those that fit, in their order. */
export async function readReceived(
  messages: readonly MessageExt[],
  read: (message: MessageExt) => unknown,
  onInvalid: ReceiveOptions['onInvalid'],
  warn: (line: string) => void,
): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for (const message of messages) {
    try {
      payloads.push(await read(message));
    } catch (error) {
      if (onInvalid === undefined) warn(leftOut(message, error));
      else await onInvalid(message, error instanceof Error ? error : new Error(reasonOf(error)));
    }
  }
  return payloads;
}

const leftOut = ({ msgId, topic, brokerName, queueId, queueOffset }: MessageExt, error: unknown): string =>
  `received message ${msgId} (topic=${topic} brokerName=${brokerName} queueId=${queueId} queueOffset=${queueOffset}) was left out, and is ` +
  `committed with the others: ${reasonOf(error)}. To have such messages, give receive() the option onInvalid, or no type`;
