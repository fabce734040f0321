// Serves requests on one or more ports: accepts connections, offers frames to the hot path, dispatches the rest, calls clients back.
// Must never let one connection's bad bytes touch another, and must leave no socket or timer after close().
import {
  type Clock,
  type Listener,
  type Logger,
  LoopTurn,
  type Network,
  silentLogger,
  sleep,
  SystemClock,
  type Timer,
  type Turn,
} from '../common/index.js';
import { MalformedCommandError, RocketMQError, SendRequestError } from '../errors/index.js';
import {
  CURRENT_VERSION,
  FLAG_RESPONSE,
  LANGUAGE_JAVA,
  type RequestHeader,
  type RequestRow,
  type SerializeType,
} from '../protocol/index.js';
import { decodeCommand } from './command-codec.js';
import { type FrameLimits, frameBytes } from './frame-decoder.js';
import { callOver, sendOver } from './invoke.js';
import { NodeNetwork } from './node-network.js';
import { type ConnectionEvents, ConnectionSet } from './connection-set.js';
import { RemotingConnection } from './remoting-connection.js';
import type {
  Connection,
  FrameView,
  Handler,
  HotPath,
  InvokeOptions,
  Lanes,
  RemotingServer,
  RpcResponse,
  ServerListenOptions,
} from './remoting-types.js';
import { RefusalLog } from './refusal-log.js';
import { RequestDispatcher } from './request-dispatcher.js';

export interface RemotingServerOptions {
  network?: Network;
  clock?: Clock;
  turn?: Turn;
  logger?: Logger;
  /** Form of requests to clients. Default JSON. */
  serializeType?: SerializeType;
  lanes?: Lanes;
  /** Per port. Default 10,000. */
  maxConnections?: number;
  /** A connection without a byte for so long is closed. Default 120 s [java NettyServerConfig#serverChannelMaxIdleTimeSeconds]. */
  idleTimeoutMs?: number;
  /** A frame must be whole within this. Default 30 s. */
  frameTimeoutMs?: number;
  frameLimits?: FrameLimits;
}

const MAX_CONNECTIONS = 10_000;
const IDLE_TIMEOUT_MS = 120_000;
const FRAME_TIMEOUT_MS = 30_000;
const HOUSEKEEPING_PERIOD_MS = 1000;
const DRAIN_MS = 10_000;
const DRAIN_POLL_MS = 20;

export function createRemotingServer(options: RemotingServerOptions = {}): RemotingServer {
  return new SocketRemotingServer(options);
}

class SocketRemotingServer implements RemotingServer {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly network: Network;
  private readonly options: RemotingServerOptions;
  private readonly refusals: RefusalLog;
  private readonly dispatcher: RequestDispatcher;
  private readonly connectionSet: ConnectionSet;
  private readonly closeListeners: Array<(connection: Connection) => void> = [];
  private readonly counts = { accepted: 0, framesIn: 0, hotFrames: 0, malformed: 0, idleClosed: 0 };
  private listeners: Listener[] = [];
  private housekeeping: Timer | undefined;
  private hotPath: HotPath | undefined;

  constructor(options: RemotingServerOptions) {
    this.options = options;
    this.clock = options.clock ?? new SystemClock();
    this.connectionSet = new ConnectionSet({ clock: this.clock, turn: options.turn ?? new LoopTurn(), frameLimits: options.frameLimits });
    this.logger = options.logger ?? silentLogger;
    this.network = options.network ?? new NodeNetwork();
    this.refusals = new RefusalLog(this.clock, this.logger);
    this.dispatcher = new RequestDispatcher({
      refusals: this.refusals,
      clock: this.clock,
      logger: this.logger,
      lanes: options.lanes,
      version: CURRENT_VERSION,
      language: LANGUAGE_JAVA,
    });
  }

  handle<R extends RequestRow>(row: R, handler: Handler<R>): void {
    this.dispatcher.handle(row, handler);
  }

  handledCodes(): number[] {
    return this.dispatcher.codes();
  }

  useHotPath(hotPath: HotPath): void {
    this.hotPath = hotPath;
  }

