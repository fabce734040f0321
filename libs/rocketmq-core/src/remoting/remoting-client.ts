// Calls servers over one shared connection per address, and serves what they ask of us.
// Must never open two connections to one address, nor leave a caller waiting after shutdown().
import { type Clock, type Logger, LoopTurn, type Network, silentLogger, SystemClock, type Timer, type Turn } from '../common/index.js';
import { BrokerReplyError, ConnectError, NotStartedError, RequestTimeoutError } from '../errors/index.js';
import {
  CURRENT_VERSION,
  FLAG_RESPONSE,
  LANGUAGE_JAVA,
  type RequestHeader,
  type RequestRow,
  RESPONSE_CODES,
  responseCodeName,
  type SerializeType,
} from '../protocol/index.js';
import { decodeCommand } from './command-codec.js';
import { frameBytes } from './frame-decoder.js';
import { callOver, REQUEST_TIMEOUT_MS, type RequestForm, sendOver } from './invoke.js';
import { NodeNetwork } from './node-network.js';
import { ConnectionSet } from './connection-set.js';
import type { RemotingConnection } from './remoting-connection.js';
import type { FrameView, Handler, InvokeOptions, RemotingClient, RpcHook, RpcResponse } from './remoting-types.js';
import { RefusalLog } from './refusal-log.js';
import { RequestDispatcher } from './request-dispatcher.js';
import type { WindowRequest } from './send-window.js';

export interface RemotingClientOptions {
  network?: Network;
  clock?: Clock;
  turn?: Turn;
  logger?: Logger;
  /** Form of requests. Default JSON, as Apache's clients. */
  serializeType?: SerializeType;
  /** Default 513 (V5_5_0). */
  version?: number;
  /** LanguageCode number. Default JAVA: the only one every server understands. */
  language?: number;
  /** Default 3000 ms. */
  connectTimeoutMs?: number;
  /** A connection without a byte for so long is closed. Default 120 s. */
  idleTimeoutMs?: number;
  tls?: { rejectUnauthorized?: boolean; ca?: string; cert?: string; key?: string };
}

const CONNECT_TIMEOUT_MS = 3000;
const IDLE_TIMEOUT_MS = 120_000;
const HOUSEKEEPING_PERIOD_MS = 5000;
/** A shorter silence says nothing about the connection [java NettyRemotingClient#MIN_CLOSE_TIMEOUT_MILLIS]. */
const SILENCE_MIN_MS = 100;

export function createRemotingClient(options: RemotingClientOptions = {}): RemotingClient {
  return new SocketRemotingClient(options);
}

class SocketRemotingClient implements RemotingClient {
  private readonly options: RemotingClientOptions;
  private readonly clock: Clock;
  private readonly network: Network;
  private readonly logger: Logger;
  private readonly dispatcher: RequestDispatcher;
  private readonly connectionSet: ConnectionSet;
  private readonly hooks: RpcHook[] = [];
  private readonly open = new Map<string, RemotingConnection>();
  private readonly opening = new Map<string, Promise<RemotingConnection>>();
  private readonly closeListeners: Array<(address: string) => void> = [];
  private readonly form: RequestForm;
  private housekeeping: Timer | undefined;
  private stopped = false;

  constructor(options: RemotingClientOptions) {
    this.options = options;
    this.clock = options.clock ?? new SystemClock();
    this.connectionSet = new ConnectionSet({ clock: this.clock, turn: options.turn ?? new LoopTurn(), alwaysReads: true });
    this.network = options.network ?? new NodeNetwork();
    this.logger = options.logger ?? silentLogger;
    this.form = {
      serializeType: options.serializeType ?? 'JSON',
      version: options.version ?? CURRENT_VERSION,
      language: options.language ?? LANGUAGE_JAVA,
      hooks: this.hooks,
    };
    this.dispatcher = new RequestDispatcher({
      refusals: new RefusalLog(this.clock, this.logger),
      clock: this.clock,
      logger: this.logger,
      version: this.form.version,
      language: this.form.language,
    });
  }

  async invoke<R extends RequestRow>(
    row: R,
    address: string,
    header: RequestHeader<R>,
    options: InvokeOptions = {},
  ): Promise<RpcResponse<R>> {
    const startMs = this.clock.monotonic();
    const open = this.connectionTo(address);
    const connection = open instanceof Promise ? await open : open;
    let sentAtMs = startMs;
    try {
      return await connection.window.run(this.windowRequest(row, options, startMs, false), () => {
        sentAtMs = this.clock.monotonic();
        // Connecting and waiting for room are part of the wait the caller allowed.
        return callOver(connection, row, header, options, { ...this.form, address }, sentAtMs - startMs);
      });
    } catch (error) {
      if (error instanceof RequestTimeoutError) this.suspect(connection, sentAtMs);
      throw error;
    }
  }

