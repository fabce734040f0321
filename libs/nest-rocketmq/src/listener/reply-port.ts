// How a handler's answer gets to who asked: the seam where tests put their own. Types only.
import type { MessageExt } from 'rocketmq-core/message';

/** Resolves when the requester has the reply; rejects when it could not be handed over within `timeoutMs`. */
export type SendReply = (request: MessageExt, body: Uint8Array, timeoutMs: number) => Promise<void>;
