// The open connections of one server or client: their one write per turn, and their orderly end.
// Must never leave a socket or a participant of the turn behind once closeAll() has resolved.
import type { Clock, SocketChannel, Turn } from '../common/index.js';
import type { FrameLimits } from './frame-decoder.js';
import { RemotingConnection, type Traffic } from './remoting-connection.js';
import type { FrameView } from './remoting-types.js';

export interface ConnectionEvents {
  onFrame(frame: FrameView, connection: RemotingConnection): void;
  onClosed(connection: RemotingConnection, reason: string, error?: Error): void;
}

/** How long closeAll() lets peers take what is still unsent. */
const LINGER_MS = 1000;

export class ConnectionSet implements Iterable<RemotingConnection> {
  readonly traffic: Traffic = { bytesIn: 0, bytesOut: 0, halfFrameBytes: 0 };
  private readonly clock: Clock;
  private readonly turn: Turn;
  private readonly frameLimits: FrameLimits | undefined;
  private readonly alwaysReads: boolean;
  private readonly open = new Set<RemotingConnection>();
  private dirty: RemotingConnection[] = [];
  private leaveTurn: (() => void) | undefined;
  private whenEmpty: (() => void) | undefined;
  private nextId = 1;

  constructor(options: { clock: Clock; turn: Turn; frameLimits?: FrameLimits | undefined; alwaysReads?: boolean }) {
    this.clock = options.clock;
    this.turn = options.turn;
    this.frameLimits = options.frameLimits;
    this.alwaysReads = options.alwaysReads ?? false;
  }

  get size(): number {
    return this.open.size;
  }

  [Symbol.iterator](): Iterator<RemotingConnection> {
    return this.open.values();
  }

  adopt(channel: SocketChannel, events: ConnectionEvents): RemotingConnection {
    this.leaveTurn ??= this.turn.join('flush', () => this.flush());
    const connection = new RemotingConnection(this.nextId++, channel, {
      clock: this.clock,
      traffic: this.traffic,
      frameLimits: this.frameLimits,
      alwaysReads: this.alwaysReads,
      onFrame: (frame, from) => events.onFrame(frame, from),
      onDirty: (each) => {
        this.dirty.push(each);
        this.turn.request();
      },
      onClosed: (each, reason, error) => {
        this.open.delete(each);
        events.onClosed(each, reason, error);
        if (this.open.size === 0) this.whenEmpty?.();
      },
    });
    this.open.add(connection);
    return connection;
  }

  /** Writes what every connection has to send. */
  flush(): void {
    const { dirty } = this;
    if (dirty.length === 0) return;
    this.dirty = [];
    for (const connection of dirty) connection.flush();
  }

  /** Sends what is waiting, closes everything and resolves when the sockets have gone. */
  async closeAll(reason: string): Promise<void> {
    for (const connection of this.open) connection.end(reason);
    const linger = this.clock.setTimer(() => this.destroyAll(), LINGER_MS);
    await this.emptied();
    linger.cancel();
    this.leaveTurn?.();
    this.leaveTurn = undefined;
  }

  private destroyAll(): void {
    for (const connection of this.open) connection.destroy();
  }

  private emptied(): Promise<void> {
    return this.open.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.whenEmpty = resolve));
  }
}
