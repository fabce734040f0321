// The one door into the store for messages that may have to wait: at once, after a delay level, or at a moment, as the caller says.
// Must never read that wish out of a stored message: what properties say of an earlier journey is no wish.
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from 'rocketmq-core/common';
import type { MessageStore, PutMessageResult } from 'rocketmq-core/store';
import { type Refusal, refuse } from '../processor/refusal.js';
import { DelayLevels } from '../schedule/delay-levels.js';
import { BROKER_CLOCK, MESSAGE_STORE } from '../tokens.js';
import { type DraftMessage, toScheduleTopic } from './broker-message.js';
import { askedDelivery, type Delivery, DELIVER_NOW } from './delivery.js';

@Injectable()
export class MessageIntake {
  constructor(
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly delays: DelayLevels,
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
        return refuse('SYSTEM_ERROR', 'accurate timer message is not enabled, timerWheelEnable is false');
    }
  }
}
