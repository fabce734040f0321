// A client whose peer does not read: what it sends waits, is refused with a number, goes on, and nothing breaks meanwhile.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryNetwork, type MemoryChannel } from '../../../../test/support/memory-network.js';
import { ManualClock, SystemClock } from '../common/index.js';
import { NotStartedError, SendRequestError, TooManyRequestsError } from '../errors/index.js';
import { GET_MAX_OFFSET, HEART_BEAT } from '../protocol/index.js';
import { encodeCommand } from './command-codec.js';
import { createRemotingClient, type RemotingClient } from './index.js';
import { SEND_WAITERS_MAX, SendWindow, UNSENT_BYTES_MAX, UNSENT_ONE_WAY_MAX } from './send-window.js';

const ADDRESS = '10.0.0.1:10911';
/** As the channel names it. */
const PEER = '10.0.0.2:50000';
const MIB = 1024 * 1024;

describe('a remoting client whose peer does not read', () => {
  let clock: ManualClock;
  let network: MemoryNetwork;
  let client: RemotingClient;
  let channel: MemoryChannel;

  beforeEach(async () => {
    clock = new ManualClock();
    network = new MemoryNetwork();
    client = createRemotingClient({ clock, network });
    await client.invokeOneWay(HEART_BEAT, ADDRESS, {});
    await nextTurn();
    channel = network.channels[0]!;
    channel.stalled = true;
  });

  afterEach(async () => {
    channel.stalled = false;
    await client.shutdown();
    expect(clock.pendingTimers).toBe(0);
  });

  const oneWay = (bytes = 0, timeoutMs = 3000, signal?: AbortSignal): Promise<void> =>
    client.invokeOneWay(HEART_BEAT, ADDRESS, {}, { body: new Uint8Array(bytes), timeoutMs, signal });
  const ask = (bytes: number, timeoutMs = 3000): Promise<unknown> =>
    client.invoke(GET_MAX_OFFSET, ADDRESS, { topic: 'T', queueId: 0 }, { body: new Uint8Array(bytes), timeoutMs });
  const outcome = (sent: Promise<unknown>): Promise<unknown> =>
    sent.then(
      () => 'sent',
      (error: unknown) => error,
    );
  const answer = (opaque: number): Buffer =>
    encodeCommand({
      code: 0,
      language: 0,
      version: 513,
      opaque,
      flag: 1,
      remark: undefined,
      extFields: new Map([['offset', '7']]),
      body: undefined,
      serializeType: 'JSON',
    });

  it('takes 65535 one-way requests, lets the next wait and says why it could not be sent', async () => {
    await Promise.all(Array.from({ length: UNSENT_ONE_WAY_MAX }, () => oneWay()));
    const [refused, later] = [outcome(oneWay(0, 1000)), outcome(oneWay(0, 3000))];
    await clock.advance(1001);
    const error = await refused;
    expect(error).toBeInstanceOf(TooManyRequestsError);
    expect((error as Error).message).toBe(
      `HEART_BEAT to ${PEER}: 65535 one-way requests are unsent, and still are after 1000 ms: the peer does not read as fast`,
    );
    const before = channel.written.length;
    channel.drain();
    expect(await later).toBe('sent');
    await nextTurn();
    expect(channel.written.length).toBeGreaterThan(before);
    expect(await outcome(oneWay())).toBe('sent');
  });

  it('bounds the bytes of everything it sends and keeps the connection', async () => {
    const all = Array.from({ length: 100 }, (_, i) => outcome(i % 2 === 0 ? oneWay(MIB, 1000) : ask(MIB, i < 32 ? 60_000 : 1000)));
    await nextTurn();
    expect(channel.pendingBytes).toBeGreaterThan(UNSENT_BYTES_MAX - 2 * MIB);
    expect(channel.pendingBytes).toBeLessThan(UNSENT_BYTES_MAX + MIB);
    await clock.advance(1001);
    const outcomes = await Promise.all(all.filter((_, i) => i % 2 === 0 || i >= 32));
    expect(outcomes.filter((each) => each instanceof TooManyRequestsError).length).toBeGreaterThan(60);
    expect(outcomes.filter((each) => each === 'sent')).toHaveLength(16);
    expect(String(outcomes.at(-1))).toContain(`${UNSENT_BYTES_MAX} bytes are unsent`);
    expect(channel.closed).toBe(false);
  });

  it('goes on in order when the peer reads again', async () => {
    const order: number[] = [];
    const all = Array.from({ length: 80 }, (_, i) => oneWay(MIB, 60_000).then(() => order.push(i)));
    for (let round = 0; order.length < 80 && round < 20; round++) {
      await nextTurn();
      channel.drain();
      channel.stalled = true;
    }
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 80 }, (_, i) => i));
    // One that is larger than the window would never find room otherwise.
    channel.drain();
    expect(await outcome(oneWay(15 * MIB))).toBe('sent');
  });

  it('hears answers while its own requests are stuck: the peer may wait for just that', async () => {
    channel.drain();
    const first = client.invoke(GET_MAX_OFFSET, ADDRESS, { topic: 'T', queueId: 0 });
    await nextTurn();
    channel.stalled = true;
    for (let i = 0; i < 8; i++) await oneWay(MIB);
    await nextTurn();
    expect(channel.paused).toBe(false);
    channel.receive(answer(2));
    expect((await first).header).toEqual({ offset: 7 });
  });

  it('gives waiters up by signal, by the end of the connection and by its own', async () => {
    for (let i = 0; i < 31; i++) await oneWay(MIB);
    const controller = new AbortController();
    const [aborted, broken] = [outcome(oneWay(2 * MIB, 60_000, controller.signal)), outcome(oneWay(2 * MIB, 60_000))];
    controller.abort(new Error('no longer wanted'));
    expect(await aborted).toMatchObject({ message: 'no longer wanted' });
    channel.destroy();
    expect(await broken).toBeInstanceOf(SendRequestError);
    await oneWay();
    channel = network.channels[1]!;
    channel.stalled = true;
    for (let i = 0; i < 31; i++) await oneWay(MIB);
    const left = outcome(oneWay(2 * MIB, 60_000));
    void clock.advance(2000);
    await client.shutdown();
    expect(await left).toBeInstanceOf(NotStartedError);
  });

  it('refuses at once when too many wait already', async () => {
    // Without the client: a manual clock is slow with so many timers.
    const output = { queuedBytes: UNSENT_BYTES_MAX, pendingBytes: UNSENT_BYTES_MAX };
    const window = new SendWindow(PEER, new SystemClock(), output);
    const wish = { name: 'HEART_BEAT', oneWay: true, timeoutMs: 60_000, signal: undefined };
    const send = (bytes: number): Promise<unknown> => outcome(Promise.resolve(window.run({ ...wish, bytes }, () => undefined)));
    // Nothing overtakes the first, however small.
    const waiting = Array.from({ length: SEND_WAITERS_MAX }, (_, i) => send(i === 0 ? MIB : 0));
    expect(await send(0)).toMatchObject({ message: `HEART_BEAT to ${PEER}: 65535 requests wait for room already` });
    output.pendingBytes = 0;
    window.settle();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['sent']));
  });
});
