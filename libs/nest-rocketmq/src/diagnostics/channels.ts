// The diagnostics channels of sends and deliveries, for tools that watch a process from outside. Must cost nothing while nobody listens.
import { tracingChannel } from 'node:diagnostics_channel';

/** Node's TracingChannel under this name: its events are `tracing:nest-rocketmq:send:start`, `:end`, `:asyncStart`, `:asyncEnd`, `:error`. */
export const SEND_CHANNEL = 'nest-rocketmq:send';
/** As SEND_CHANNEL. A failed delivery is no `error` but a `result` of kind AGAIN. */
export const DELIVERY_CHANNEL = 'nest-rocketmq:delivery';

const send = tracingChannel(SEND_CHANNEL);
const delivery = tracingChannel(DELIVERY_CHANNEL);
type Channel = typeof send;

const isWatched = ({ start, end, asyncStart, asyncEnd, error }: Channel): boolean =>
  start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers;

/** `context` is what subscribers get; `result` or `error` is added to it. */
function traced<R>(channel: Channel, context: object, work: () => Promise<R>): Promise<R> {
  return isWatched(channel) ? channel.tracePromise(work, { ...context }) : work();
}

/** A send of a template: `{ sending }`. */
export const tracedSend = <R>(sending: object, work: () => Promise<R>): Promise<R> => traced(send, { sending }, work);

/** A message on its way to a listener: `{ delivery }`. */
export const tracedDelivery = <R>(delivered: object, work: () => Promise<R>): Promise<R> => traced(delivery, { delivery: delivered }, work);
