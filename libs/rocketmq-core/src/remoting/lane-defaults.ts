// Lane limits where nobody configured others: Apache's queue capacities and waits [java BrokerConfig].
import type { LaneName } from '../protocol/index.js';
import type { LaneLimits } from './remoting-types.js';

/** Handlers at work at once: they hold no thread, only memory. */
const IN_FLIGHT = 10_000;

const lane = (maxQueued: number, maxWaitMs: number): LaneLimits => ({ maxInFlight: IN_FLIGHT, maxQueued, maxWaitMs });

export const LANE_DEFAULTS: Readonly<Record<LaneName, LaneLimits>> = {
  send: lane(10_000, 200),
  pull: lane(100_000, 5000),
  litePull: lane(100_000, 5000),
  ack: lane(100_000, 3000),
  reply: lane(10_000, 3000),
  query: lane(20_000, 5000),
  heartbeat: lane(50_000, 31_000),
  clientManage: lane(1_000_000, 31_000),
  consumerManage: lane(1_000_000, 31_000),
  endTransaction: lane(100_000, 3000),
  loadBalance: lane(100_000, 5000),
  admin: lane(10_000, 5000),
  route: lane(50_000, 5000),
  client: lane(10_000, 10_000),
};
