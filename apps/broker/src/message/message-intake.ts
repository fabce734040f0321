// The one door into the store for messages that may have to wait: at once, after a delay level, or at a moment, as the caller says.
// Must never read that wish out of a stored message: what properties say of an earlier journey is no wish.
import { Inject, Injectable } from '@nestjs/common';
import type { Clock, Random } from 'rocketmq-core/common';
import { PROPERTY } from 'rocketmq-core/message';
import type { MessageStore, PutMessageResult } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { type Refusal, refuse } from '../processor/refusal.js';
import { DelayLevels } from '../schedule/delay-levels.js';
import { slotOf, toTimerTopic } from '../timer/timer-message.js';
import { TimerService } from '../timer/timer-service.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_RANDOM, MESSAGE_STORE } from '../tokens.js';
import { type DraftMessage, toScheduleTopic } from './broker-message.js';
import { askedDelivery, type Delivery, DELIVER_NOW, setDeliverTime } from './delivery.js';

@Injectable()
export class MessageIntake {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(BROKER_RANDOM) private readonly random: Random,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly delays: DelayLevels,
    private readonly timers: TimerService,
  ) {}

  /** Stores the message for delivery as said; its properties are not asked. Changes the draft. */
  async put(draft: DraftMessage, delivery: Delivery = DELIVER_NOW): Promise<PutMessageResult | Refusal> {
    const refusal = this.aim(draft, delivery);
    return refusal ?? this.store.put(draft);
  }

  /** What the sender of this message asks for. */
  askedBy(draft: DraftMessage): Delivery {
    return askedDelivery(draft.properties, this.clock.now());
  }

  private aim(draft: DraftMessage, delivery: Delivery): Refusal | undefined {
    switch (delivery.kind) {
      case 'now':
        return undefined;
      case 'level':
        toScheduleTopic(draft, delivery.level, this.delays, this.clock.now());
        return undefined;
      case 'at':
        if (!delivery.saidByProperties) setDeliverTime(draft, delivery.deliverAtMs);
        return this.aimAt(draft, delivery.deliverAtMs);
    }
  }

  /** [java HookUtils#transformTimerMessage] */
  private aimAt(draft: DraftMessage, deliverAtMs: number): Refusal | undefined {
    const { timerWheelEnable, timerMaxDelaySec, timerPrecisionMs } = this.config;
    if (!timerWheelEnable) return refuse('SYSTEM_ERROR', 'accurate timer message is not enabled, timerWheelEnable is false');
    const awayMs = deliverAtMs - this.clock.now();
    if (Number.isNaN(awayMs) || awayMs > timerMaxDelaySec * 1000) return this.refuseMoment();
    if (awayMs <= 0) return draft.properties.has(PROPERTY.TIMER_DELETE_UNIQUE_KEY) ? this.refuseMoment() : undefined;
    const slotMs = slotOf(deliverAtMs, timerPrecisionMs);
    if (this.isCongested(slotMs)) return this.refuseCongested();
    toTimerTopic(draft, slotMs);
    return undefined;
  }

  private refuseMoment(): Refusal {
    const max = this.config.timerMaxDelaySec * 1000;
    return refuse(
      'MESSAGE_ILLEGAL',
      `timer message illegal, the delay time should not be bigger than the max delay ${max}ms; ` +
        'or if set del msg, the delay time should be bigger than the current time',
    );
  }

  /** Above the limit by chance, the more the fuller; above twice the limit always [java TimerMessageStore#isReject]. */
  private isCongested(slotMs: number): boolean {
    const limit = this.config.timerCongestNumEachSlot;
    const count = this.timers.countAt(slotMs);
    if (count <= limit) return false;
    return count >= limit * 2 || this.random.int(1000) < (1000 * (count - limit)) / limit;
  }

  private refuseCongested(): Refusal {
    const limit = this.config.timerCongestNumEachSlot;
    return refuse(
      'SYSTEM_ERROR',
      `timer message is under flow control, max num limit is ${limit * 2} or the current value is greater than ${limit} ` +
        `and less than ${limit * 2}, trigger random flow control`,
    );
  }
}
