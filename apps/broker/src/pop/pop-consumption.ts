// Start and stop of POP consumption, and what wakes those who wait. Must never start before the state files are read.
import { Inject, Injectable } from '@nestjs/common';
import { InjectRemotingServer } from 'nest-rocketmq/server';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { MESSAGE_STORE } from '../tokens.js';
import { NotificationWaits } from './notification-waits.js';
import { PopOffsetRecovery } from './offset-recovery.js';
import { OrderInfoTable } from './order-info-table.js';
import { PopWaits } from './pop-waits.js';
import { ReviveService } from './revive-service.js';

@Injectable()
export class PopConsumption {
  constructor(
    @Inject(MESSAGE_STORE) store: MessageStore,
    @InjectRemotingServer() server: RemotingServer,
    private readonly orders: OrderInfoTable,
    private readonly pops: PopWaits,
    private readonly notifications: NotificationWaits,
    private readonly revive: ReviveService,
    private readonly recovery: PopOffsetRecovery,
  ) {
    const everybody = [pops, notifications];
    store.onArrival((queue, tagsCodeHigh, tagsCodeLow) => {
      for (const waits of everybody) waits.arrived(queue, tagsCodeHigh, tagsCodeLow);
    });
    orders.onOpen((topic, group, queueId) => {
      for (const waits of everybody) waits.wakeQueue(topic, group, queueId);
    });
    server.onConnectionClosed((connection) => {
      for (const waits of everybody) waits.forget(connection);
    });
  }

  /** Told when the offsets should be written soon. */
  onRevived(listener: () => void): void {
    this.revive.onRevived(listener);
  }

  /** Once, when the store and the state files have been read and nobody is served yet. */
  recover(): void {
    this.recovery.run();
  }

  start(): void {
    this.pops.start();
    this.notifications.start();
    this.revive.start();
  }

  /** Answers everybody who waits. */
  async stop(): Promise<void> {
    this.pops.stop();
    this.notifications.stop();
    this.orders.stop();
    await this.revive.stop();
  }
}
