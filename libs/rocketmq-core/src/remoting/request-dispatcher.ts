// Finds the handler and the lane of a request. The same for servers and for clients that serve their broker.
// Must never leave a two-way request without an answer.
import type { Timer } from '../common/index.js';
import { FLAG_ONEWAY, type LaneName, type RemotingCommand, type RequestRow } from '../protocol/index.js';
import { Lane } from './lane.js';
import { LANE_DEFAULTS } from './lane-defaults.js';
import type { RemotingConnection } from './remoting-connection.js';
import type { Handler, Lanes } from './remoting-types.js';
import { type AnswerForm, type DispatchCounts, sendReply, ServedCall, type ServedRow } from './served-call.js';

export interface DispatcherOptions extends AnswerForm {
  lanes?: Lanes | undefined;
}

/** How late a request that waited too long may be told. */
const SWEEP_PERIOD_MS = 100;

export class RequestDispatcher {
  readonly counts: DispatchCounts = { served: 0, unsupported: 0, refused: 0, failed: 0 };
  private readonly options: DispatcherOptions;
  private readonly served = new Map<number, ServedRow>();
  private readonly lanes = new Map<LaneName, Lane>();
  private sweepTimer: Timer | undefined;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }

  handle<R extends RequestRow>(row: R, handler: Handler<R>): void {
    if (this.served.has(row.code)) throw new Error(`request ${row.name} (${row.code}) has two handlers`);
    this.served.set(row.code, { row, handler: handler as unknown as Handler<RequestRow>, lane: this.laneOf(row.lane) });
  }

  codes(): number[] {
    return [...this.served.keys()].toSorted((a, b) => a - b);
  }

  /** Requests at work or waiting, over all lanes. */
  get inFlight(): number {
    let sum = 0;
    for (const lane of this.lanes.values()) sum += lane.inFlight + lane.queued;
    return sum;
  }

  /** Takes one request; `port` is the kind of listener it came through. */
  dispatch(connection: RemotingConnection, command: RemotingCommand, port: 'main' | 'fast'): void {
    const served = this.served.get(command.code);
    if (served === undefined || !served.row.ports.includes(port)) {
      this.unsupported(connection, command);
      return;
    }
    served.lane.admit(new ServedCall(served, this.options, this.counts, connection, command));
    if (served.lane.queued > 0) this.armSweep();
  }

  close(): void {
    this.sweepTimer?.cancel();
    this.sweepTimer = undefined;
    this.options.refusals.close();
  }

  private unsupported(connection: RemotingConnection, command: RemotingCommand): void {
    this.counts.unsupported++;
    const { remoteAddress } = connection;
    this.options.refusals.note('request of an unsupported code refused', { code: command.code, remoteAddress });
    if ((command.flag & FLAG_ONEWAY) !== 0) return;
    const remark = ` request type ${command.code} not supported`;
    sendReply(connection, command, this.options, { code: 'REQUEST_CODE_NOT_SUPPORTED', remark }, undefined);
  }

  private armSweep(): void {
    this.sweepTimer ??= this.options.clock.setTimer(() => {
      this.sweepTimer = undefined;
      const now = this.options.clock.monotonic();
      let queued = 0;
      for (const lane of this.lanes.values()) {
        lane.sweep(now);
        queued += lane.queued;
      }
      if (queued > 0) this.armSweep();
    }, SWEEP_PERIOD_MS);
  }

  private laneOf(name: LaneName): Lane {
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(this.options.lanes?.[name] ?? LANE_DEFAULTS[name]);
      this.lanes.set(name, lane);
    }
    return lane;
  }
}
