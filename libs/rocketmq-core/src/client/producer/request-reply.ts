// Request and reply over topics [java DefaultMQProducerImpl#request, MessageUtil#createReplyMessage]: a message goes out like any other and
// says where its reply belongs. Must never send a request before every broker that may hold its reply knows this client.
import type { Random } from '../../common/index.js';
import { IllegalMessageError } from '../../errors/index.js';
import { Message, type MessageExt, PROPERTY } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { SendOptions, SendTarget } from './send-arguments.js';
import type { Sending } from './sending.js';

/** Value of MSG_TYPE on replies. */
export const REPLY_MESSAGE_TYPE = 'reply';
const REPLY_TOPIC_SUFFIX = '_REPLY_TOPIC';

/** Sends and waits for the reply. `timeoutMs` counts for both together. */
export async function requestReply(
  instance: ClientInstance,
  sending: Sending,
  message: Message,
  target: SendTarget,
  options: SendOptions & { readonly timeoutMs: number },
): Promise<MessageExt> {
  const { clock, random } = instance.ports;
  const { timeoutMs, signal } = options;
  const deadline = clock.monotonic() + timeoutMs;
  signal?.throwIfAborted();
  const correlationId = uuid(random);
  message.properties.set(PROPERTY.CORRELATION_ID, correlationId);
  message.properties.set(PROPERTY.REPLY_TO_CLIENT, instance.clientId);
  message.properties.set(PROPERTY.MESSAGE_TTL, String(timeoutMs));
  // A broker pushes replies only to clients whose heartbeat it has seen.
  if (await sending.meet(message.topic)) await instance.heartbeatToAll();
  const leftMs = Math.max(1, Math.floor(deadline - clock.monotonic()));
  const pending = instance.replies.expect({ topic: message.topic, correlationId, timeoutMs: leftMs, signal });
  try {
    await sending.send(message, target, { ...options, timeout: leftMs });
    return await pending.reply;
  } finally {
    pending.forget();
  }
}

/** The reply to a request a consumer was given; throws IllegalMessageError when the message asks for none. */
export function createReplyMessage(request: MessageExt, body: Uint8Array | string): Message {
  const cluster = request.properties.get(PROPERTY.CLUSTER);
  if (cluster === undefined) {
    throw new IllegalMessageError(`create reply message fail, requestMessage error, property[${PROPERTY.CLUSTER}] is null.`, {
      msgId: request.msgId,
    });
  }
  const reply = new Message({ topic: cluster + REPLY_TOPIC_SUFFIX, body });
  reply.properties.set(PROPERTY.MESSAGE_TYPE, REPLY_MESSAGE_TYPE);
  for (const name of [PROPERTY.CORRELATION_ID, PROPERTY.REPLY_TO_CLIENT, PROPERTY.MESSAGE_TTL]) {
    const value = request.properties.get(name);
    if (value === undefined) throw new IllegalMessageError(`message ${request.msgId} asks for no reply: its property ${name} is missing`);
    reply.properties.set(name, value);
  }
  return reply;
}

function uuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
