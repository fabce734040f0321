// A connection that brings nothing any more: the client must find out by itself.
import { MemoryNetwork } from '../../../../test/support/memory-network.js';
import { LoopTurn, ManualClock } from '../common/index.js';
import { RequestTimeoutError } from '../errors/index.js';
import { GET_MAX_OFFSET } from '../protocol/index.js';
import { createRemotingClient, type RemotingClient } from './index.js';

const ADDRESS = '10.0.0.1:10911';

describe('a remoting client whose request times out', () => {
  let clock: ManualClock;
  let network: MemoryNetwork;
  let client: RemotingClient;
  const closed: string[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    network = new MemoryNetwork();
    client = createRemotingClient({ clock, network, turn: new LoopTurn() });
    closed.length = 0;
    client.onConnectionClosed((address) => closed.push(address));
  });

  afterEach(() => client.shutdown());

  const ask = (timeoutMs: number): Promise<unknown> =>
    client.call(GET_MAX_OFFSET, ADDRESS, { topic: 'T', queueId: 0 }, { timeoutMs }).catch((error: unknown) => error);

  it('closes a connection that has brought nothing since, and connects anew for the next', async () => {
    const short = ask(1000);
    const long = ask(30_000);
    await clock.advance(1100);
    expect(await short).toBeInstanceOf(RequestTimeoutError);
    await clock.advance(1);
    // Whoever else waits on it learns it now, not in half a minute.
    expect(await long).toMatchObject({ name: 'SendRequestError' });
    expect(closed).toEqual([ADDRESS]);
    void ask(1000);
    await clock.advance(1);
    expect(network.channels).toHaveLength(2);
  });

  it('keeps one that brought something meanwhile, or brings it with the next poll', async () => {
    const first = ask(1000);
    await clock.advance(500);
    network.channels[0]!.receive(Uint8Array.of(0));
    await clock.advance(600);
    expect(await first).toBeInstanceOf(RequestTimeoutError);
    const second = ask(1000);
    // As after a process stood still: the time-out is seen before the bytes that have been there for long.
    clock.setTimer(() => network.channels[0]!.receive(Uint8Array.of(0)), 1000);
    await clock.advance(1100);
    expect(await second).toBeInstanceOf(RequestTimeoutError);
    expect(closed).toEqual([]);
    expect(network.channels).toHaveLength(1);
  });

  it('thinks nothing of a very short silence', async () => {
    const asked = ask(10);
    await clock.advance(60);
    expect(await asked).toBeInstanceOf(RequestTimeoutError);
    await clock.advance(1);
    expect(closed).toEqual([]);
  });
});
