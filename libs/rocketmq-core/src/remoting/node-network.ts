// The network port on Node's sockets: the only file that touches node:net and node:tls.
// Must never hand out memory of the read buffer beyond a call, and must know every socket it accepted.
import net from 'node:net';
import tls from 'node:tls';
import { type ConnectOptions, type Listener, type ListenOptions, type Network, reasonOf, type SocketChannel } from '../common/index.js';
import { ConnectError, ListenError } from '../errors/index.js';

/** One buffer serves all reads: data is consumed before the next read starts. */
const READ_BUFFER_BYTES = 256 * 1024;
const CONNECT_TIMEOUT_MS = 3000;
/** 'drain' must come whenever something was left unsent, however little. */
const WRITE_MARK = { writableHighWaterMark: 1 };

/** The part of an accepted socket that is not in its types: the handle can be wrapped again with a read buffer of ours. */
interface HandleOwner {
  _handle?: { readStop?: () => void } | null;
}

export class NodeNetwork implements Network {
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

  async listen(options: ListenOptions, onConnection: (channel: SocketChannel) => void): Promise<Listener> {
    let open = 0;
    let refusedConnections = 0;
    const limit = options.maxConnections ?? Infinity;
    const server = net.createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (accepted) => {
      if (open >= limit) {
        refusedConnections++;
        accepted.destroy();
        return;
      }
      open++;
      const channel = this.adopt(accepted);
      channel.whenClosed(() => open--);
      onConnection(channel);
      channel.begin();
    });
    await new Promise<void>((resolve, reject) => {
      server.on('error', (error) => {
        // After listening has begun: a connection that could not be accepted (no file descriptors left).
        refusedConnections++;
        reject(new ListenError(`${options.host}:${options.port}`, error.message, error));
      });
      server.listen(options.port, options.host, () => resolve());
    });
    const { address, port } = server.address() as net.AddressInfo;
    return {
      host: address,
      port,
      get refusedConnections() {
        return refusedConnections;
      },
      close: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }

  async connect(options: ConnectOptions): Promise<SocketChannel> {
    const address = `${options.host}:${options.port}`;
    const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
    const channel = options.tls === undefined ? this.plain(options) : this.secure(options, address);
    await channel.opened(address, timeoutMs);
    return channel;
  }

  private secure({ host, port, tls: given }: ConnectOptions, address: string): NodeChannel {
    try {
      return new NodeChannel(tls.connect({ host, port, ...given }), true);
    } catch (error) {
      // Node reads keys and certificates here, and its errors do not say what they are about.
      throw new ConnectError(address, `the tls options cannot be used: ${reasonOf(error)}`, error);
    }
  }

  private plain({ host, port }: ConnectOptions): NodeChannel {
    const options = { host, port, noDelay: true, keepAlive: true, onread: this.readInto(() => channel), ...WRITE_MARK };
    const channel: NodeChannel = new NodeChannel(net.connect(options as net.NetConnectOpts), false);
    return channel;
  }

  /** Wraps an accepted socket again, so that it reads into the shared buffer; without access to the handle it is used as it is. */
  private adopt(accepted: net.Socket): NodeChannel {
    const handle = (accepted as unknown as HandleOwner)._handle;
    if (handle === undefined || handle === null) return new NodeChannel(accepted, true);
    // The emptied socket must go, or its server would wait for it for ever when it closes.
    (accepted as unknown as HandleOwner)._handle = null;
    accepted.destroy();
    const options = { handle, onread: this.readInto(() => channel), ...WRITE_MARK };
    const channel: NodeChannel = new NodeChannel(new net.Socket(options as unknown as net.SocketConstructorOpts), false);
    return channel;
  }

  /** The onread option of a socket: data goes into the shared buffer and from there, at once, to its channel. */
  private readInto(channel: () => NodeChannel): net.OnReadOpts {
    return { buffer: this.readBuffer, callback: (length, buffer) => channel().received(buffer, length) };
  }
}

class NodeChannel implements SocketChannel {
  closed = false;
  remoteAddress = '';
  localAddress = '';
  private readonly socket: net.Socket;
  private dataHandler: ((bytes: Uint8Array) => void) | undefined;
  private readonly closeHandlers: Array<(error?: Error) => void> = [];
  private drainHandler: (() => void) | undefined;
  private failure: Error | undefined;
  /** Something was left unsent by the last writes. */
  private owesDrain = false;

