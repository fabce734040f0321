// One client behind one connection, as its last heartbeat described it. A value; must never outlive its connection in a table.
import type { Connection } from 'rocketmq-core/remoting';

export interface ClientChannel {
  readonly connection: Connection;
  readonly clientId: string;
  readonly language: number;
  readonly version: number;
  /** Clock.monotonic() of the last heartbeat. */
  lastHeartbeatMs: number;
}
