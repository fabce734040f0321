// What bounds a server and a client: silence, half frames, peers that do not read, lanes. On a manual clock and a network of the test's own.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from 'rocketmq-core/common';
import { NotStartedError, RequestTimeoutError } from 'rocketmq-core/errors';
import { GET_MAX_OFFSET, HEART_BEAT, PULL_MESSAGE, type RemotingCommand, REQUEST_TABLE, VIEW_MESSAGE_BY_ID } from 'rocketmq-core/protocol';
import {
  createRemotingClient,
  createRemotingServer,
  decodeCommand,
  encodeCommand,
  type HoldToken,
  type RemotingClient,
  type RemotingServer,
  type RemotingServerOptions,
} from 'rocketmq-core/remoting';
import { MemoryNetwork, type MemoryChannel } from '../support/memory-network.js';

function request(code: number, opaque: number, extFields: Record<string, string> = {}, flag = 0): Buffer {
  return encodeCommand({
    code,
    language: 0,
    version: 513,
    opaque,
    flag,
    remark: undefined,
    extFields: new Map(Object.entries(extFields)),
    body: undefined,
    serializeType: 'JSON',
  });
}

function frames(channel: MemoryChannel): RemotingCommand[] {
  const bytes = Buffer.concat(channel.written);
  const commands: RemotingCommand[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    commands.push(decodeCommand(bytes.subarray(at, end)));
    at = end;
  }
  return commands;
}

