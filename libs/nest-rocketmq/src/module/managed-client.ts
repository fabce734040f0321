// A connection's clients as the connection holds them. Types only.
import type { ProducerPort, ReceiverPort } from '../template/index.js';

/** A producer with its life in the hands of the connection. */
export interface ManagedProducer extends ProducerPort {
  start(): Promise<void>;
  /** Resolves when a name server has answered, whatever it said. */
  reach(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A receiver with its life in the hands of the connection. */
export interface ManagedReceiver extends ReceiverPort {
  start(): Promise<void>;
  shutdown(): Promise<void>;
}
