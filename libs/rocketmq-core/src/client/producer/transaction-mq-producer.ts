// The producer of transactions [java TransactionMQProducer]: the message is kept aside, the local transaction runs, then the broker is told.
// Must never say COMMIT unless the listener did.
import { sleep } from '../../common/index.js';
import { type ConfigProblem, IllegalMessageError } from '../../errors/index.js';
import { decodeOffsetMessageId, Message, PROPERTY } from '../../message/index.js';
import { applySettings } from '../client-config.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { INT_MAX, type Range, rangeProblems } from '../setting-problems.js';
import { DefaultMQProducer, type RunningProducer } from './default-mq-producer.js';
import { endTransaction, errorText, stateOf } from './end-transaction.js';
import { requireMessage } from './message-check.js';
import type { ProducerOptions } from './producer-settings.js';
import type { SendOptions } from './send-arguments.js';
import { type SendResult, SendStatus } from './send-result.js';
import { TransactionChecks } from './transaction-checks.js';
import type { LocalTransactionState, TransactionListener, TransactionSendResult } from './transaction-listener.js';

export interface TransactionSettings {
  transactionListener?: TransactionListener<never> | undefined;
  checkThreadPoolMinSize?: number | undefined;
  checkThreadPoolMaxSize?: number | undefined;
  checkRequestHoldMax?: number | undefined;
  awaitTerminationMillisWhenShutdown?: number | undefined;
}

export type TransactionProducerOptions = ProducerOptions & TransactionSettings;

const RANGES: Readonly<Record<string, Range>> = {
  checkThreadPoolMaxSize: [1, INT_MAX],
  checkRequestHoldMax: [0, INT_MAX],
  awaitTerminationMillisWhenShutdown: [0, INT_MAX],
};
const DELAYS = [PROPERTY.DELAY_TIME_LEVEL, PROPERTY.TIMER_DELAY_SEC, PROPERTY.TIMER_DELAY_MS, PROPERTY.TIMER_DELIVER_MS];

export class TransactionMQProducer extends DefaultMQProducer {
  transactionListener: TransactionListener<never> | undefined = undefined;
  /** Java's name, without a meaning of its own here. */
  checkThreadPoolMinSize = 1;
  /** Checks at work at once. */
  checkThreadPoolMaxSize = 1;
  /** Checks that may wait; those above are left out, and the broker asks again. */
  checkRequestHoldMax = 2000;
  /** How long shutdown waits for local transactions and checks under way, ms. */
  awaitTerminationMillisWhenShutdown = 5000;
  private checks: TransactionChecks | undefined;
  private readonly executing = new Set<Promise<unknown>>();

  constructor(options: TransactionProducerOptions);
  constructor(producerGroup: string, options?: TransactionProducerOptions);
  constructor(first: string | TransactionProducerOptions, options: TransactionProducerOptions = {}) {
    const all = typeof first === 'string' ? { ...options, producerGroup: first } : first;
    const {
      transactionListener,
      checkThreadPoolMinSize,
      checkThreadPoolMaxSize,
      checkRequestHoldMax,
      awaitTerminationMillisWhenShutdown,
      ...settings
    } = all;
    super(settings);
    const own: TransactionSettings = {
      transactionListener,
      checkThreadPoolMinSize,
      checkThreadPoolMaxSize,
      checkRequestHoldMax,
      awaitTerminationMillisWhenShutdown,
    };
    applySettings(this, own, this.what);
  }

  /** Checks left out since start because more than `checkRequestHoldMax` were waiting; the broker asks again. */
  get droppedChecks(): number {
    return this.checks?.droppedChecks ?? 0;
  }

  protected override get what(): string {
    return 'TransactionMQProducer';
  }

  protected override settingProblems(): ConfigProblem[] {
    const missing = missingMethodsOf(this.transactionListener);
    const listener = missing.length === 0 ? [] : [{ key: 'transactionListener', problem: `has no ${missing.join(', no ')}` }];
    return [...super.settingProblems(), ...rangeProblems(this, RANGES), ...listener];
  }

  /** Java's setter. */
  setTransactionListener(listener: TransactionListener<never>): void {
    this.transactionListener = listener;
  }

  /**
   * Stores the message where nobody sees it, runs the listener's local transaction, tells the broker what became of it. Throws when the
   * message was not stored, and then nothing has run; what the local transaction throws is UNKNOW, and the broker asks later.
   */
  async sendMessageInTransaction<Arg>(message: Message, arg?: Arg, options: SendOptions = {}): Promise<TransactionSendResult> {
    const listener = this.transactionListener as TransactionListener<Arg | undefined> | undefined;
    if (listener === undefined || listener === null)
      throw new IllegalMessageError('TransactionListener is null: set transactionListener before sending in a transaction');
    const missing = missingMethodsOf(listener);
    if (missing.length > 0) throw new IllegalMessageError(`the transaction listener has no ${missing.join(', no ')}`);
    if (Array.isArray(message)) throw new IllegalMessageError('a batch cannot be sent in a transaction');
    requireMessage(message);
    const running = this.requireRunning();
    const sent = this.runInTransaction(running, message, (sentMessage) => listener.executeLocalTransaction(sentMessage, arg), options);
    this.executing.add(sent);
    try {
      return await sent;
    } finally {
      this.executing.delete(sent);
    }
  }

