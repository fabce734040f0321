// What the parts of one running consumer share. Values only, no behaviour.
import type { SubscriptionData } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { OffsetStore } from './offset-store.js';
import type { PushConsumerSettings } from './push-consumer-settings.js';

/** `Settings`: those a part reads; a push consumer has all of them. */
export interface ConsumerContext<Settings = PushConsumerSettings> {
  readonly instance: ClientInstance;
  readonly settings: Settings;
  /** As brokers know it: inside the namespace. */
  readonly consumerGroup: string;
  readonly retryTopic: string;
  /** By topic as brokers know it; a clustering group's retry topic is among them. */
  readonly subscriptions: Map<string, SubscriptionData>;
  readonly offsets: OffsetStore;
}
