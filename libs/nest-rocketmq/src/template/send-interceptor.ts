// What stands around each send of a template: metrics, tracing and what applications add. Must never see replies or traces.
import type { Message } from 'rocketmq-core';
import { tracedSend } from '../diagnostics/index.js';
import type { ProducerPort } from './producer-port.js';

export type SendKind = 'SEND' | 'BATCH' | 'ONE_WAY' | 'REQUEST' | 'TRANSACTION';

/** One call of a template, ready to go. */
export interface Sending {
  readonly kind: SendKind;
  /** Name of the connection. */
  readonly connection: string;
  /** One, or those of a batch; their properties may be added to. */
  readonly messages: readonly Message[];
}

export interface SendInterceptor {
  /** `next()` sends and resolves to what the template answers; what is thrown reaches the caller of the template. */
  interceptSend<R>(sending: Sending, next: () => Promise<R>): Promise<R>;
}

/** `port` with the interceptors around each send, the first outermost. They are asked for at each send: they are found after the port is made. */
export function interceptSends(port: ProducerPort, connection: string, interceptors: () => readonly SendInterceptor[]): ProducerPort {
  const around = async <R>(kind: SendKind, messages: readonly Message[], send: () => Promise<R>): Promise<R> => {
    const list = interceptors();
    const sending: Sending = { kind, connection, messages };
    if (list.length === 0) return tracedSend(sending, send);
    const from = (index: number): (() => Promise<R>) => {
      const interceptor = list[index];
      if (interceptor === undefined) return send;
      const next = from(index + 1);
      return async () => interceptor.interceptSend(sending, next);
    };
    return tracedSend(sending, from(0));
  };
  return {
    send: async (message, how) => around('SEND', [message], () => port.send(message, how)),
    sendBatch: async (messages, how) => around('BATCH', messages, () => port.sendBatch(messages, how)),
    request: async (message, how) => around('REQUEST', [message], () => port.request(message, how)),
    sendInTransaction: async (message, arg, timeout) =>
      around('TRANSACTION', [message], () => port.sendInTransaction(message, arg, timeout)),
    sendOneWay: async (message, selectQueue) => around('ONE_WAY', [message], () => port.sendOneWay(message, selectQueue)),
    client: () => port.client(),
  };
}
