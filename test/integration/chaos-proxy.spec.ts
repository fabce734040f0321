// The proxy of the fault tests does what it says, so that what they show is shown by a fault.
import net from 'node:net';
import { once } from 'node:events';
import { SeededRandom } from 'rocketmq-core/common';
import { ChaosProxy } from '../support/chaos-proxy.js';
import { until } from '../support/until.js';

/** Sends back what it gets. */
class EchoServer {
  readonly sockets = new Set<net.Socket>();
  readonly chunks: number[] = [];
  private readonly server = net.createServer((socket) => {
    this.sockets.add(socket);
    socket.on('data', (bytes: Buffer) => {
      this.chunks.push(bytes.length);
      socket.write(bytes);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  });

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as net.AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

class Peer {
  got = '';
  error: NodeJS.ErrnoException | undefined;
  closed = false;

  private constructor(readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.got += text));
    socket.on('error', (error) => (this.error = error));
    socket.on('close', () => (this.closed = true));
  }

  static async connect(address: string): Promise<Peer> {
    const [host, port] = address.split(':') as [string, string];
    const peer = new Peer(net.connect(Number(port), host));
    await once(peer.socket, 'connect');
    return peer;
  }
}

describe('the chaos proxy', () => {
  let echo: EchoServer;
  let proxy: ChaosProxy;
  const peers: Peer[] = [];
  const connect = async (): Promise<Peer> => {
    const peer = await Peer.connect(proxy.address);
    peers.push(peer);
    return peer;
  };

  beforeEach(async () => {
    echo = new EchoServer();
    const port = await echo.start();
    proxy = await ChaosProxy.start({ target: { host: '127.0.0.1', port }, random: new SeededRandom(1) });
  });

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.socket.destroy();
    await proxy.close();
    await echo.stop();
    expect(proxy.connections).toBe(0);
  });

  it('passes everything on in fair weather, the end too', async () => {
    const peer = await connect();
    const text = 'x'.repeat(3_000_000);
    peer.socket.end(text);
    await until(() => peer.closed);
    expect(peer.got).toBe(text);
    expect(peer.error).toBeUndefined();
    await until(() => echo.sockets.size === 0 && proxy.connections === 0);
  });

  it('delays bytes and keeps their order', async () => {
    const peer = await connect();
    proxy.weather = { latencyMs: 60, jitterMs: 20 };
    const begin = performance.now();
    for (const piece of ['a', 'b', 'c', 'd']) peer.socket.write(piece);
    await until(() => peer.got.length === 4);
    expect(peer.got).toBe('abcd');
    // There and back.
    expect(performance.now() - begin).toBeGreaterThanOrEqual(119);
  });

  it('dribbles: every byte arrives, in small pieces', async () => {
    const peer = await connect();
    proxy.weather = { dribbleBytes: 3 };
    const text = Array.from({ length: 600 }, (_, i) => String(i % 10)).join('');
    peer.socket.write(text);
    await until(() => peer.got.length === 600);
    expect(peer.got).toBe(text);
    expect(echo.chunks.length).toBeGreaterThan(20);
  });

  it('cuts with a reset, at both ends, all or one', async () => {
    const [one, two] = [await connect(), await connect()];
    await until(() => echo.sockets.size === 2);
    proxy.cutOne();
    await until(() => one.closed !== two.closed && echo.sockets.size === 1);
    proxy.cut();
    await until(() => one.closed && two.closed && echo.sockets.size === 0);
    expect([one.error?.code, two.error?.code]).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(proxy.counts).toMatchObject({ accepted: 2, cut: 2 });
  });

  it.each([
    { swallow: ['up'] as const, arrives: 0 },
    { swallow: ['down'] as const, arrives: 4 },
    { swallow: ['up', 'down'] as const, arrives: 0 },
  ])('swallows $swallow: nobody is told, and the connection stays a hole in fair weather', async ({ swallow, arrives }) => {
    const peer = await connect();
    peer.socket.write('1234');
    await until(() => peer.got === '1234');
    proxy.weather = { swallow };
    peer.socket.write('lost');
    await until(() => proxy.counts.swallowedBytes === 4);
    expect(echo.chunks.reduce((sum, n) => sum + n)).toBe(4 + arrives);
    proxy.weather = {};
    peer.socket.write('more');
    await until(() => proxy.counts.swallowedBytes === 8);
    expect([peer.got, peer.closed, peer.error]).toEqual(['1234', false, undefined]);
    const next = await connect();
    next.socket.write('fine');
    await until(() => next.got === 'fine');
  });

  it('swallows the end of a connection like its bytes', async () => {
    const peer = await connect();
    await until(() => echo.sockets.size === 1);
    proxy.weather = { swallow: ['up', 'down'] };
    peer.socket.destroy();
    await until(() => peer.closed && proxy.counts.swallowedEnds === 1);
    expect(echo.sockets.size).toBe(1);
  });

  it('refuses new connections, and only those, until it accepts again', async () => {
    const before = await connect();
    await proxy.refuse();
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    before.socket.write('on');
    await until(() => before.got === 'on');
    await proxy.accept();
    const after = await connect();
    after.socket.write('again');
    await until(() => after.got === 'again');
  });
});