  async call<R extends RequestRow>(
    row: R,
    address: string,
    header: RequestHeader<R>,
    options: InvokeOptions = {},
  ): Promise<RpcResponse<R>> {
    const response = await this.invoke(row, address, header, options);
    if (response.code === RESPONSE_CODES.SUCCESS) return response;
    throw new BrokerReplyError(address, row.name, response.code, responseCodeName(response.code), response.remark);
  }

  async invokeOneWay<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options: InvokeOptions = {}): Promise<void> {
    const startMs = this.clock.monotonic();
    const open = this.connectionTo(address);
    const connection = open instanceof Promise ? await open : open;
    await connection.window.run(this.windowRequest(row, options, startMs, true), () =>
      sendOver(connection, row, header, options, { ...this.form, address }),
    );
  }

  handle<R extends RequestRow>(row: R, handler: Handler<R>): void {
    this.dispatcher.handle(row, handler);
  }

  addHook(hook: RpcHook): void {
    this.hooks.push(hook);
  }

  addresses(): string[] {
    return [...this.open.keys()];
  }

  onConnectionClosed(listener: (address: string) => void): void {
    this.closeListeners.push(listener);
  }

  closeAddress(address: string): void {
    this.open.get(address)?.close('closed by its owner');
  }

  async shutdown(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.housekeeping?.cancel();
    for (const { pending, window } of this.connectionSet) {
      window.end(() => stopped());
      pending.end(() => stopped());
    }
    await Promise.allSettled(this.opening.values());
    this.dispatcher.close();
    await this.connectionSet.closeAll('the client shuts down');
  }

  private windowRequest({ name }: RequestRow, options: InvokeOptions, startMs: number, oneWay: boolean): WindowRequest {
    const { body, timeoutMs = REQUEST_TIMEOUT_MS, signal } = options;
    return { name, bytes: body?.length ?? 0, oneWay, timeoutMs: timeoutMs - (this.clock.monotonic() - startMs), signal };
  }

  private connectionTo(address: string): RemotingConnection | Promise<RemotingConnection> {
    if (this.stopped) throw stopped();
    const open = this.open.get(address);
    if (open !== undefined && !open.closed) return open;
    let opening = this.opening.get(address);
    if (opening === undefined) {
      opening = this.connect(address).finally(() => this.opening.delete(address));
      this.opening.set(address, opening);
    }
    return opening;
  }

  private async connect(address: string): Promise<RemotingConnection> {
    const { host, port } = splitAddress(address);
    const channel = await this.network.connect({
      host,
      port,
      timeoutMs: this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      ...(this.options.tls === undefined ? {} : { tls: this.options.tls }),
    });
    if (this.stopped) {
      channel.destroy();
      throw stopped();
    }
    const connection = this.connectionSet.adopt(channel, {
      onFrame: (frame, from) => this.received(frame, from),
      onClosed: (each, reason) => {
        if (this.open.get(address) === each) this.open.delete(address);
        this.logger.debug('connection closed', { address, reason });
        for (const listener of this.closeListeners) listener(address);
      },
    });
    this.open.set(address, connection);
    this.housekeeping ??= this.clock.setPeriodic(() => this.closeIdle(), HOUSEKEEPING_PERIOD_MS);
    return connection;
  }

  /**
   * A request timed out. A connection that has brought nothing since is taken for half-open and closed: nobody would tell us, requests would
   * time out for ever [java NettyRemotingClient#invokeSync].
   */
  private suspect(connection: RemotingConnection, sentAtMs: number): void {
    // After the next poll: where this process stood still, the answer may wait to be read.
    this.clock.setTimer(() => {
      const { lastReceivedMs } = connection;
      if (lastReceivedMs > sentAtMs || this.clock.monotonic() - lastReceivedMs < SILENCE_MIN_MS) return;
      this.logger.warn('connection closed: nothing came since a request that timed out', { address: connection.remoteAddress });
      connection.close('silent since a request that timed out');
    }, 0);
  }

  private received(frame: FrameView, connection: RemotingConnection): void {
    const command = decodeCommand(frameBytes(frame));
    if ((command.flag & FLAG_RESPONSE) === 0) {
      this.dispatcher.dispatch(connection, command, 'main');
      return;
    }
    if (!connection.pending.answer(command)) this.logger.debug('answer nobody waits for', { opaque: command.opaque, code: command.code });
  }

  private closeIdle(): void {
    const limit = this.clock.monotonic() - (this.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
    for (const connection of this.connectionSet)
      if (connection.lastActiveMs <= limit && connection.pending.size === 0) connection.close('idle');
  }
}

function stopped(): NotStartedError {
  return new NotStartedError('the remoting client', 'shut down');
}

/** `host:port`, `[v6]:port`, optionally after `http://`. Throws ConnectError for anything else. */
export function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?(?:\[([^\]]+)\]|([^:[\]]+)|([\da-fA-F:]+)):(\d{1,5})\/?$/.exec(address.trim());
  const port = Number(match?.[4]);
  const host = match?.[1] ?? match?.[2] ?? match?.[3];
  if (host === undefined || !(port >= 1 && port <= 65_535)) throw new ConnectError(address, 'this is no host:port');
  return { host, port };
}
