// What remoting promises to the layers above: client calls, served requests, connections, the hot path. Implementations live beside it.
import type { RequestHeader, RequestRow, ResponseHeader, LaneName } from '../protocol/index.js';
import type { RemotingCommand, SerializeType } from '../protocol/index.js';
import type { ResponseCodeName } from '../protocol/index.js';

/** One live connection, as handlers and tables see it. Identity is the object itself. */
export interface Connection {
  /** Ordinal within the process, for logs. */
  readonly id: number;
  /** `ip:port` of the peer. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly closed: boolean;
  /** Bytes waiting for the kernel. */
  readonly pendingBytes: number;
  close(reason: string): void;
}

/** What a handler gets: the decoded header and the rest of the frame. The body is the handler's own copy. */
export interface ServedRequest<R extends RequestRow = RequestRow> {
  readonly row: R;
  readonly header: RequestHeader<R>;
  /** Everything received, unknown fields included (signature checks need them). */
  readonly extFields: ReadonlyMap<string, string>;
  /** Empty when the frame had none. */
  readonly body: Uint8Array;
  readonly opaque: number;
  readonly version: number;
  readonly language: number;
  readonly oneWay: boolean;
  readonly connection: Connection;
  /** Clock.monotonic() when the frame arrived. */
  readonly receivedAtMs: number;
}

/** The answer to a served request. */
export interface Reply<R extends RequestRow = RequestRow> {
  readonly code: ResponseCodeName | number;
  readonly remark?: string | undefined;
  readonly header?: ResponseHeader<R> | undefined;
  /** Loose fields that no header declares (MSG_REGION, TRACE_ON). */
  readonly extFields?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
}

/** Returned instead of a reply: the handler keeps the request and answers later, exactly once, through `Held.reply`. */
export interface Held {
  readonly held: true;
}

/** Lets a held request be answered later. `reply` is a no-op when the connection has gone. */
export interface HoldToken<R extends RequestRow = RequestRow> {
  reply(reply: Reply<R>): void;
}

export type Handler<R extends RequestRow> = (
  request: ServedRequest<R>,
  hold: () => HoldToken<R>,
) => Promise<Reply<R> | Held> | Reply<R> | Held;

export interface LaneLimits {
  /** Handlers running at once. */
  maxInFlight: number;
  /** Requests waiting; one more is answered SYSTEM_BUSY `[OVERLOAD]`. */
  maxQueued: number;
  /** A request that waited longer is answered SYSTEM_BUSY `[TIMEOUT_CLEAN_QUEUE]`. */
  maxWaitMs: number;
}

export type Lanes = Readonly<Partial<Record<LaneName, LaneLimits>>>;

export interface InvokeOptions {
  body?: Uint8Array | undefined;
  /** Default 3000 ms. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Loose fields that no header declares. */
  extFields?: Readonly<Record<string, string>> | undefined;
  /** A sentence for who reads the request. */
  remark?: string | undefined;
}

/** A response as its caller sees it; any code, decoded header only when the fields fit it. */
export interface RpcResponse<R extends RequestRow = RequestRow> {
  readonly code: number;
  readonly remark: string | undefined;
  /** Undefined when the answer does not carry the row's mandatory fields. */
  readonly header: ResponseHeader<R> | undefined;
  readonly extFields: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly version: number;
  /** Who answered, `host:port`. */
  readonly address: string;
}

/** Sees every outgoing request before it is written (ACL signature, namespace) and every response. */
export interface RpcHook {
  beforeRequest?(address: string, command: RemotingCommand): void;
  afterResponse?(address: string, request: RemotingCommand, response: RemotingCommand): void;
}

/** Calls servers; one connection per address, made on demand, shared by all callers. */
export interface RemotingClient {
  /** Resolves with whatever the peer answered. Rejects: ConnectError, SendRequestError, RequestTimeoutError, TooManyRequestsError, the signal's reason. */
  invoke<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<RpcResponse<R>>;
  /** As invoke, but rejects with BrokerReplyError unless the code is SUCCESS. */
  call<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<RpcResponse<R>>;
  /**
   * Resolves when the frame has been handed to the connection. While the peer does not read, and 65535 one-way requests or 32 MiB are
   * unsent, it waits within the time-out, then rejects with TooManyRequestsError.
   */
  invokeOneWay<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<void>;
  /** Serves a request that a server makes on us (39, 40, 220, 221, 307, 309, 326). */
  handle<R extends RequestRow>(row: R, handler: Handler<R>): void;
  addHook(hook: RpcHook): void;
  /** Addresses with an open connection. */
  addresses(): string[];
  onConnectionClosed(listener: (address: string) => void): void;
  closeAddress(address: string): void;
  /** Closes everything; calls under way reject with NotStartedError. */
  shutdown(): Promise<void>;
}

/** A frame inside the shared read buffer, before any decoding. Valid only during the call that got it. */
export interface FrameView {
  /** The bytes; `view` covers the same memory. */
  bytes: Uint8Array;
  view: DataView;
  /** 0 JSON, 1 ROCKETMQ. */
  serializeType: number;
  headerStart: number;
  headerEnd: number;
  bodyStart: number;
  bodyEnd: number;
}

/** Where answers are written: bytes appended here leave in one socket write at the end of the turn. */
export interface Outbox extends Connection {
  /** Makes room for `length` bytes; afterwards they may be written at `outBytes[outEnd…]`, then call `advance(length)`. Asks for a turn. What already lies behind outEnd survives. */
  reserve(length: number): void;
  readonly outBytes: Uint8Array;
  readonly outView: DataView;
  readonly outEnd: number;
  advance(length: number): void;
}

/** Requests answered without objects, promises or closures (D16). Offered every frame first. */
export interface HotPath {
  /** True: the frame is taken (answered now or at the end of the turn). False: the generic path takes it. Never throws. */
  accept(connection: Outbox, frame: FrameView, port: 'main' | 'fast'): boolean;
  /** Answers owed for frames taken; a server that closes waits for them. */
  readonly owed: number;
  /** The connection closed: forget what is owed to it. */
  closed(connection: Outbox): void;
}

export interface ServerListenOptions {
  host: string;
  port: number;
  /** Which of a row's `ports` this listener is. Default 'main'. */
  kind?: 'main' | 'fast';
}

/** Serves requests on one or more ports. */
export interface RemotingServer {
  /** A second handler for one code throws. */
  handle<R extends RequestRow>(row: R, handler: Handler<R>): void;
  /** The codes that have handlers. */
  handledCodes(): number[];
  useHotPath(hotPath: HotPath): void;
  listen(options: ServerListenOptions): Promise<{ host: string; port: number }>;
  onConnectionClosed(listener: (connection: Connection) => void): void;
  connections(): Iterable<Connection>;
  /** Calls a client over its own connection. Same rejections as RemotingClient.invoke. */
  invoke<R extends RequestRow>(connection: Connection, row: R, header: RequestHeader<R>, options?: InvokeOptions): Promise<RpcResponse<R>>;
  invokeOneWay<R extends RequestRow>(connection: Connection, row: R, header: RequestHeader<R>, options?: InvokeOptions): void;
  /** Counters: frames, bytes, connections, refused, malformed, busy answers, by name. */
  counters(): Readonly<Record<string, number>>;
  /** Stops accepting, waits up to `drainMs` for requests in flight, closes every connection. */
  close(drainMs?: number): Promise<void>;
}

/** Peers may be asked in either form; a reply to a JSON frame is JSON. */
export type DefaultSerializeType = SerializeType;
