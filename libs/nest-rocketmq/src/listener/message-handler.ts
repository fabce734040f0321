// Runs one message through conversion and listener and says what becomes of it. Must never talk to a broker: the consumer carries the verdict out.
import type { Logger } from 'rocketmq-core/common';
import { type MessageExt, PROPERTY } from 'rocketmq-core/message';
import { MessageConversionError, type PayloadReader, type RocketMQMessageConverter } from '../messaging/index.js';
import { type ConsumeInterceptor, type Delivery, interceptDelivery, type Verdict } from './consume-interceptor.js';
import { createMessageContext, handlerName, type ListenerDefinition } from './listener-definition.js';
import type { InvalidMessagePolicy } from './listener-options.js';
import { isConsumeOutcome } from './outcome.js';
import type { SendReply } from './reply-port.js';

const CONSUMED: Verdict = { kind: 'CONSUMED' };
const DEAD_LETTER_LEVEL = -1;

export interface HandlerServices {
  readonly logger: Logger;
  readonly converter: RocketMQMessageConverter;
  readonly sendReply: SendReply;
  /** Around each message, the first outermost. */
  readonly interceptors?: readonly ConsumeInterceptor[] | undefined;
}

export class MessageHandler {
  private readonly logger: Logger;

  constructor(
    private readonly definition: ListenerDefinition,
    private readonly readPayload: PayloadReader,
    private readonly services: HandlerServices,
  ) {
    this.logger = services.logger;
  }

  async handle(message: MessageExt, signal: AbortSignal): Promise<Verdict> {
    const context = createMessageContext(message, this.definition.options.consumerGroup, signal);
    let reading: Promise<unknown> | undefined;
    let refusal: { readonly error: unknown } | undefined;
    const read = async (): Promise<unknown> => {
      try {
        return await this.readPayload(message);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    };
    const judge = (error: unknown): Verdict =>
      refusal !== undefined && refusal.error === error ? this.invalid(message, error) : this.judge(message, error, true);
    const delivery: Delivery = {
      listener: this.definition,
      handler: handlerName(this.definition.replies),
      context,
      payload: () => (reading ??= read()),
    };
    return interceptDelivery(this.services.interceptors ?? [], delivery, () => this.consume(delivery, judge), judge);
  }

  private async consume({ context, payload: read }: Delivery, judge: (error: unknown) => Verdict): Promise<Verdict> {
    const { message } = context;
    try {
      const payload = await read();
      const said = await this.definition.invoke(payload, context);
      if (this.definition.replies && !isConsumeOutcome(said)) await this.reply(message, said);
      return this.judge(message, said, false);
    } catch (error) {
      return judge(error);
    }
  }

  /** Throws for an answer that is none. A reply that cannot be handed over is told and no more: the work has been done [spring]. */
  private async reply(request: MessageExt, answer: unknown): Promise<void> {
    if (answer === undefined || answer === null) throw new TypeError(`returned ${answer}: who asked waits for an answer`);
    if (!request.properties.has(PROPERTY.REPLY_TO_CLIENT))
      return this.note('is no request, its answer is dropped', request, 'no REPLY_TO_CLIENT');
    const { body } = this.services.converter.toBytes(answer);
    try {
      await this.services.sendReply(request, body, this.definition.options.replyTimeout);
    } catch (error) {
      this.note('answered, but the reply was not taken', request, error instanceof Error ? error.message : String(error));
    }
  }

  /** An orderly listener's failures hold up their queue: a level that would skip them is not for it. */
  private get failureLevel(): number {
    const { consumeMode, delayLevelWhenNextConsume } = this.definition.options;
    return consumeMode === 'ORDERLY' ? 0 : delayLevelWhenNextConsume;
  }

  private judge(message: MessageExt, said: unknown, thrown: boolean): Verdict {
    if (isConsumeOutcome(said)) {
      if (said.action === 'DISCARD') {
        this.note('discarded', message, said.reason);
        return { kind: 'CONSUMED', reason: said.reason };
      }
      if (said.action === 'DEAD_LETTER') {
        this.note('dead-lettered', message, said.reason);
        return { kind: 'AGAIN', delayLevel: DEAD_LETTER_LEVEL, error: said };
      }
      return { kind: 'AGAIN', delayLevel: said.delayLevel ?? this.failureLevel, error: said };
    }
    if (!thrown) return CONSUMED;
    this.note('failed', message, said instanceof Error ? (said.stack ?? said.message) : String(said));
    return { kind: 'AGAIN', delayLevel: this.failureLevel, error: said };
  }

  private invalid(message: MessageExt, error: unknown): Verdict {
    // A converter that breaks for another reason than the message's content is an ordinary failure.
    const policy: InvalidMessagePolicy = error instanceof MessageConversionError ? this.definition.options.invalidMessage : 'RETRY';
    this.note(`payload refused (${policy})`, message, error instanceof Error ? error.message : String(error));
    if (policy === 'DISCARD') return { kind: 'CONSUMED', reason: 'payload refused' };
    return { kind: 'AGAIN', delayLevel: policy === 'DEAD_LETTER' ? DEAD_LETTER_LEVEL : this.failureLevel, error };
  }

  private note(what: string, message: MessageExt, reason: string): void {
    this.logger.warn(`${this.definition.className}.${handlerName(this.definition.replies)}: message ${what}: ${reason}`, {
      topic: message.topic,
      msgId: message.msgId,
      keys: message.keys,
      reconsumeTimes: message.reconsumeTimes,
      consumerGroup: this.definition.options.consumerGroup,
    });
  }
}
