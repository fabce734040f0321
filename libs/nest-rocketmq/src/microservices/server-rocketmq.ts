// The server side of the transport: handlers of controllers become subscriptions of one consumer group. Must never decide what becomes of a
// message, nor keep anything outside of the instance.
import { type CustomTransportStrategy, type MessageHandler, type MsPattern, Server } from '@nestjs/microservices';
import type { DefaultMQProducer, DefaultMQPushConsumer } from 'rocketmq-core';
import { type Clock, type Logger, reasonOf, sleep, SystemClock } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import type { MessageExt } from 'rocketmq-core/message';
import type { Verdict } from '../listener/index.js';
import { DefaultMessageConverter, type RocketMQMessageConverter } from '../messaging/index.js';
import { createNestLogger } from '../module/nest-logger.js';
import { ProblemList, RocketMQConfigurationError } from '../options/index.js';
import { AnswerSender } from './answer-sender.js';
import { HandlerTable, type RocketMQHandlerExtras } from './handler-table.js';
import { MessageDispatcher } from './message-dispatcher.js';
import { checkServerOptions } from './options.validation.js';
import { letOutcomesPass } from './outcome-passage.js';
import { parsePattern, routeOf } from './pattern.js';
import { createReader } from './payload.js';
import type { RocketMQContext } from './rocketmq-context.js';
import { createServerConsumer } from './server-consumer.js';
import { type ResolvedServerOptions, type RocketMQServerOptions, withServerDefaults } from './server-options.js';
import { ROCKETMQ_TRANSPORT, RocketMQStatus, type RocketMQTransportEvents } from './transport.js';
import { TransportEvents } from './transport-events.js';

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** What `unwrap()` gives. */
export interface ServerRocketMQClients {
  /** Undefined for a server without handlers. */
  readonly consumer: DefaultMQPushConsumer | undefined;
  /** Undefined until there was something to answer. */
  readonly producer: DefaultMQProducer | undefined;
}

/** One run of a server, from listen to close. */
interface Run {
  readonly closing: AbortController;
  /** Aborted when the time for running handlers is over. */
  readonly overdue: AbortController;
  readonly answers: AnswerSender;
  consumer: DefaultMQPushConsumer | undefined;
  producer: DefaultMQProducer | undefined;
  /** The start under way, or tried again with `startup: 'background'`. Never rejects. */
  background: Promise<void>;
}

/**
 * `app.connectMicroservice({ strategy: new ServerRocketMQ({ nameServer, consumerGroup }) })`. Wrong options and patterns are told when it
 * starts to listen, all of them in one RocketMQConfigurationError.
 */
export class ServerRocketMQ extends Server<RocketMQTransportEvents, RocketMQStatus> implements CustomTransportStrategy {
  override transportId: symbol = ROCKETMQ_TRANSPORT;
  /** Failures of event handlers decide over the message, so Nest 12 need not report them; Nest 11 does not ask. */
  override readonly propagatesEventHandlerErrors: boolean = true;

  private readonly options: ResolvedServerOptions;
  private readonly table = new HandlerTable();
  private readonly events = new TransportEvents();
  private readonly clock: Clock;
  private readonly converter: RocketMQMessageConverter;
  private readonly lines: Logger = createNestLogger('ServerRocketMQ');
  private readonly clientLines: Logger = createNestLogger('RocketMQClient');
  private run: Run | undefined;
  private inFlight = 0;

  constructor(private readonly given: RocketMQServerOptions) {
    super();
    letOutcomesPass();
    this.options = withServerDefaults(given ?? {});
    this.clock = this.options.clock ?? new SystemClock();
    this.converter = this.options.messageConverter ?? new DefaultMessageConverter();
  }