  async listen({ host, port, kind = 'main' }: ServerListenOptions): Promise<{ host: string; port: number }> {
    const maxConnections = this.options.maxConnections ?? MAX_CONNECTIONS;
    const events: ConnectionEvents = {
      onFrame: (frame, connection) => this.received(frame, connection, kind),
      onClosed: (connection, reason, error) => this.ended(connection, reason, error),
    };
    const listener = await this.network.listen({ host, port, maxConnections }, (channel) => {
      this.counts.accepted++;
      this.connectionSet.adopt(channel, events);
    });
    this.listeners.push(listener);
    this.housekeeping ??= this.clock.setPeriodic(() => this.keepHouse(), HOUSEKEEPING_PERIOD_MS);
    return { host: listener.host, port: listener.port };
  }

  onConnectionClosed(listener: (connection: Connection) => void): void {
    this.closeListeners.push(listener);
  }

  connections(): Iterable<Connection> {
    return this.connectionSet;
  }

  async invoke<R extends RequestRow>(
    connection: Connection,
    row: R,
    header: RequestHeader<R>,
    options: InvokeOptions = {},
  ): Promise<RpcResponse<R>> {
    return callOver(this.own(connection, row), row, header, options, this.form());
  }

  invokeOneWay<R extends RequestRow>(connection: Connection, row: R, header: RequestHeader<R>, options: InvokeOptions = {}): void {
    if (!connection.closed) sendOver(this.own(connection, row), row, header, options, this.form());
  }

  counters(): Readonly<Record<string, number>> {
    const refusedConnections = this.listeners.reduce((sum, listener) => sum + listener.refusedConnections, 0);
    const { counts, inFlight } = this.dispatcher;
    return { ...this.counts, ...counts, ...this.connectionSet.traffic, inFlight, refusedConnections, connections: this.connectionSet.size };
  }

  async close(drainMs = DRAIN_MS): Promise<void> {
    const accepting = Promise.all(this.listeners.map((listener) => listener.close()));
    this.listeners = [];
    const deadline = this.clock.monotonic() + drainMs;
    while (this.dispatcher.inFlight + (this.hotPath?.owed ?? 0) > 0 && this.clock.monotonic() < deadline)
      await sleep(this.clock, DRAIN_POLL_MS);
    this.housekeeping?.cancel();
    this.housekeeping = undefined;
    this.dispatcher.close();
    await this.connectionSet.closeAll('the server stops');
    await accepting;
  }

  private received(frame: FrameView, connection: RemotingConnection, kind: 'main' | 'fast'): void {
    this.counts.framesIn++;
    if (this.hotPath?.accept(connection, frame, kind) === true) {
      this.counts.hotFrames++;
      return;
    }
    const command = decodeCommand(frameBytes(frame));
    if ((command.flag & FLAG_RESPONSE) !== 0) connection.pending.answer(command);
    else this.dispatcher.dispatch(connection, command, kind);
  }

  private keepHouse(): void {
    const now = this.clock.monotonic();
    const idleMs = this.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    const frameMs = this.options.frameTimeoutMs ?? FRAME_TIMEOUT_MS;
    for (const connection of this.connectionSet) {
      if (now - connection.lastActiveMs >= idleMs) {
        this.counts.idleClosed++;
        connection.close(`idle for ${idleMs} ms`);
      } else if (connection.partialSinceMs !== undefined && now - connection.partialSinceMs >= frameMs) {
        this.counts.malformed++;
        connection.close(`a frame was not whole within ${frameMs} ms`);
      }
    }
  }

  private ended(connection: RemotingConnection, reason: string, error: Error | undefined): void {
    if (error instanceof MalformedCommandError) {
      this.counts.malformed++;
      this.refusals.note('connection closed: what came is no frame', { remoteAddress: connection.remoteAddress, reason });
    } else if (error !== undefined && !isSocketError(error)) {
      this.logger.error('connection closed', { remoteAddress: connection.remoteAddress, reason, error });
    } else this.logger.debug('connection closed', { remoteAddress: connection.remoteAddress, reason });
    this.hotPath?.closed(connection);
    for (const listener of this.closeListeners) listener(connection);
  }

  private own(connection: Connection, row: RequestRow): RemotingConnection {
    if (connection instanceof RemotingConnection && !connection.closed) return connection;
    throw new SendRequestError(connection.remoteAddress, row.name, 'the connection is closed');
  }

  private form(): { serializeType: SerializeType; version: number; language: number } {
    return { serializeType: this.options.serializeType ?? 'JSON', version: CURRENT_VERSION, language: LANGUAGE_JAVA };
  }
}

/** ECONNRESET and the like: everyday ends of a connection, unlike a defect of ours. */
function isSocketError(error: Error): boolean {
  return 'syscall' in error || error instanceof RocketMQError;
}
