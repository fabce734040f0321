// The network port on real sockets: what the layers above take for granted of it.
import { once } from 'node:events';
import net from 'node:net';
import type { Listener, SocketChannel } from 'rocketmq-core/common';
import { ConnectError, TooManyRequestsError } from 'rocketmq-core/errors';
import { HEART_BEAT } from 'rocketmq-core/protocol';
import { createRemotingClient, FrameDecoder, NodeNetwork } from 'rocketmq-core/remoting';
import { until } from '../support/until.js';

describe('NodeNetwork', () => {
  const network = new NodeNetwork();
  let listener: Listener;
  let accepted: SocketChannel[];
  let received: Buffer[];
  let whenAccepted: (() => void) | undefined;

  const start = async (maxConnections?: number): Promise<void> => {
    accepted = [];
    received = [];
    listener = await network.listen(
      { host: '127.0.0.1', port: 0, ...(maxConnections === undefined ? {} : { maxConnections }) },
      (channel) => {
        channel.onData((bytes) => received.push(Buffer.from(bytes)));
        channel.onClose(() => undefined);
        channel.onDrain(() => undefined);
        accepted.push(channel);
        whenAccepted?.();
      },
    );
  };
  const dial = async (): Promise<{ socket: net.Socket; channel: SocketChannel }> => {
    const count = accepted.length;
    const arrival = new Promise<void>((resolve) => (whenAccepted = resolve));
    const socket = net.connect(listener.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await arrival;
    return { socket, channel: accepted[count]! };
  };

  afterEach(async () => {
    for (const channel of accepted) channel.destroy();
    await listener.close();
  });

  it('names both ends and says when the peer has gone', async () => {
    await start();
    const { socket, channel } = await dial();
    expect(channel.localAddress).toBe(`127.0.0.1:${listener.port}`);
    expect(channel.remoteAddress).toBe(`127.0.0.1:${socket.localPort}`);
    const gone = new Promise<Error | undefined>((resolve) => channel.onClose(resolve));
    socket.end();
    expect(await gone).toBeUndefined();
    expect(channel.closed).toBe(true);
  });

  it('hands on everything a reader that stops and goes on is sent, then says it is drained, however little was left', async () => {
    await start();
    const { socket, channel } = await dial();
    socket.pause();
    let sent = 0;
    const chunk = Buffer.alloc(256 * 1024, 1);
    while (channel.write(chunk)) sent += chunk.length;
    sent += chunk.length;
    const drained = new Promise<void>((resolve) => channel.onDrain(resolve));
    let got = 0;
    socket.on('data', (bytes) => (got += bytes.length));
    socket.resume();
    await drained;
    expect(channel.pendingBytes).toBe(0);
    channel.write(Buffer.from('end'));
    channel.end();
    await once(socket, 'close');
    expect(got).toBe(sent + 3);
  });

  it('reads nothing while paused', async () => {
    await start();
    const { socket, channel } = await dial();
    channel.pauseReading();
    socket.write('one');
    await new Promise((resolve) => socket.write('two', resolve));
    // A round trip on another connection: the loop has had its chance to read the paused one.
    const other = await dial();
    other.socket.write('x');
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.concat(received).toString()).toBe('x');
    channel.resumeReading();
    while (Buffer.concat(received).length < 7) await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.concat(received).toString()).toBe('xonetwo');
    socket.destroy();
    other.socket.destroy();
  });

  it('refuses and counts connections above the limit', async () => {
    await start(1);
    const { socket } = await dial();
    const second = net.connect(listener.port, '127.0.0.1');
    second.on('error', () => undefined);
    await once(second, 'close');
    expect(listener.refusedConnections).toBe(1);
    expect(accepted).toHaveLength(1);
    socket.destroy();
  });

  it('says why it cannot listen or connect', async () => {
    await start();
    await expect(network.listen({ host: '127.0.0.1', port: listener.port }, () => undefined)).rejects.toThrow(
      /cannot listen on .*EADDRINUSE/,
    );
    const { port } = listener;
    await listener.close();
    const failure = await network.connect({ host: '127.0.0.1', port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectError);
    expect((failure as Error).message).toContain(`127.0.0.1:${port}`);
  });
});

describe('one-way requests to a server that does not read', () => {
  it('are refused by name once the window is full, and none that was taken is lost', async () => {
    const frames: number[] = [];
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pause();
      sockets.push(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const client = createRemotingClient();
    const send = (timeoutMs: number): Promise<void> =>
      client.invokeOneWay(HEART_BEAT, address, {}, { body: new Uint8Array(1024 * 1024), timeoutMs });
    try {
      let taken = 0;
      let refusal: unknown;
      while (refusal === undefined && taken < 200) {
        await send(300).then(
          () => taken++,
          (error: unknown) => (refusal = error),
        );
      }
      expect(refusal).toBeInstanceOf(TooManyRequestsError);
      expect(String(refusal)).toContain(`HEART_BEAT to ${address}: 33554432 bytes are unsent`);
      expect(taken).toBeGreaterThanOrEqual(31);
      const decoder = new FrameDecoder((frame) => frames.push(frame.bodyEnd - frame.bodyStart));
      const waiting = send(30_000);
      for (const socket of sockets) socket.on('data', (bytes: Buffer) => decoder.push(bytes)).resume();
      await waiting;
      await until(() => frames.length >= taken + 1);
      expect([frames.length, sockets.length]).toEqual([taken + 1, 1]);
    } finally {
      await client.shutdown();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
