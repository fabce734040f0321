// What the parts of one running push consumer share. Values only, no behaviour.
import type { SubscriptionData } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { OffsetStore } from './offset-store.js';
import type { PushConsumerSettings } from './push-consumer-settings.js';

export interface ConsumerContext {
  readonly instance: ClientInstance;
  readonly settings: PushConsumerSettings;
  /** As brokers know it: inside the namespace. */
  readonly consumerGroup: string;
  readonly retryTopic: string;
  /** By topic as brokers know it; a clustering group's retry topic is among them. */
  readonly subscriptions: Map<string, SubscriptionData>;
  readonly offsets: OffsetStore;
}
