// A TCP proxy that does what bad networks do: delay, dribble, swallow, cut, refuse; changeable while connections run, the same for the same seed.
// Must never leave a socket behind, nor pass on bytes of a connection that has lost some.
import net from 'node:net';
import type { Random } from 'rocketmq-core/common';

/** `up`: towards the server. */
export type Way = 'up' | 'down';

export interface Weather {
  /** Bytes are held back for so long, and by chance up to `jitterMs` longer; their order stays. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** Bytes go on in pieces of 1 to so many, one at a time. */
  readonly dribbleBytes?: number;
  /** Bytes, and the ends of connections, vanish on these ways. A connection that met this stays a black hole when the weather clears. */
  readonly swallow?: readonly Way[];
}

export interface ChaosProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  readonly port?: number;
  readonly random: Random;
}

interface Link {
  readonly client: net.Socket;
  readonly server: net.Socket;
}

/** Bytes kept of one way before its source is no longer read. */
const KEPT_BYTES_MAX = 1024 * 1024;

export class ChaosProxy {
  weather: Weather = {};
  readonly counts = { accepted: 0, cut: 0, swallowedBytes: 0, swallowedEnds: 0 };
  private readonly links = new Set<Link>();
  private readonly sockets = new Set<net.Socket>();
  private listener: net.Server | undefined;
  private port: number;

  private constructor(private readonly options: ChaosProxyOptions) {
    this.port = options.port ?? 0;
  }

  static async start(options: ChaosProxyOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    await proxy.accept();
    return proxy;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get connections(): number {
    return this.links.size;
  }

  /** Ends every connection with a reset. */
  cut(): void {
    for (const link of this.links) this.reset(link);
  }

  /** Ends one connection, by chance, with a reset. */
  cutOne(): void {
    const link = [...this.links][this.options.random.int(Math.max(1, this.links.size))];
    if (link !== undefined) this.reset(link);
  }

  /** New connections are refused from now on; those that run go on. */
  async refuse(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    // Its callback waits for the connections, its port is free at once.
    listener?.close();
  }

  /** New connections are accepted again. */
  async accept(): Promise<void> {
    if (this.listener !== undefined) return;
    const listener = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => this.connect(client));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.port, this.host, resolve);
    });
    this.port = (listener.address() as net.AddressInfo).port;
    this.listener = listener;
  }

  async close(): Promise<void> {
    await this.refuse();
    const gone = [...this.sockets].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(gone);
  }

  private get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  private connect(client: net.Socket): void {
    this.counts.accepted++;
    const { host, port } = this.options.target;
    const server = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    const link = { client, server };
    this.links.add(link);
    const parts = { random: this.options.random, weather: () => this.weather, counts: this.counts };
    this.own(client, server, link, new Pipe('up', client, server, parts));
    this.own(server, client, link, new Pipe('down', server, client, parts));
  }

  /** The end of one socket is the end of the other, unless the way between them is a black hole. */
  private own(socket: net.Socket, other: net.Socket, link: Link, pipe: Pipe): void {
    this.sockets.add(socket);
    socket.on('error', () => {
      if (!pipe.isHole()) other.resetAndDestroy();
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.links.delete(link);
      pipe.sourceClosed();
    });
  }

  private reset({ client, server }: Link): void {
    this.counts.cut++;
    client.resetAndDestroy();
    server.resetAndDestroy();
  }
}

interface PipeParts {
  readonly random: Random;
  weather(): Weather;
  readonly counts: { swallowedBytes: number; swallowedEnds: number };
}

/** One way of a connection. */
class Pipe {
  private readonly queue: Array<{ readonly bytes: Buffer; readonly dueMs: number }> = [];
  private keptBytes = 0;
  private lastDueMs = 0;
  private lost = false;
  private sourceEnded = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly way: Way,
    private readonly source: net.Socket,
    private readonly target: net.Socket,
    private readonly parts: PipeParts,
  ) {
    source.on('data', (bytes: Buffer) => this.take(bytes));
    source.on('end', () => {
      this.sourceEnded = true;
      if (this.isHole()) this.parts.counts.swallowedEnds++;
      this.pump();
    });
    target.on('drain', () => this.readOn());
    source.resume();
  }

  isHole(): boolean {
    this.lost ||= this.parts.weather().swallow?.includes(this.way) ?? false;
    return this.lost;
  }

  sourceClosed(): void {
    this.sourceEnded = true;
    this.pump();
  }

  private take(bytes: Buffer): void {
    if (this.isHole()) {
      this.parts.counts.swallowedBytes += bytes.length;
      return;
    }
    const { latencyMs = 0, jitterMs = 0, dribbleBytes } = this.parts.weather();
    const delayMs = latencyMs + (jitterMs > 0 ? this.parts.random.int(jitterMs + 1) : 0);
    this.lastDueMs = Math.max(this.lastDueMs, performance.now() + delayMs);
    for (let at = 0; at < bytes.length;) {
      const length = dribbleBytes === undefined ? bytes.length : 1 + this.parts.random.int(dribbleBytes);
      this.queue.push({ bytes: bytes.subarray(at, at + length), dueMs: this.lastDueMs });
      at += length;
    }
    this.keptBytes += bytes.length;
    if (this.keptBytes > KEPT_BYTES_MAX) this.source.pause();
    this.pump();
  }

  /** Passes on what is due: all of it, or the next piece when they come one at a time. */
  private pump(): void {
    if (this.timer !== undefined) return;
    while (this.queue.length > 0 && !this.target.destroyed) {
      const waitMs = this.queue[0]!.dueMs - performance.now();
      if (waitMs > 0) return this.pumpIn(waitMs);
      const { bytes } = this.queue.shift()!;
      this.keptBytes -= bytes.length;
      if (this.isHole()) {
        this.parts.counts.swallowedBytes += bytes.length;
        continue;
      }
      this.target.write(bytes);
      if (this.queue.length > 0 && this.parts.weather().dribbleBytes !== undefined) return this.pumpIn(0);
    }
    this.readOn();
    if (this.sourceEnded && !this.isHole() && !this.target.destroyed) this.target.end();
  }

  private pumpIn(waitMs: number): void {
    const go = (): void => {
      this.timer = undefined;
      this.pump();
    };
    this.timer = setTimeout(go, waitMs);
    this.timer.unref();
  }

  private readOn(): void {
    if (this.keptBytes <= KEPT_BYTES_MAX && this.target.writableLength <= KEPT_BYTES_MAX) this.source.resume();
    else this.source.pause();
  }
}
