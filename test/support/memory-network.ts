// A network inside the test: channels whose peer the test plays itself. Must never touch a socket.
import type { ConnectOptions, Listener, ListenOptions, Network, SocketChannel } from 'rocketmq-core/common';

/** One channel, seen from both ends. */
export class MemoryChannel implements SocketChannel {
  readonly remoteAddress = '10.0.0.2:50000';
  readonly localAddress = '10.0.0.1:10911';
  closed = false;
  /** While true the kernel takes nothing: writes pile up. */
  stalled = false;
  paused = false;
  readonly written: Buffer[] = [];
  private unsent: Uint8Array[] = [];
  private dataHandler: ((bytes: Uint8Array) => void) | undefined;
  private closeHandler: ((error?: Error) => void) | undefined;
  private drainHandler: (() => void) | undefined;

  get pendingBytes(): number {
    return this.unsent.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** The peer sends; the buffer is wiped afterwards, as a reused read buffer would be. */
  receive(bytes: Uint8Array): void {
    const shared = new Uint8Array(bytes);
    this.dataHandler?.(shared);
    shared.fill(0xee);
  }

  /** The kernel takes what piled up. */
  drain(): void {
    this.stalled = false;
    for (const bytes of this.unsent.splice(0)) this.written.push(Buffer.from(bytes));
    this.drainHandler?.();
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.dataHandler = handler;
  }

  onClose(handler: (error?: Error) => void): void {
    this.closeHandler = handler;
  }

  onDrain(handler: () => void): void {
    this.drainHandler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.stalled) this.unsent.push(bytes);
    else this.written.push(Buffer.from(bytes));
    return !this.stalled;
  }

  pauseReading(): void {
    this.paused = true;
  }

  resumeReading(): void {
    this.paused = false;
  }

  end(): void {
    this.destroy();
  }

  destroy(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    queueMicrotask(() => this.closeHandler?.(error));
  }
}

export class MemoryNetwork implements Network {
  readonly connects: ConnectOptions[] = [];
  readonly channels: MemoryChannel[] = [];
  private accept: ((channel: SocketChannel) => void) | undefined;

  listen(options: ListenOptions, onConnection: (channel: SocketChannel) => void): Promise<Listener> {
    this.accept = onConnection;
    return Promise.resolve({ host: options.host, port: options.port, refusedConnections: 0, close: () => Promise.resolve() });
  }

  /** A peer connects to whoever listens. */
  dial(): MemoryChannel {
    const channel = new MemoryChannel();
    this.accept!(channel);
    return channel;
  }

  connect(options: ConnectOptions): Promise<SocketChannel> {
    this.connects.push(options);
    const channel = new MemoryChannel();
    this.channels.push(channel);
    return Promise.resolve(channel);
  }
}
