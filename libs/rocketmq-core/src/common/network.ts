// The network port: byte channels. Remoting stands on it, tests replace it, only remoting/node-network.ts touches sockets.

/** One TCP (or TLS) connection as a byte channel. All callbacks run on the event loop, never re-entrantly from a method call. */
export interface SocketChannel {
  /** `ip:port` of the peer. */
  readonly remoteAddress: string;
  /** `ip:port` of this end. */
  readonly localAddress: string;
  /** Bytes accepted by write() that the kernel has not taken yet. */
  readonly pendingBytes: number;
  readonly closed: boolean;
  /** Set once, before the first byte. `bytes` is a view on a buffer that is REUSED after the handler returns: copy what you keep. */
  onData(handler: (bytes: Uint8Array) => void): void;
  /** Runs exactly once, with the error that ended the channel if there was one. */
  onClose(handler: (error?: Error) => void): void;
  /** Runs each time the pending bytes drain to zero after write() returned false. */
  onDrain(handler: () => void): void;
  /** True: the kernel took everything and the caller may reuse `bytes` at once. False: `bytes` is in use until drain. */
  write(bytes: Uint8Array): boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** Sends what is pending, then closes. */
  end(): void;
  /** Closes at once, dropping what is pending. */
  destroy(error?: Error): void;
}

export interface ListenOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  /** Connections above this are refused (and counted). Default: no limit. */
  maxConnections?: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Connections refused because of maxConnections. */
  readonly refusedConnections: number;
  /** Stops accepting; open channels stay until their owner closes them. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  host: string;
  port: number;
  /** Default 3000 ms. */
  timeoutMs?: number;
  tls?: { rejectUnauthorized?: boolean; ca?: string; cert?: string; key?: string };
}

export interface Network {
  listen(options: ListenOptions, onConnection: (channel: SocketChannel) => void): Promise<Listener>;
  /** Rejects with ConnectError on refusal or time-out. */
  connect(options: ConnectOptions): Promise<SocketChannel>;
}
