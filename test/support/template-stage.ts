// A template over ports that keep what they are given. Must never open a connection.
import type { Message as ClientMessage, MessageExt, SendResult } from 'rocketmq-core';
import { ManualClock } from 'rocketmq-core/common';
import { DefaultMessageConverter } from '../../libs/nest-rocketmq/src/messaging/index.js';
import { type ProducerPort, type ProducerSend, type ReceiverPort, RocketMQTemplate } from '../../libs/nest-rocketmq/src/template/index.js';
import { receivedMessage } from './received-message.js';

export interface Sent {
  messages: ClientMessage[];
  how: Partial<ProducerSend> & { oneWay?: boolean; batch?: boolean; request?: boolean; arg?: unknown };
}

export const RESULT = { sendStatus: 'SEND_OK', msgId: 'id-1' } as unknown as SendResult;

/** `failing.error` is what every send rejects with, `answers.status` what a broker says, `answers.reply` the body of a reply. */
export function templateStage(springHeaders = false) {
  const sent: Sent[] = [];
  const warnings: string[] = [];
  const failing: { error?: Error } = {};
  const answers = { status: 'SEND_OK', reply: 'x' };
  const answer = async (): Promise<SendResult> => {
    if (failing.error) throw failing.error;
    return { ...RESULT, sendStatus: answers.status } as SendResult;
  };
  const port: ProducerPort = {
    send: (message, how) => (sent.push({ messages: [message], how }), answer()),
    sendBatch: (messages, how) => (sent.push({ messages: [...messages], how: { ...how, batch: true } }), answer()),
    request: async (message, how) => {
      sent.push({ messages: [message], how: { ...how, request: true } });
      if (failing.error) throw failing.error;
      return receivedMessage({ body: answers.reply });
    },
    sendInTransaction: async (message, arg, timeout) => {
      sent.push({ messages: [message], how: { timeout, arg } });
      return { ...(await answer()), localTransactionState: 'COMMIT_MESSAGE' };
    },
    sendOneWay: async (message, selectQueue) => void sent.push({ messages: [message], how: { selectQueue, oneWay: true } }),
    client: () => {
      throw new Error('no client here');
    },
  };
  const mapping = {
    converter: new DefaultMessageConverter(),
    clock: new ManualClock(5000),
    springHeaders,
    warn: (text: string) => void warnings.push(text),
  };
  const inbox: MessageExt[] = [];
  const receiver: ReceiverPort = {
    poll: async () => {
      if (failing.error) throw failing.error;
      return inbox.splice(0);
    },
    client: () => {
      throw new Error('no consumer here');
    },
  };
  return { template: new RocketMQTemplate(port, mapping, receiver), sent, warnings, failing, answers, inbox };
}

/** Without what has a member of its own. */
export const userProperties = (message: ClientMessage): Record<string, string> => {
  const own = Object.fromEntries(message.properties);
  for (const key of ['KEYS', 'TAGS', 'WAIT', 'DELAY', 'UNIQ_KEY']) delete own[key];
  return own;
};
