export { compareMessageQueues, type MessageQueue, messageQueueKey, messageQueueText } from './message-queue.js';
export { buildSubscriptionData, type ExpressionType, SUBSCRIBE_ALL, type SubscriptionData, tagsCodeOf } from './subscription.js';
