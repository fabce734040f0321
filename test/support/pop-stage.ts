// A broker that lives in lapsed time, with a sender and a consumer that pops, for tests of POP. Must never wait without a limit.
import { type BrokerConfigInput } from '@nest-rocketmq/broker';
import { startBroker, type TestBroker } from './broker.js';
import { BrokerClient } from './broker-client.js';
import { PopClient, type Popped, type PopWish } from './pop-client.js';
import { TimeLapse } from './time-lapse.js';

export const INVISIBLE_MS = 10_000;
/** Later than this after it was popped no message comes back: the revive service waits two seconds for late acknowledgements. */
export const BACK_MS = INVISIBLE_MS + 8000;
const QUEUES = 4;

export const bodies = (popped: readonly Popped[]): string[] => popped.map(({ body }) => body).toSorted();
/** `m0`, `m1`, ... in text order. */
export const named = (count: number, first = 0): string[] => Array.from({ length: count }, (_, n) => `m${first + n}`).toSorted();

export class PopStage {
  readonly lapse = new TimeLapse();
  broker!: TestBroker;
  sender!: BrokerClient;
  consumer!: PopClient;
  private readonly others: PopClient[] = [];

  async open(config: BrokerConfigInput = {}, directory?: string): Promise<void> {
    this.broker = await startBroker({ config, overrides: { clock: this.lapse.clock }, ...(directory === undefined ? {} : { directory }) });
    this.sender = new BrokerClient(this.broker.address);
    this.consumer = new PopClient(this.broker.address);
  }

  /** Stops the broker; its store stays. */
  async stop(): Promise<void> {
    await this.closeClients();
    await this.broker.stop();
  }

  async reopen(config: BrokerConfigInput = {}): Promise<void> {
    await this.stop();
    await this.open(config, this.broker.directory);
  }

  async close(): Promise<void> {
    await this.closeClients();
    await this.broker.close();
    await this.lapse.stop();
  }

  another(group?: string): PopClient {
    const client = new PopClient(this.broker.address, group);
    this.others.push(client);
    return client;
  }

  /** `m{first}`, `m{first + 1}`, ... of topic T, tagged even and odd. */
  async send(count: number, first = 0, queueId?: number): Promise<void> {
    for (let n = first; n < first + count; n++) {
      const properties = { TAGS: n % 2 === 0 ? 'even' : 'odd', KEYS: `k${n}` };
      const { code } = await this.sender.send('T', `m${n}`, { queueId: queueId ?? n % QUEUES, properties });
      if (code !== 0) throw new Error(`m${n} not sent: ${code}`);
    }
  }

  pop(wish: PopWish = {}): Promise<Popped[]> {
    return this.consumer.messages({ invisibleMs: INVISIBLE_MS, ...wish });
  }

  /** Everything that comes within so much time. */
  async popFor(ms: number, wish: PopWish = {}): Promise<Popped[]> {
    const all: Popped[] = [];
    const end = this.lapse.clock.monotonic() + ms;
    while (this.lapse.clock.monotonic() < end) all.push(...(await this.pop({ pollMs: 1000, ...wish })));
    return all;
  }

  /** The next messages, however long they take. */
  async popUntil(count: number, wish: PopWish = {}): Promise<Popped[]> {
    const all: Popped[] = [];
    await this.lapse.until(async () => {
      all.push(...(await this.pop(wish)));
      return all.length >= count;
    }, 60_000);
    return all;
  }

  async ackAll(popped: readonly Popped[]): Promise<void> {
    for (const { code, remark } of await Promise.all(popped.map((one) => this.consumer.ack(one)))) {
      if (code !== 0) throw new Error(`not acknowledged: ${code} ${remark}`);
    }
  }

  /** Resolves when so many requests wait for any queue. */
  async waiting(count: number): Promise<void> {
    const asking = this.another();
    await this.lapse.until(async () => (await asking.pollingInfo()).header!.pollingNum === count, 5000);
  }

  private async closeClients(): Promise<void> {
    await Promise.all([this.sender.close(), this.consumer.close(), ...this.others.splice(0).map((other) => other.close())]);
  }
}
