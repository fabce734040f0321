// Puts the hot path before the processors once the broker's address is known, and takes it away again at stop.
// Must never run before the ports listen: records carry the address clients are told.
import type { Clock, Turn } from 'rocketmq-core/common';
import { encodeHost } from 'rocketmq-core/message';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { HotAdmission } from '../admission/hot-admission.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { BrokerAddress } from '../lifecycle/broker-address.js';
import { DataPlane } from './data-plane.js';
import { PullPath } from './pull-path.js';
import { SendPath } from './send-path.js';

export interface HotPathParts {
  config: BrokerConfig;
  clock: Clock;
  turn: Turn;
  store: MessageStore;
  server: RemotingServer;
  address: BrokerAddress;
  admission: HotAdmission;
}

export class HotPathStarter {
  private dataPlane: DataPlane | undefined;
  private leave: (() => void) | undefined;

  constructor(private readonly parts: HotPathParts) {}

  start(): void {
    const { config, clock, turn, store, server, address, admission } = this.parts;
    const properties = `MSG_REGION\u0001${config.regionId}\u0002TRACE_ON\u0001${String(config.traceOn)}\u0002CLUSTER\u0001${config.brokerClusterName}\u0002`;
    const sends = new SendPath({
      store,
      clock,
      admission,
      storeHost: address.storeHost,
      extraProperties: Buffer.from(properties),
      regionId: config.regionId,
      traceOn: config.traceOn,
      maxMessageSize: config.maxMessageSize,
      syncFlushTimeoutMs: config.syncFlushTimeout,
      encodeHost,
    });
    this.dataPlane = new DataPlane(sends, new PullPath({ store, admission, maxMessages: config.pullBatchMaxMessageCount }));
    this.leave = this.dataPlane.join(turn, store);
    server.useHotPath(this.dataPlane);
  }

  stop(): void {
    this.leave?.();
    this.leave = undefined;
  }

  counters(): Readonly<Record<string, number>> {
    return this.dataPlane?.counters() ?? {};
  }
}
