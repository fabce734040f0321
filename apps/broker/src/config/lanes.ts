// Admission limits per kind of request, from Apache's thread-pool keys: how many may wait, and for how long. Pure.
import type { LaneLimits, Lanes } from 'rocketmq-core/remoting';
import type { BrokerConfig } from './broker-config.schema.js';

/** Handlers of one lane at work at once. Nothing here blocks a thread: the limit only bounds what waits for the disk. */
const MAX_IN_FLIGHT = 10_000;
/** Stands for "no limit" where brokerFastFailureEnable is off. */
const NEVER_MS = 2 ** 31 - 1;

export function lanesOf(config: BrokerConfig): Lanes {
  const lane = (maxQueued: number, waitMs: number): LaneLimits => ({
    maxInFlight: MAX_IN_FLIGHT,
    maxQueued,
    maxWaitMs: config.brokerFastFailureEnable ? waitMs : NEVER_MS,
  });
  return {
    send: lane(config.sendThreadPoolQueueCapacity, config.waitTimeMillsInSendQueue),
    // Apache's fast failure leaves replies alone: they wait for a client's word, not for the disk.
    reply: { maxInFlight: MAX_IN_FLIGHT, maxQueued: config.replyThreadPoolQueueCapacity, maxWaitMs: NEVER_MS },
    pull: lane(config.pullThreadPoolQueueCapacity, config.waitTimeMillsInPullQueue),
    litePull: lane(config.litePullThreadPoolQueueCapacity, config.waitTimeMillsInLitePullQueue),
    ack: lane(config.ackThreadPoolQueueCapacity, config.waitTimeMillsInAckQueue),
    loadBalance: lane(config.loadBalanceThreadPoolQueueCapacity, config.waitTimeMillsInPullQueue),
    query: lane(config.queryThreadPoolQueueCapacity, config.waitTimeMillsInPullQueue),
    heartbeat: lane(config.heartbeatThreadPoolQueueCapacity, config.waitTimeMillsInHeartbeatQueue),
    clientManage: lane(config.clientManagerThreadPoolQueueCapacity, config.waitTimeMillsInHeartbeatQueue),
    consumerManage: lane(config.consumerManagerThreadPoolQueueCapacity, config.waitTimeMillsInHeartbeatQueue),
    endTransaction: lane(config.endTransactionPoolQueueCapacity, config.waitTimeMillsInTransactionQueue),
    admin: lane(config.adminBrokerThreadPoolQueueCapacity, config.waitTimeMillsInAdminBrokerQueue),
  };
}
