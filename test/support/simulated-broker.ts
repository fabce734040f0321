// A name server and one broker without sockets or real time, as far as an orderly group needs them, with networks that stall and processes that stand still.
// Must never decide anything by other than the clock and the random numbers it is given: the same seed gives the same run.
import { type Clock, type ManualClock, type Random, type Timer } from 'rocketmq-core/common';
import { BrokerReplyError, NotStartedError, RequestTimeoutError } from 'rocketmq-core/errors';
import { encodeRecord, type MessageQueue, messageQueueKey } from 'rocketmq-core/message';
import {
  decodeHeartbeatData,
  decodeLockBatchRequest,
  encodeConsumerList,
  encodeLockBatchResponse,
  encodeTopicRouteData,
  RESPONSE_CODES,
  type RequestRow,
  responseCodeName,
} from 'rocketmq-core/protocol';
import type { Handler, RemotingClient, RpcResponse } from 'rocketmq-core/remoting';

const BROKER = 'broker:10911';
const LOCK_MS = 60_000;
const PULL_HOLD_MS = 1000;
const PULL_MAX = 8;
const RESTART_MS = 100;

/** Time as a process sees it that may stand still (SIGSTOP): what falls due meanwhile happens when it goes on. */
export class FreezableClock implements Clock {
  private readonly due: Array<() => void> = [];
  private frozen = false;

  constructor(private readonly base: ManualClock) {}

  now(): number {
    return this.base.now();
  }