describe('remoting server', () => {
  let network: MemoryNetwork;
  let clock: ManualClock;
  let server: RemotingServer;
  const start = async (options: RemotingServerOptions = {}, kind: 'main' | 'fast' = 'main'): Promise<void> => {
    network = new MemoryNetwork();
    clock = new ManualClock();
    server = createRemotingServer({ network, clock, ...options });
    server.handle(HEART_BEAT, () => ({ code: 'SUCCESS' }));
    await server.listen({ host: '127.0.0.1', port: 10911, kind });
  };

  afterEach(async () => {
    await server.close(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes a connection after 120 s without a byte, and only then', async () => {
    await start();
    const [silent, talking] = [network.dial(), network.dial()];
    await clock.advance(100_000);
    talking.receive(request(34, 1));
    await clock.advance(19_000);
    expect(silent.closed).toBe(false);
    await clock.advance(2000);
    expect([silent.closed, talking.closed]).toEqual([true, false]);
    expect(server.counters()['idleClosed']).toBe(1);
  });

  it('closes a connection whose frame stays half for 30 s, but not one whose frames keep coming', async () => {
    await start();
    const [stuck, busy] = [network.dial(), network.dial()];
    const frame = request(34, 1);
    stuck.receive(frame.subarray(0, 20));
    busy.receive(frame.subarray(0, 20));
    for (let second = 0; second < 40; second += 10) {
      await clock.advance(10_000);
      busy.receive(Buffer.concat([frame.subarray(20), frame.subarray(0, 20)]));
    }
    expect([stuck.closed, busy.closed]).toEqual([true, false]);
  });

  it('bounds the half frames of all connections together', async () => {
    await start();
    const megabyte = new Uint8Array(1024 * 1024);
    const head = Uint8Array.from([0x00, 0xff, 0xff, 0xf0, 0, 0, 0, 4]);
    const channels = Array.from({ length: 20 }, () => network.dial());
    for (const channel of channels) {
      channel.receive(head);
      for (let i = 0; i < 15; i++) channel.receive(megabyte);
    }
    await nextTurn();
    expect(channels.filter(({ closed }) => closed)).toHaveLength(3);
    expect(server.counters()['halfFrameBytes']).toBeLessThanOrEqual(256 * 1024 * 1024);
  });

  it('answers all requests of a turn with one write', async () => {
    await start();
    const channel = network.dial();
    channel.receive(Buffer.concat([1, 2, 3].map((opaque) => request(34, opaque))));
    expect(channel.written).toHaveLength(0);
    await nextTurn();
    expect(channel.written).toHaveLength(1);
    expect(frames(channel).map(({ opaque, code, flag }) => [opaque, code, flag])).toEqual([1, 2, 3].map((opaque) => [opaque, 0, 1]));
  });

  it('lets the requests of a peer that does not read its answers wait', async () => {
    await start();
    let served = 0;
    server.handle(VIEW_MESSAGE_BY_ID, () => {
      served++;
      return { code: 'SUCCESS', body: new Uint8Array(1024 * 1024) };
    });
    const channel = network.dial();
    channel.stalled = true;
    const asked = Array.from({ length: 100 }, (_, opaque) => request(33, opaque, { offset: '0' }));
    channel.receive(Buffer.concat(asked));
    await nextTurn();
    expect(served).toBeLessThan(10);
    expect(channel.paused).toBe(true);
    for (let round = 0; served < 100 && round < 100; round++) {
      channel.drain();
      await nextTurn();
    }
    channel.drain();
    await nextTurn();
    expect(served).toBe(100);
    expect(frames(channel).map(({ opaque }) => opaque)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(channel.paused).toBe(false);
  });

  it('cuts off a peer that lets held answers pile up without reading', async () => {
    await start();
    const tokens: HoldToken[] = [];
    server.handle(VIEW_MESSAGE_BY_ID, (_request, hold) => {
      tokens.push(hold() as HoldToken);
      return { held: true };
    });
    const [deaf, other] = [network.dial(), network.dial()];
    deaf.stalled = true;
    deaf.receive(Buffer.concat(Array.from({ length: 80 }, (_, opaque) => request(33, opaque, { offset: '0' }))));
    for (const token of tokens) {
      token.reply({ code: 'SUCCESS', body: new Uint8Array(1024 * 1024) });
      await nextTurn();
    }
    expect(deaf.closed).toBe(true);
    other.receive(request(34, 9));
    await nextTurn();
    expect(frames(other)).toHaveLength(1);
  });

  it('runs, queues and refuses by lane, and tells who waited too long', async () => {
    await start({ lanes: { admin: { maxInFlight: 1, maxQueued: 1, maxWaitMs: 200 } } });
    let finish: (() => void) | undefined;
    server.handle(GET_MAX_OFFSET, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return { code: 'SUCCESS', header: { offset: 1 } };
    });
    const channel = network.dial();
    channel.receive(Buffer.concat([1, 2, 3].map((opaque) => request(30, opaque, { topic: 'T', queueId: '0' }))));
    await nextTurn();
    expect(frames(channel).map(({ opaque, code, remark }) => [opaque, code, remark?.slice(0, 10)])).toEqual([[3, 2, '[OVERLOAD]']]);
    await clock.advance(400);
    expect(frames(channel)[1]).toMatchObject({ opaque: 2, code: 2 });
    expect(frames(channel)[1]!.remark).toMatch(/^\[TIMEOUT_CLEAN_QUEUE]/);
    finish!();
    await clock.advance(0);
    expect(frames(channel)[2]).toMatchObject({ opaque: 1, code: 0 });
    expect(server.counters()).toMatchObject({ refused: 2, served: 1, inFlight: 0 });
  });

  it('is silent to one-way requests, whatever becomes of them', async () => {
    await start();
    server.handle(GET_MAX_OFFSET, () => {
      throw new Error('x');
    });
    const channel = network.dial();
    channel.receive(
      Buffer.concat([
        request(34, 1, {}, 2),
        request(30, 2, { topic: 'T', queueId: '0' }, 2),
        request(30, 3, {}, 2),
        request(9999, 4, {}, 2),
      ]),
    );
    await nextTurn();
    expect(channel.written).toHaveLength(0);
  });

  it('answers once when a handler holds, then fails, then answers', async () => {
    await start();
    let token: HoldToken | undefined;
    server.handle(GET_MAX_OFFSET, (_request, hold) => {
      token = hold() as HoldToken;
      throw new Error('after hold');
    });
    const channel = network.dial();
    channel.receive(request(30, 1, { topic: 'T', queueId: '0' }));
    token!.reply({ code: 'SUCCESS' });
    await nextTurn();
    expect(frames(channel).map(({ code }) => code)).toEqual([1]);
  });

  it('answers 1 when the reply itself cannot be written', async () => {
    await start();
    server.handle(VIEW_MESSAGE_BY_ID, () => ({ code: 'SUCCESS', body: new Uint8Array(17 * 1024 * 1024) }));
    const channel = network.dial();
    channel.receive(request(33, 1, { offset: '0' }));
    await nextTurn();
    expect(frames(channel)[0]).toMatchObject({ code: 1, opaque: 1 });
  });

  it('serves no pull on the VIP port', async () => {
    await start({}, 'fast');
    server.handle(PULL_MESSAGE, () => ({ code: 'PULL_NOT_FOUND' }));
    const channel = network.dial();
    channel.receive(Buffer.concat([request(11, 1), request(34, 2)]));
    await nextTurn();
    expect(frames(channel).map(({ code }) => code)).toEqual([3, 0]);
  });

  it('offers the hot path every frame, tells it of the end, and outlives its failure', async () => {
    await start();
    const seen: string[] = [];
    server.useHotPath({
      owed: 0,
      accept(connection, frame, port) {
        if (frame.bytes[frame.headerEnd] === 0x21) throw new Error('defect');
        seen.push(`${port} ${frame.headerEnd - frame.headerStart}`);
        if (frame.bodyEnd === frame.bodyStart) return false;
        connection.reserve(3);
        connection.outBytes.set([1, 2, 3], connection.outEnd);
        connection.advance(3);
        return true;
      },
      closed: (connection) => seen.push(`closed ${connection.id}`),
    });
    const channel = network.dial();
    const cold = request(34, 1);
    const hot = encodeCommand({ ...decodeCommand(cold), body: Uint8Array.of(7) });
    channel.receive(Buffer.concat([cold, hot]));
    await nextTurn();
    expect(Buffer.concat(channel.written).subarray(-3)).toEqual(Buffer.from([1, 2, 3]));
    const broken = network.dial();
    broken.receive(encodeCommand({ ...decodeCommand(cold), body: Uint8Array.of(0x21) }));
    await nextTurn();
    expect([broken.closed, channel.closed]).toEqual([true, false]);
    expect(seen).toEqual([`main ${cold.length - 8}`, `main ${cold.length - 8}`, 'closed 2']);
  });

  it('refuses a second handler for one code', async () => {
    await start();
    expect(() => server.handle(HEART_BEAT, () => ({ code: 'SUCCESS' }))).toThrow('HEART_BEAT (34) has two handlers');
    expect(server.handledCodes()).toEqual([34]);
  });
});

describe('remoting client', () => {
  let network: MemoryNetwork;
  let clock: ManualClock;
  let client: RemotingClient;

  beforeEach(() => {
    network = new MemoryNetwork();
    clock = new ManualClock();
    client = createRemotingClient({ network, clock });
  });

  afterEach(async () => {
    await client.shutdown();
    expect(clock.pendingTimers).toBe(0);
  });

  it('opens one connection for many callers and sends what they ask in one write', async () => {
    const calls = [1, 2, 3].map((queueId) => client.invoke(GET_MAX_OFFSET, '10.0.0.1:10911', { topic: 'T', queueId }));
    await nextTurn();
    await nextTurn();
    expect(network.connects).toHaveLength(1);
    expect(network.channels[0]!.written).toHaveLength(1);
    for (const { opaque } of frames(network.channels[0]!)) network.channels[0]!.receive(request(0, opaque, { offset: String(opaque) }, 1));
    expect((await Promise.all(calls)).map(({ header }) => header?.offset)).toEqual([1, 2, 3]);
  });

  it('keeps a connection that brings something after a time-out, and ignores the late answer', async () => {
    const late = client.invoke(HEART_BEAT, 'a:1', {}, { timeoutMs: 500 }).catch((error: unknown) => error);
    await clock.advance(400);
    const answered = client.invoke(HEART_BEAT, 'a:1', {}, { timeoutMs: 500 });
    await nextTurn();
    await nextTurn();
    const [slow, quick] = frames(network.channels[0]!).map(({ opaque }) => opaque);
    network.channels[0]!.receive(request(0, quick!, {}, 1));
    expect((await answered).code).toBe(0);
    await clock.advance(200);
    expect(await late).toBeInstanceOf(RequestTimeoutError);
    network.channels[0]!.receive(request(0, slow!, {}, 1));
    expect(network.channels[0]!.closed).toBe(false);
    expect(client.addresses()).toEqual(['a:1']);
  });

  it('connects anew after the peer has gone', async () => {
    const gone: string[] = [];
    client.onConnectionClosed((address) => gone.push(address));
    await client.invokeOneWay(HEART_BEAT, 'a:1', {});
    network.channels[0]!.destroy();
    await nextTurn();
    await client.invokeOneWay(HEART_BEAT, 'a:1', {});
    expect(gone).toEqual(['a:1']);
    expect(network.connects).toHaveLength(2);
  });

  it('lets hooks see requests before they leave and answers when they come', async () => {
    const seen: string[] = [];
    client.addHook({
      beforeRequest: (address, command) => void command.extFields!.set('AccessKey', address),
      afterResponse: (_address, sent, answer) => seen.push(`${sent.code} ${answer.code}`),
    });
    const call = client.invoke(HEART_BEAT, 'a:1', {});
    await nextTurn();
    await nextTurn();
    expect(frames(network.channels[0]!)[0]!.extFields).toEqual(new Map([['AccessKey', 'a:1']]));
    network.channels[0]!.receive(request(0, 1, {}, 1));
    await call;
    expect(seen).toEqual(['34 0']);
  });

  it('ends calls under way with NotStartedError when it shuts down, and takes no new ones', async () => {
    const waiting = client.invoke(HEART_BEAT, 'a:1', {}).catch((error: unknown) => error);
    await nextTurn();
    await client.shutdown();
    expect(await waiting).toBeInstanceOf(NotStartedError);
    await expect(client.invoke(HEART_BEAT, 'a:1', {})).rejects.toBeInstanceOf(NotStartedError);
    expect(network.channels[0]!.closed).toBe(true);
  });
});

describe('request table', () => {
  it('has what the issue needs', () => {
    const needed = [
      10, 310, 320, 11, 361, 14, 15, 29, 30, 31, 32, 33, 34, 35, 36, 38, 40, 46, 103, 104, 105, 106, 100, 101, 102, 219, 205, 327, 206, 224,
      304, 322,
    ];
    expect(needed.filter((code) => !REQUEST_TABLE.has(code))).toEqual([]);
  });
});
