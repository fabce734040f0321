// Takes one message through its handlers and says what becomes of it; requests are answered here. Must never start, stop or connect anything.
import { type Logger, reasonOf } from 'rocketmq-core/common';
import type { DefaultMQPushConsumer, Message } from 'rocketmq-core';
import type { MessageExt } from 'rocketmq-core/message';
import { isObservable, lastValueFrom } from 'rxjs';
import { JoinedSignal, type Verdict } from '../listener/index.js';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import { type Answer, describeError, encodeAnswer } from './answer.js';
import type { Handler, HandlerTable } from './handler-table.js';
import { isRequest, RocketMQContext } from './rocketmq-context.js';
import type { ResolvedServerOptions } from './server-options.js';
import { CONSUMED, invalidPolicy, join, judge, outcomeOf, type Result, verdictOf } from './verdicts.js';

export interface DispatchServices {
  readonly options: ResolvedServerOptions;
  readonly table: HandlerTable;
  readonly converter: RocketMQMessageConverter;
  readonly logger: Logger;
  readonly sendAnswer: (answer: Message) => Promise<void>;
  /** Runs `work` between Nest's processing hooks. */
  readonly withHooks: <T>(context: RocketMQContext, work: () => Promise<T>) => Promise<T>;
  readonly onError: (error: unknown) => void;
}

export class MessageDispatcher {
  constructor(private readonly services: DispatchServices) {}

  /** The signals may live longer than the message: handlers get one of their own, which aborts with the first of them. */
  async handle(message: MessageExt, signals: readonly AbortSignal[], consumer: DefaultMQPushConsumer | undefined): Promise<Verdict> {
    const over = new JoinedSignal(() => signals);
    try {
      return await this.dispatch(message, over.get(), consumer);
    } finally {
      over.release();
    }
  }

  private dispatch(message: MessageExt, signal: AbortSignal, consumer: DefaultMQPushConsumer | undefined): Promise<Verdict> {
    const { table, withHooks } = this.services;
    const { topic, tags } = message;
    const pattern = tags === undefined ? topic : `${topic}:${tags}`;
    const context = new RocketMQContext([message, pattern, signal, consumer]);
    const answering = table.requestHandler(topic, tags);
    if (isRequest(message)) {
      if (answering === undefined) return this.unanswerable(message, pattern);
      return withHooks(context, () => this.answer(answering, message, context));
    }
    const events = table.eventHandlers(topic, tags);
    // Without an event handler a plain message goes to the one that answers; its answer has nowhere to go.
    const handlers = events.length > 0 || answering === undefined ? events : [answering];
    if (handlers.length === 0) return Promise.resolve(this.unhandled(message, pattern));
    return withHooks(context, () => this.consume(handlers, message, context));
  }

  /** All at once, and none is left running when the message comes again: every one is waited for. */
  private async consume(handlers: readonly Handler[], message: MessageExt, context: RocketMQContext): Promise<Verdict> {
    const { options } = this.services;
    const verdicts = handlers.map(async (handler) => {
      const result = await this.call(handler, message, context);
      this.tell(handler, message, result);
      return judge(result, options);
    });
    return join(await Promise.all(verdicts));
  }

  /** The error of a handler is its answer, so the request is done; only an outcome says otherwise. */
  private async answer(handler: Handler, message: MessageExt, context: RocketMQContext): Promise<Verdict> {
    const result = await this.call(handler, message, context);
    const outcome = outcomeOf(result);
    if (outcome !== undefined) {
      this.tell(handler, message, result);
      // Another delivery answers.
      if (outcome.action !== 'RECONSUME_LATER') await this.reply(message, { error: { status: 'error', message: outcome.reason } });
      return judge(result, this.services.options);
    }
    if (result.kind === 'value') await this.reply(message, { value: result.value });
    else {
      this.note(`@MessagePattern "${handler.route}" failed, its error is the answer: ${detailOf(result.error)}`, message);
      await this.reply(message, { error: result.error });
    }
    return CONSUMED;
  }

  private async call(handler: Handler, message: MessageExt, context: RocketMQContext): Promise<Result> {
    let payload: unknown;
    try {
      payload = await handler.read!(message);
    } catch (error) {
      return { kind: 'invalid', error };
    }
    try {
      const returned: unknown = await handler.call(payload, context);
      // Consumed means completed: a stream that fails at its end fails the message.
      const value: unknown = isObservable(returned) ? await lastValueFrom(returned, { defaultValue: undefined }) : returned;
      return { kind: 'value', value };
    } catch (error) {
      return { kind: 'error', error };
    }
  }

  /** An answer that cannot be handed over is told and no more: the work has been done. */
  private async reply(request: MessageExt, answer: Answer): Promise<void> {
    const { converter, sendAnswer, onError } = this.services;
    let encoded: Message;
    try {
      encoded = encodeAnswer(request, answer, converter);
    } catch (error) {
      this.note(`the answer cannot be sent: ${detailOf(error)}`, request);
      onError(error);
      // The error itself may be what cannot be written.
      const message = `the answer cannot be sent: ${reasonOf(error)}`;
      if (!('error' in answer)) await this.reply(request, { error: { status: 'error', message } });
      return;
    }
    try {
      await sendAnswer(encoded);
    } catch (error) {
      this.note(`answered, but the answer was not taken: ${messageOf(error)}`, request);
      onError(error);
    }
  }

  private async unanswerable(message: MessageExt, pattern: string): Promise<Verdict> {
    const reason = `There is no matching message handler for "${pattern}" in group ${this.services.options.consumerGroup}`;
    this.services.logger.error(`${reason}; a @MessagePattern answers requests, an @EventPattern does not`, this.fieldsOf(message));
    await this.reply(message, { error: { status: 'error', message: reason } });
    return CONSUMED;
  }

  private unhandled(message: MessageExt, pattern: string): Verdict {
    const { options, logger } = this.services;
    const { unhandledMessage } = options;
    logger.error(`There is no matching event handler for "${pattern}" (${unhandledMessage})`, this.fieldsOf(message));
    return verdictOf(unhandledMessage, options);
  }

  private tell({ route }: Handler, message: MessageExt, result: Result): void {
    const outcome = outcomeOf(result);
    if (outcome !== undefined) this.note(`"${route}": ${outcome.action}: ${outcome.reason}`, message);
    else if (result.kind === 'error') this.note(`"${route}" failed: ${detailOf(result.error)}`, message);
    else if (result.kind === 'invalid') {
      this.note(`"${route}": payload refused (${invalidPolicy(result.error, this.services.options)}): ${messageOf(result.error)}`, message);
    }
  }

  private note(what: string, message: MessageExt): void {
    this.services.logger.warn(what, this.fieldsOf(message));
  }

  private fieldsOf({ topic, msgId, keys, reconsumeTimes }: MessageExt): Record<string, unknown> {
    return { topic, msgId, keys, reconsumeTimes, consumerGroup: this.services.options.consumerGroup };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : detailOf(error));

/** Nest's default filter rejects with a plain object. */
function detailOf(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  const described = describeError(error);
  return typeof described === 'string' ? described : JSON.stringify(described);
}