  monotonic(): number {
    return this.base.monotonic();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let cancelled = false;
    const timer = this.base.setTimer(() => this.whenRunning(() => (cancelled ? undefined : callback())), delayMs);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  setPeriodic(callback: () => void, periodMs: number, initialDelayMs?: number): Timer {
    let cancelled = false;
    const timer = this.base.setPeriodic(() => this.whenRunning(() => (cancelled ? undefined : callback())), periodMs, initialDelayMs);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  freeze(): void {
    this.frozen = true;
  }

  thaw(): void {
    this.frozen = false;
    for (const callback of this.due.splice(0)) this.base.setTimer(callback, 0);
  }

  private whenRunning(callback: () => void): void {
    if (this.frozen) this.due.push(callback);
    else callback();
  }
}

type Fields = Record<string, string | number | boolean | undefined>;
type Answer = Partial<Pick<RpcResponse, 'code' | 'body' | 'remark'>> & { header?: Fields };

export class SimulatedBroker {
  readonly commitsBack: string[] = [];
  readonly connections: SimulatedRemoting[] = [];
  /** Asked so far, those held counted once. */
  pulls = 0;
  /** Answers every pull, as a broker that does not serve a subscription. */
  pullRefusal: { readonly code: number; readonly remark: string } | undefined;
  private readonly members = new Map<string, SimulatedRemoting>();
  private readonly locks = new Map<string, { owner: string; since: number }>();
  private readonly offsets = new Map<string, number>();
  private readonly queues: Uint8Array[][];

  constructor(
    readonly clock: ManualClock,
    readonly random: Random,
    readonly topic: string,
    queues: number,
  ) {
    this.queues = Array.from({ length: queues }, () => []);
  }

  append(queueId: number, body: string): void {
    const records = this.queues[queueId]!;
    records.push(
      encodeRecord({
        topic: this.topic,
        queueId,
        flag: 0,
        queueOffset: records.length,
        physicalOffset: 0,
        sysFlag: 0,
        bornTimestamp: 0,
        bornHost: '127.0.0.1:1',
        storeTimestamp: 0,
        storeHost: '127.0.0.1:2',
        reconsumeTimes: 0,
        preparedTransactionOffset: 0,
        body: Buffer.from(body),
        properties: '',
      }),
    );
  }

  /** Who has the lock of a queue at this moment. */
  ownerOf(queue: MessageQueue): string | undefined {
    const lock = this.locks.get(messageQueueKey(queue));
    return lock !== undefined && this.clock.monotonic() - lock.since <= LOCK_MS ? lock.owner : undefined;
  }

  /** Its memory is gone: locks and members. */
  restart(): void {
    this.locks.clear();
    this.members.clear();
    for (const connection of this.connections) connection.connectionEnds();
  }

  /** Its connection is gone. */
  disconnect(clientId: string): void {
    if (this.members.delete(clientId)) this.notify();
  }

  handle(row: RequestRow, header: Fields, body: Uint8Array, from: SimulatedRemoting, answer: (answer: Answer) => void): void {
    switch (row.name) {
      case 'GET_ROUTEINFO_BY_TOPIC':
        return answer(header['topic'] === this.topic ? { body: this.route() } : { code: RESPONSE_CODES.TOPIC_NOT_EXIST });
      case 'HEART_BEAT':
        return answer(this.join(decodeHeartbeatData(body).clientID, from));
      case 'UNREGISTER_CLIENT':
        this.disconnect(String(header['clientID']));
        return answer({});
      case 'GET_CONSUMER_LIST_BY_GROUP':
        return answer({ body: encodeConsumerList({ consumerIdList: [...this.members.keys()] }) });
      case 'LOCK_BATCH_MQ':
        return answer({ body: encodeLockBatchResponse({ lockOKMQSet: this.lock(body) }) });
      case 'UNLOCK_BATCH_MQ':
        return answer(this.unlock(body));
      case 'QUERY_CONSUMER_OFFSET': {
        const offset = this.offsets.get(keyOf(header));
        return answer(offset === undefined ? { code: RESPONSE_CODES.QUERY_NOT_FOUND } : { header: { offset } });
      }
      case 'UPDATE_CONSUMER_OFFSET':
        return answer(this.commit(keyOf(header), Number(header['commitOffset'])));
      case 'PULL_MESSAGE':
      case 'LITE_PULL_MESSAGE':
        this.pulls++;
        return this.pull(header, answer, true);
      default:
        return answer({ code: RESPONSE_CODES.REQUEST_CODE_NOT_SUPPORTED });
    }
  }

  private route(): Uint8Array {
    const queueNums = this.queues.length;
    return encodeTopicRouteData({
      queueDatas: [{ brokerName: 'broker-a', readQueueNums: queueNums, writeQueueNums: queueNums, perm: 6, topicSysFlag: 0 }],
      brokerDatas: [{ cluster: 'c', brokerName: 'broker-a', brokerAddrs: new Map([[0, BROKER]]), enableActingMaster: false }],
      filterServerTable: new Map(),
    });
  }

  private join(clientId: string, from: SimulatedRemoting): Answer {
    const isNew = this.members.get(clientId) !== from;
    this.members.set(clientId, from);
    if (isNew) this.notify();
    return {};
  }

  private notify(): void {
    for (const member of this.members.values()) member.notify();
  }

  private lock(body: Uint8Array): MessageQueue[] {
    const { clientId, mqSet } = decodeLockBatchRequest(body);
    return mqSet.filter((queue) => {
      const owner = this.ownerOf(queue);
      if (owner !== undefined && owner !== clientId) return false;
      this.locks.set(messageQueueKey(queue), { owner: clientId, since: this.clock.monotonic() });
      return true;
    });
  }

  private unlock(body: Uint8Array): Answer {
    const { clientId, mqSet } = decodeLockBatchRequest(body);
    for (const queue of mqSet) if (this.ownerOf(queue) === clientId) this.locks.delete(messageQueueKey(queue));
    return {};
  }

  private commit(key: string, offset: number): Answer {
    const before = this.offsets.get(key) ?? 0;
    if (offset < before) this.commitsBack.push(`${key}: ${before} -> ${offset}`);
    this.offsets.set(key, offset);
    return {};
  }

  private pull(header: Fields, answer: (answer: Answer) => void, mayHold: boolean): void {
    if (this.pullRefusal !== undefined) return answer(this.pullRefusal);
    const records = this.queues[Number(header['queueId'])]!;
    const offset = Number(header['queueOffset']);
    const found = records.slice(offset, offset + PULL_MAX);
    if (found.length === 0 && mayHold) {
      this.clock.setTimer(() => this.pull(header, answer, false), PULL_HOLD_MS);
      return;
    }
    answer({
      code: found.length > 0 ? RESPONSE_CODES.SUCCESS : RESPONSE_CODES.PULL_NOT_FOUND,
      header: { nextBeginOffset: offset + found.length, minOffset: 0, maxOffset: records.length, suggestWhichBrokerId: 0 },
      body: Buffer.concat(found),
    });
  }
}

const keyOf = (header: Fields): string => `${header['topic']}/${header['queueId']}`;

/** One client's connection: both directions in order, delayed by chance; while it is cut nothing gets through. */
export class SimulatedRemoting implements RemotingClient {
  private readonly handlers = new Map<string, Handler<RequestRow>>();
  private cutUntilMs = 0;
  private lastArrival = { there: 0, back: 0 };
  private closed = false;
  private readonly closeListeners: Array<(address: string) => void> = [];

  constructor(
    private readonly broker: SimulatedBroker,
    private readonly clock: FreezableClock,
  ) {
    broker.connections.push(this);
  }

  get isCut(): boolean {
    return this.broker.clock.monotonic() < this.cutUntilMs;
  }

  heal(): void {
    this.cutUntilMs = 0;
  }

  cut(ms: number): void {
    this.cutUntilMs = Math.max(this.cutUntilMs, this.broker.clock.monotonic() + ms);
  }

  invoke(row: RequestRow, address: string, header: object, options: Parameters<RemotingClient['invoke']>[3] = {}): Promise<never> {
    const { timeoutMs = 3000, signal, body = new Uint8Array() } = options;
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new NotStartedError('the client', 'closed'));
        return;
      }
      const end = (settle: () => void): void => {
        timeout.cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(signal!.reason));
      const timeout = this.clock.setTimer(() => end(() => reject(new RequestTimeoutError(address, row.name, timeoutMs))), timeoutMs);
      signal?.addEventListener('abort', onAbort);
      this.travel('there', this.broker.clock, () =>
        this.broker.handle(row, header as Fields, body, this, (answer) =>
          this.travel('back', this.clock, () => {
            const blank = { code: 0, remark: undefined, extFields: new Map(), body: new Uint8Array(), version: 513, address, header: {} };
            end(() => resolve({ ...blank, ...answer } as never));
          }),
        ),
      );
    });
  }

  async call(row: RequestRow, address: string, header: object, options?: Parameters<RemotingClient['invoke']>[3]): Promise<never> {
    const response: RpcResponse = await this.invoke(row, address, header, options);
    if (response.code !== 0) throw new BrokerReplyError(address, row.name, response.code, responseCodeName(response.code), undefined);
    return response as never;
  }

  async invokeOneWay(
    row: RequestRow,
    _address: string,
    header: object,
    { body = new Uint8Array() }: { body?: Uint8Array | undefined } = {},
  ): Promise<void> {
    if (this.closed) throw new NotStartedError('the client', 'closed');
    this.travel('there', this.broker.clock, () => this.broker.handle(row, header as Fields, body, this, () => {}));
  }

  notify(): void {
    const handler = this.handlers.get('NOTIFY_CONSUMER_IDS_CHANGED');
    this.travel('back', this.clock, () => void handler?.({ header: { consumerGroup: 'cg' } } as never, undefined as never));
  }

  handle(row: RequestRow, handler: Handler<never>): void {
    this.handlers.set(row.name, handler as unknown as Handler<RequestRow>);
  }

  addHook(): void {}

  addresses(): string[] {
    return [];
  }

  onConnectionClosed(listener: (address: string) => void): void {
    this.closeListeners.push(listener);
  }

  /** The broker is gone for a moment: what is under way is lost, and the client sees its connection end. */
  connectionEnds(): void {
    this.cut(RESTART_MS);
    for (const listener of this.closeListeners) listener(BROKER);
  }

  closeAddress(): void {}

  async shutdown(): Promise<void> {
    this.closed = true;
  }

  private travel(direction: 'there' | 'back', clock: Clock, arrive: () => void): void {
    const { clock: base, random } = this.broker;
    const now = base.monotonic();
    if (this.isCut) return;
    this.lastArrival[direction] = Math.max(this.lastArrival[direction], now + 1 + random.int(20));
    clock.setTimer(() => {
      if (!this.isCut) arrive();
    }, this.lastArrival[direction] - now);
  }
}