  /** `byEvents`: without a read buffer of ours, data comes by the 'data' event. */
  constructor(socket: net.Socket, byEvents: boolean) {
    this.socket = socket;
    this.nameEnds();
    socket.on('error', (error) => (this.failure = error));
    socket.on('close', () => this.ended());
    socket.on('end', () => socket.end());
    socket.on('drain', () => this.drained());
    if (byEvents) socket.on('data', (bytes: Buffer) => this.dataHandler?.(bytes));
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  /** Starts reading on an accepted socket, once its owner has set the handlers. */
  begin(): void {
    if (this.closed) return;
    this.socket.resume();
    this.socket.read(0);
  }

  opened(address: string, timeoutMs: number): Promise<void> {
    const { socket } = this;
    const ready = socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
    return new Promise((resolve, reject) => {
      const done = (): void => {
        socket.setTimeout(0);
        socket.off(ready, onReady);
        socket.off('close', onClose);
        socket.off('timeout', onTimeout);
      };
      const onReady = (): void => {
        done();
        this.nameEnds();
        socket.setNoDelay(true);
        resolve();
      };
      const onClose = (): void => {
        done();
        reject(this.failure instanceof ConnectError ? this.failure : connectErrorOf(address, this.failure));
      };
      const onTimeout = (): void => {
        this.failure = new ConnectError(address, `no connection within ${timeoutMs} ms`);
        socket.destroy();
      };
      socket.once(ready, onReady);
      socket.once('close', onClose);
      socket.once('timeout', onTimeout);
      socket.setTimeout(timeoutMs);
    });
  }

  /** Called by the runtime with what it read into the shared buffer. */
  received(buffer: Uint8Array, length: number): boolean {
    this.dataHandler?.(buffer.subarray(0, length));
    return true;
  }

  whenClosed(handler: () => void): void {
    this.closeHandlers.push(handler);
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.dataHandler = handler;
  }

  onClose(handler: (error?: Error) => void): void {
    if (this.closed) queueMicrotask(() => handler(this.failure));
    else this.closeHandlers.push(handler);
  }

  onDrain(handler: () => void): void {
    this.drainHandler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed || this.socket.destroyed || this.socket.writableEnded) return true;
    this.socket.write(bytes);
    if (this.socket.writableLength === 0) return true;
    this.owesDrain = true;
    return false;
  }

  pauseReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    if (!this.closed) this.socket.resume();
  }

  end(): void {
    this.socket.destroySoon();
  }

  destroy(error?: Error): void {
    this.failure ??= error;
    this.socket.destroy();
  }

  private drained(): void {
    if (!this.owesDrain || this.socket.writableLength > 0) return;
    this.owesDrain = false;
    this.drainHandler?.();
  }

  private nameEnds(): void {
    this.remoteAddress = endName(this.socket.remoteAddress, this.socket.remotePort);
    this.localAddress = endName(this.socket.localAddress, this.socket.localPort);
  }

  private ended(): void {
    if (this.closed) return;
    this.closed = true;
    for (const handler of this.closeHandlers) handler(this.failure);
  }
}

/** `ip:port`; an IPv4 address seen through IPv6 is shown as IPv4. */
function endName(address: string | undefined, port: number | undefined): string {
  return `${(address ?? '').replace(/^::ffff:/, '')}:${port ?? 0}`;
}

/** What Node says when the other side answers a TLS greeting with something else, or hangs up. */
const NO_TLS_CODES: ReadonlySet<unknown> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);
const NO_TLS_TEXT = 'disconnected before secure TLS connection was established';
const CERTIFICATE_CODES = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_|INVALID_CA$|HOSTNAME_MISMATCH$)/;

function connectErrorOf(address: string, failure: Error | undefined): ConnectError {
  const text = failure?.message.trim() ?? 'closed';
  const code = (failure as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (NO_TLS_CODES.has(code) || text.includes(NO_TLS_TEXT))
    return new ConnectError(
      address,
      `it seems that no TLS is spoken there: leave tls out, or name the port that speaks it (${text})`,
      failure,
    );
  if (CERTIFICATE_CODES.test(code))
    return new ConnectError(address, `${text}: give tls.ca, or rejectUnauthorized: false to check nothing`, failure);
  return new ConnectError(address, text, failure);
}
