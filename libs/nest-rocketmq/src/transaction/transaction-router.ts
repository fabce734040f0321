// Which listener decides about a transaction: the one written with the send, the one of the message's topic, else the one for all topics.
// Must never decide for a listener.
import { LocalTransactionState, type Message as ClientMessage, type MessageExt, type TransactionListener } from 'rocketmq-core';
import type { Clock, Logger } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import { unclaimedClasses } from '../options/index.js';
import { InlineTransactions, isInlineTransaction } from './inline-transaction.js';
import { toListenerMessage } from './listener-message.js';
import type { RocketMQLocalTransactionListener } from './local-transaction-listener.js';
import { type FoundTransactionListener, topicsOf } from './transaction-definition.js';

const STATES: Readonly<Record<string, LocalTransactionState>> = {
  COMMIT: LocalTransactionState.COMMIT_MESSAGE,
  ROLLBACK: LocalTransactionState.ROLLBACK_MESSAGE,
  UNKNOWN: LocalTransactionState.UNKNOW,
};

export interface RouterServices {
  /** As an error names it: `RocketMQTemplate "audit"`. */
  readonly templateName: string;
  /** The connection has a producer.group of its own; without one brokers would ask strangers. */
  readonly hasGroup: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class TransactionRouter {
  private readonly inline = new InlineTransactions();

  constructor(
    private readonly found: readonly FoundTransactionListener[],
    private readonly services: RouterServices,
  ) {}

  /** Some listener waits for checks: the producer must be there from the boot on. */
  get hasListeners(): boolean {
    return this.found.length > 0;
  }

  /** Checks at work at once, and that may wait: what the listeners ask for together. */
  get maximumPoolSize(): number | undefined {
    return sum(this.found.map(({ options }) => options.maximumPoolSize ?? 1));
  }

  get blockingQueueSize(): number | undefined {
    return sum(this.found.map(({ options }) => options.blockingQueueSize ?? 2000));
  }

  /** Throws for a transaction nobody would decide about, before anything is stored. */
  requireDecider(topic: string, arg: unknown): void {
    const { templateName, hasGroup } = this.services;
    if (isInlineTransaction(arg)) {
      if (hasGroup) return;
      throw new NotStartedError(
        templateName,
        'without a producer.group, which a transaction needs: brokers ask the members of a group. Give the module one of its own',
      );
    }
    if (this.listenerOf(topic) !== undefined) return;
    const which = this.hasListeners ? ` for topic ${topic}` : '';
    throw new NotStartedError(
      templateName,
      `without a transaction listener${which}: give a provider of the application @RocketMQTransactionListener(${this.hasListeners ? `{ topic: '${topic}' }` : ''}), ` +
        `or the send { execute, check }${forgottenListeners()}`,
    );
  }

  readonly listener: TransactionListener = {
    executeLocalTransaction: async (message: ClientMessage, arg: unknown) => {
      const given = toListenerMessage(message, this.services.clock);
      if (isInlineTransaction(arg)) return this.stateOf(await this.inline.execute(message.transactionId ?? '', arg, given));
      return this.stateOf(await this.listenerOf(message.topic)?.executeLocalTransaction(given, arg));
    },
    checkLocalTransaction: async (message: MessageExt) => {
      const asked = toListenerMessage(message, this.services.clock);
      const inline = this.inline.checkOf(message);
      if (inline !== undefined) return this.stateOf(await inline(asked));
      const listener = this.listenerOf(message.topic);
      if (listener !== undefined) return this.stateOf(await listener.checkLocalTransaction(asked));
      this.services.logger.warn(
        `${this.services.templateName}: a broker asks about a transaction of topic ${message.topic} that this process did not start, and no ` +
          '@RocketMQTransactionListener is there for it: its state stays unknown',
        { msgId: message.msgId },
      );
      return LocalTransactionState.UNKNOW;
    },
  };

  /** Nothing, and what is no state, counts as unknown; the second is told of. */
  private stateOf(answer: unknown): LocalTransactionState | undefined {
    if (typeof answer === 'string' && Object.hasOwn(STATES, answer)) return STATES[answer];
    if (answer !== undefined && answer !== null) {
      const { logger, templateName } = this.services;
      const found = typeof answer === 'string' ? JSON.stringify(answer.slice(0, 40)) : typeof answer;
      logger.warn(
        `${templateName}: a transaction listener answered ${found}, which is none of ${Object.keys(STATES).join(', ')}: the broker will ask`,
      );
    }
    return undefined;
  }

  private listenerOf(topic: string): RocketMQLocalTransactionListener | undefined {
    const named = this.found.find(({ options }) => topicsOf(options)?.includes(topic));
    return (named ?? this.found.find(({ options }) => topicsOf(options) === undefined))?.instance();
  }
}

/** Most likely one of these was meant. */
function forgottenListeners(): string {
  const forgotten = unclaimedClasses().filter(({ decorator }) => decorator === '@RocketMQTransactionListener');
  if (forgotten.length === 0) return '';
  return `. Decorated, but no provider of a module: ${forgotten.map(({ className }) => className).join(', ')}`;
}

function sum(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}