  /** New sends are refused at once; local transactions and checks under way have `awaitTerminationMillisWhenShutdown` to end. */
  protected override async detach(running: RunningProducer): Promise<void> {
    const { clock } = running.instance.ports;
    const enough = new AbortController();
    const limit = sleep(clock, this.awaitTerminationMillisWhenShutdown, enough.signal).catch(() => undefined);
    const finished = Promise.allSettled([this.checks?.close(), ...this.executing]);
    await Promise.race([finished, limit]);
    enough.abort();
    running.instance.ignoreChecks(running.group);
  }

  protected override attach({ instance, group, endTransactionHooks }: RunningProducer): void {
    const listener = (): TransactionListener | undefined => this.transactionListener as TransactionListener | undefined;
    this.checks = new TransactionChecks(instance, group, listener, {
      concurrency: () => this.checkThreadPoolMaxSize,
      waiting: () => this.checkRequestHoldMax,
      hooks: endTransactionHooks,
    });
    const { checks } = this;
    const { namespace } = this;
    instance.serveChecks(group, (question) => {
      question.message.topic = withoutNamespace(namespace, question.message.topic);
      checks.take(question);
    });
  }

  private async runInTransaction(
    running: RunningProducer,
    message: Message,
    execute: (message: Message) => unknown,
    options: SendOptions,
  ): Promise<TransactionSendResult> {
    const result = await this.prepare(running, message, options);
    let state: LocalTransactionState = 'ROLLBACK_MESSAGE';
    let remark: string | undefined;
    // Stored, but not as safely as configured: nothing has happened yet that could not be taken back.
    if (result.sendStatus === SendStatus.SEND_OK) {
      try {
        state = stateOf(await execute(message), 'executeLocalTransaction', running.instance.ports.logger);
      } catch (error) {
        state = 'UNKNOW';
        remark = `executeLocalTransactionBranch exception: ${errorText(error)}`;
        running.instance.ports.logger.warn(`the local transaction failed, the broker will ask: ${errorText(error)}`, {
          msgId: result.msgId,
        });
      }
    }
    await this.tell(running, message, result, { state, remark });
    return { ...result, localTransactionState: state };
  }

  /** Sends a copy marked as prepared; what the application gave gets its id only. */
  private async prepare({ sending, instance, group }: RunningProducer, message: Message, options: SendOptions): Promise<SendResult> {
    if (DELAYS.some((name) => message.properties.has(name) && message.properties.get(name) !== '0')) {
      throw new IllegalMessageError('Transactional messages do not support delayed delivery', { topic: message.topic });
    }
    const half = new Message(message.topic, message.body);
    half.flag = message.flag;
    for (const [name, value] of message.properties) if (!DELAYS.includes(name as never)) half.properties.set(name, value);
    half.properties.set(PROPERTY.TRANSACTION_PREPARED, 'true').set(PROPERTY.PRODUCER_GROUP, group);
    // A broker that has not heard of this group yet could ask nobody.
    if (await sending.meet(message.topic)) await instance.heartbeatToAll();
    const result = await sending.send(half, { kind: 'any' }, options);
    message.properties.set(PROPERTY.UNIQUE_KEY, result.msgId);
    if (result.transactionId !== undefined) message.properties.set(PROPERTY.TRANSACTION_ID, result.transactionId);
    message.transactionId = result.msgId;
    return result;
  }

  private async tell(
    { instance, group, endTransactionHooks }: RunningProducer,
    message: Message,
    result: SendResult,
    { state, remark }: { state: LocalTransactionState; remark: string | undefined },
  ): Promise<void> {
    const { brokerName } = result.messageQueue;
    const place = decodeOffsetMessageId(result.offsetMsgId);
    if (place === undefined) {
      instance.ports.logger.warn('the broker did not say where the half message lies, it will ask', { offsetMsgId: result.offsetMsgId });
      return;
    }
    const end = {
      state,
      remark,
      message,
      header: {
        topic: withNamespace(this.namespace, message.topic),
        producerGroup: group,
        tranStateTableOffset: result.queueOffset,
        commitLogOffset: Number(place.physicalOffset),
        fromTransactionCheck: false,
        msgId: result.msgId,
        brokerName,
        ...(result.transactionId === undefined ? {} : { transactionId: result.transactionId }),
      },
    };
    await endTransaction(instance, instance.brokers.masterOf(brokerName), end, endTransactionHooks);
  }
}

const LISTENER_METHODS = ['executeLocalTransaction', 'checkLocalTransaction'] as const;

/** Found before a half message is stored that nobody could decide about. */
function missingMethodsOf(listener: TransactionListener<never> | undefined): string[] {
  if (listener === undefined || listener === null) return [];
  const given: unknown = listener;
  return LISTENER_METHODS.filter((name) => typeof (given as Partial<TransactionListener>)[name] !== 'function');
}
