// Tells the members of a consumer group that the group changed (code 40), so that they rebalance at once instead of after 20 s.
// Must never wait for anybody: the notice is one-way and a member that misses it rebalances later.
import type { Logger } from 'rocketmq-core/common';
import { NOTIFY_CONSUMER_IDS_CHANGED } from 'rocketmq-core/protocol';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import type { ConsumerGroup } from './consumer-table.js';

export class ConsumerChangeNotifier {
  constructor(
    private readonly server: RemotingServer,
    private readonly groups: SubscriptionGroupTable,
    private readonly logger: Logger,
    private readonly enabled: boolean,
  ) {}

  notify(group: ConsumerGroup): void {
    if (!this.enabled || group.messageModel === 'BROADCASTING') return;
    if (this.groups.find(group.group)?.notifyConsumerIdsChangedEnable === false) return;
    for (const connection of group.channels.keys()) {
      if (connection.closed) continue;
      try {
        this.server.invokeOneWay(connection, NOTIFY_CONSUMER_IDS_CHANGED, { consumerGroup: group.group });
      } catch (error) {
        // A member that cannot be told rebalances by its own timer.
        this.logger.warn('notice of group change not sent', { group: group.group, address: connection.remoteAddress, error });
      }
    }
  }
}
