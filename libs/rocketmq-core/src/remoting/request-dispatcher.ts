// From a decoded request to exactly one answer: row, lane, handler, reply. The same for servers and for clients that serve their broker.
// Must never answer a one-way request, and never twice.
import { type Clock, type Logger } from '../common/index.js';
import {
  decodeHeader,
  encodeHeader,
  FLAG_ONEWAY,
  FLAG_RESPONSE,
  type LaneName,
  type RemotingCommand,
  type RequestRow,
  RESPONSE_CODES,
} from '../protocol/index.js';
import { replyToError } from './error-to-reply.js';
import { Lane } from './lane.js';
import { LANE_DEFAULTS } from './lane-defaults.js';
import type { RemotingConnection } from './remoting-connection.js';
import type { Handler, Held, HoldToken, Lanes, Reply, ServedRequest } from './remoting-types.js';

export interface DispatcherOptions {
  clock: Clock;
  logger: Logger;
  lanes?: Lanes | undefined;
  /** Header fields of every answer. */
  version: number;
  language: number;
}

interface Served {
  row: RequestRow;
  handler: Handler<RequestRow>;
  lane: Lane;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const NO_BODY = new Uint8Array(0);

export class RequestDispatcher {
  readonly counts = { served: 0, unsupported: 0, refused: 0, failed: 0 };
  private readonly options: DispatcherOptions;
  private readonly served = new Map<number, Served>();
  private readonly lanes = new Map<LaneName, Lane>();

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

  /** Requests at work, over all lanes. */
  get inFlight(): number {
    let sum = 0;
    for (const lane of this.lanes.values()) sum += lane.inFlight + lane.queued;
    return sum;
  }

  sweep(): void {
    const now = this.options.clock.monotonic();
    for (const lane of this.lanes.values()) lane.sweep(now);
  }

  /** Takes one request; `port` is the kind of listener it came through. */
  dispatch(connection: RemotingConnection, command: RemotingCommand, port: 'main' | 'fast'): void {
    const served = this.served.get(command.code);
    if (served === undefined || !served.row.ports.includes(port)) {
      this.counts.unsupported++;
      this.answer(
        connection,
        command,
        { code: 'REQUEST_CODE_NOT_SUPPORTED', remark: ` request type ${command.code} not supported` },
        undefined,
      );
      return;
    }
    const nowMs = this.options.clock.monotonic();
    served.lane.admit(
      nowMs,
      () => this.run(served, connection, command, nowMs),
      (refusal) => {
        this.counts.refused++;
        this.answer(connection, command, { code: 'SYSTEM_BUSY', remark: refusal }, served.row);
      },
    );
  }

  private run(served: Served, connection: RemotingConnection, command: RemotingCommand, receivedAtMs: number): void {
    let result: Reply | Held | Promise<Reply | Held>;
    const hold = (): HoldToken => this.holdToken(served, connection, command);
    try {
      result = served.handler(this.request(served.row, connection, command, receivedAtMs), hold);
    } catch (error) {
      result = this.failed(served, error);
    }
    if (!(result instanceof Promise)) {
      this.finish(served, connection, command, result);
      return;
    }
    result.then(
      (reply) => this.finish(served, connection, command, reply),
      (error: unknown) => this.finish(served, connection, command, this.failed(served, error)),
    );
  }

  private request(row: RequestRow, connection: RemotingConnection, command: RemotingCommand, receivedAtMs: number): ServedRequest {
    return {
      row,
      header: decodeHeader(row.name, row.request.header, command.extFields),
      extFields: command.extFields ?? NO_FIELDS,
      body: command.body ?? NO_BODY,
      opaque: command.opaque,
      version: command.version,
      language: command.language,
      oneWay: (command.flag & FLAG_ONEWAY) !== 0,
      connection,
      receivedAtMs,
    };
  }

  private holdToken(served: Served, connection: RemotingConnection, command: RemotingCommand): HoldToken {
    let answered = false;
    return {
      reply: (reply) => {
        if (answered) return;
        answered = true;
        this.answer(connection, command, reply, served.row);
      },
    };
  }

  private failed(served: Served, error: unknown): Reply {
    this.counts.failed++;
    return replyToError(error, served.row.name, this.options.logger);
  }

  private finish(served: Served, connection: RemotingConnection, command: RemotingCommand, reply: Reply | Held): void {
    this.counts.served++;
    if (!('held' in reply)) this.answer(connection, command, reply, served.row);
    served.lane.done(this.options.clock.monotonic());
  }

  private answer(connection: RemotingConnection, command: RemotingCommand, reply: Reply, row: RequestRow | undefined): void {
    if ((command.flag & FLAG_ONEWAY) !== 0 || connection.closed) return;
    let extFields: Map<string, string> | undefined;
    if (reply.header !== undefined && row !== undefined) extFields = encodeHeader(row.response.header, reply.header as never);
    if (reply.extFields !== undefined) {
      extFields ??= new Map();
      for (const [name, value] of Object.entries(reply.extFields)) extFields.set(name, value);
    }
    connection.send({
      code: typeof reply.code === 'number' ? reply.code : RESPONSE_CODES[reply.code],
      language: this.options.language,
      version: this.options.version,
      opaque: command.opaque,
      flag: FLAG_RESPONSE,
      remark: reply.remark,
      extFields,
      body: reply.body,
      // An answer takes the form of its request.
      serializeType: command.serializeType,
    });
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
