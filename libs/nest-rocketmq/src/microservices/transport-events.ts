// Who listens with `on()`. Must never throw for an error nobody listens to.
import { EventEmitter } from 'node:events';
import type { RocketMQTransportEvents } from './transport.js';

export class TransportEvents {
  private readonly emitter = new EventEmitter();

  on<K extends keyof RocketMQTransportEvents>(event: K, callback: RocketMQTransportEvents[K]): void {
    this.emitter.on(event, callback);
  }

  emit(event: 'connected' | 'disconnected'): void {
    this.emitter.emit(event);
  }

  error(error: unknown): void {
    // Node's emitter throws an 'error' without a listener.
    if (this.emitter.listenerCount('error') > 0) this.emitter.emit('error', error);
  }
}