  /** Handlers of one pattern stand side by side; Nest's own chain of `next` would know only whether all of them succeeded. */
  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: RocketMQHandlerExtras = {}): void {
    callback.isEventHandler = isEventHandler;
    callback.extras = { ...extras };
    const added = this.table.add(pattern, callback, isEventHandler, extras);
    if (added !== undefined && !this.messageHandlers.has(added.route)) this.messageHandlers.set(added.route, callback);
  }

  /** Calls back when handlers may be called; with what went wrong otherwise. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Stops pulling, gives running handlers their time, commits offsets, leaves the group. Closing again does nothing. */
  async close(): Promise<void> {
    const { run } = this;
    this.run = undefined;
    if (run === undefined) return;
    run.closing.abort(new Error('the server closes'));
    await run.background;
    const drainMs = this.options.awaitTerminationMillisWhenShutdown;
    const deadline = this.clock.setTimer(() => run.overdue.abort(new Error(`not done within ${drainMs} ms of the close`)), drainMs);
    try {
      await run.consumer?.shutdown(drainMs);
      if (this.inFlight > 0) {
        this.lines.warn(`${this.inFlight} messages were still in process after ${drainMs} ms; they will be delivered again`);
      }
    } finally {
      deadline.cancel();
      run.overdue.abort(new Error('the server has been closed'));
      await run.answers.close();
      this.tell(RocketMQStatus.DISCONNECTED);
    }
  }

  override on<K extends keyof RocketMQTransportEvents, C extends RocketMQTransportEvents[K]>(event: K, callback: C): void {
    this.events.on(event, callback);
  }

  /** The clients behind this server: ServerRocketMQClients. Throws while it is not listening. */
  override unwrap<T = ServerRocketMQClients>(): T {
    if (this.run === undefined) throw new NotStartedError('ServerRocketMQ', 'not listening');
    const { consumer, producer } = this.run;
    return { consumer, producer } as T;
  }

  protected override normalizePattern(pattern: MsPattern): string {
    try {
      return routeOf(parsePattern(pattern));
    } catch {
      return super.normalizePattern(pattern);
    }
  }

  private async open(): Promise<void> {
    if (this.run !== undefined) throw new NotStartedError('ServerRocketMQ', 'listening already');
    this.validate();
    const answers = new AnswerSender(this.options, { clock: this.clock, logger: this.clientLines });
    const run: Run = {
      closing: new AbortController(),
      overdue: new AbortController(),
      answers,
      consumer: undefined,
      producer: undefined,
      background: Promise.resolve(),
    };
    this.run = run;
    try {
      for (const handler of this.table.list()) handler.read = await createReader(handler.messageType, this.converter);
      this.describe();
      this.tell(RocketMQStatus.CONNECTING);
      const starting = this.start(run);
      // A close meanwhile waits for it, and then has something to close.
      run.background = starting.catch(() => undefined);
      await starting;
    } catch (error) {
      this.tell(RocketMQStatus.DISCONNECTED);
      if (this.options.startup === 'background' && !(error instanceof RocketMQConfigurationError)) {
        run.background = this.keepTrying(run, error);
        return;
      }
      this.run = undefined;
      await answers.close();
      throw error;
    }
  }

  private async start(run: Run): Promise<void> {
    const subscriptions = this.table.subscriptions();
    if (subscriptions.size > 0) {
      // Answers must be able to leave before the first request comes in.
      if (this.table.list().some(({ isEvent }) => !isEvent)) run.producer = await run.answers.start();
      const dispatcher = this.createDispatcher(run);
      const handle = async (message: MessageExt, client: DefaultMQPushConsumer, expired: AbortSignal): Promise<Verdict> => {
        this.inFlight++;
        try {
          return await dispatcher.handle(message, [run.overdue.signal, expired], client);
        } finally {
          this.inFlight--;
        }
      };
      // A stopped client cannot start again, so each start makes a new one.
      const consumer = createServerConsumer(this.options, subscriptions, handle, { clock: this.clock, logger: this.clientLines });
      await this.options.prepareStart?.(consumer);
      await consumer.start();
      run.consumer = consumer;
    }
    this.tell(RocketMQStatus.CONNECTED);
  }

  private async keepTrying(run: Run, first: unknown): Promise<void> {
    let error = first;
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      this.lines.warn(`cannot start yet: ${reasonOf(error)}`);
      this.events.error(error);
      try {
        await sleep(this.clock, pauseMs, run.closing.signal);
        await this.start(run);
        this.lines.info('has started');
        return;
      } catch (again) {
        if (run.closing.signal.aborted) return;
        error = again;
      }
    }
  }

  private createDispatcher(run: Run): MessageDispatcher {
    return new MessageDispatcher({
      options: this.options,
      table: this.table,
      converter: this.converter,
      logger: this.lines,
      sendAnswer: async (answer) => {
        run.producer = await run.answers.start();
        await run.answers.send(answer);
      },
      withHooks: (context, work) => this.withHooks(context, work),
      onError: (error) => this.events.error(error),
    });
  }

  /** As Nest 12's runWithProcessingHooks, which Nest 11 has not, with the result handed on: the end hook runs once, whatever happens. */
  private async withHooks<T>(context: RocketMQContext, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = async (): Promise<void> => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        } finally {
          this.onProcessingEndHook?.(this.transportId, context);
        }
      };
      // Typed as void, but Nest's own hooks return the promise of `done`.
      const started: unknown = this.onProcessingStartHook(this.transportId, context, done);
      if (started instanceof Promise) started.catch(reject);
    });
  }

  private validate(): void {
    const problems = new ProblemList('ServerRocketMQ');
    checkServerOptions(this.given, problems);
    this.table.findProblems(problems, this.options.messageModel === 'BROADCASTING');
    if (problems.found.length > 0) throw new RocketMQConfigurationError('ServerRocketMQ', problems.found);
  }

  private describe(): void {
    const { consumerGroup, consumeMode, messageModel, consumeThreadNumber } = this.options;
    for (const { route, isEvent } of this.table.list()) this.lines.info(`${isEvent ? '@EventPattern' : '@MessagePattern'} ${route}`);
    for (const [topic, expression] of this.table.subscriptions()) {
      this.lines.info(
        `topic=${topic} selector=TAG "${expression}" group=${consumerGroup} mode=${consumeMode}/${messageModel} concurrency=${consumeThreadNumber}`,
      );
    }
    if (this.table.list().length === 0)
      this.lines.warn('no controller has an @EventPattern or @MessagePattern for it: nothing is consumed');
  }

  private tell(status: RocketMQStatus): void {
    this._status$.next(status);
    if (status !== RocketMQStatus.CONNECTING) this.events.emit(status);
  }
}
