// One request on its way through its handler, and the one answer it gets.
// Must never answer a one-way request, never answer twice, and never let a handler's failure out.
import type { Clock, Logger } from '../common/index.js';
import {
  decodeHeader,
  encodeHeader,
  FLAG_ONEWAY,
  FLAG_RESPONSE,
  type RemotingCommand,
  type RequestRow,
  RESPONSE_CODES,
} from '../protocol/index.js';
import { replyToError } from './error-to-reply.js';
import type { Lane, LaneRefusal, LaneTask } from './lane.js';
import type { RemotingConnection } from './remoting-connection.js';
import type { RefusalLog } from './refusal-log.js';
import type { Handler, Held, HoldToken, Reply, ServedRequest } from './remoting-types.js';

/** What every answer of one server or client has in common. */
export interface AnswerForm {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: number;
  readonly language: number;
  readonly refusals: RefusalLog;
}

export interface ServedRow {
  readonly row: RequestRow;
  readonly handler: Handler<RequestRow>;
  readonly lane: Lane;
}

export interface DispatchCounts {
  served: number;
  unsupported: number;
  refused: number;
  failed: number;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const NO_BODY = new Uint8Array(0);

export class ServedCall implements LaneTask, HoldToken {
  readonly receivedAtMs: number;
  private readonly served: ServedRow;
  private readonly form: AnswerForm;
  private readonly counts: DispatchCounts;
  private readonly connection: RemotingConnection;
  private readonly command: RemotingCommand;
  private answered: boolean;

  constructor(served: ServedRow, form: AnswerForm, counts: DispatchCounts, connection: RemotingConnection, command: RemotingCommand) {
    this.served = served;
    this.form = form;
    this.counts = counts;
    this.connection = connection;
    this.command = command;
    this.receivedAtMs = form.clock.monotonic();
    this.answered = (command.flag & FLAG_ONEWAY) !== 0;
  }

  run(): void {
    let result: Reply | Held | Promise<Reply | Held>;
    try {
      result = this.served.handler(this.request(), () => this);
    } catch (error) {
      this.fail(error);
      return;
    }
    // Not instanceof: a promise may come from another realm.
    if (typeof (result as PromiseLike<Reply | Held> | undefined)?.then !== 'function') this.finish(result as Reply | Held);
    else (result as Promise<Reply | Held>).then(this.finish.bind(this), this.fail.bind(this));
  }

  refuse(refusal: LaneRefusal): void {
    this.counts.refused++;
    this.reply({ code: 'SYSTEM_BUSY', remark: refusal });
  }

  /** Answers, unless that has been done; also what the handler's hold token does. */
  reply(reply: Reply): void {
    if (this.answered) return;
    this.answered = true;
    this.noteRefusal(reply);
    if (this.connection.closed) return;
    const { row } = this.served;
    try {
      sendReply(this.connection, this.command, this.form, reply, row);
    } catch (error) {
      this.counts.failed++;
      sendReply(this.connection, this.command, this.form, replyToError(error, row.name, this.form.logger), row);
    }
  }

  private noteRefusal(reply: Reply): void {
    const code = codeOf(reply);
    if (!REFUSALS.has(code)) return;
    const { name } = this.served.row;
    this.form.refusals.note(`${name} refused with ${code}`, { remark: reply.remark, remoteAddress: this.connection.remoteAddress });
  }

  private request(): ServedRequest {
    const { command, served } = this;
    return {
      row: served.row,
      header: decodeHeader(served.row.name, served.row.request.header, command.extFields),
      extFields: command.extFields ?? NO_FIELDS,
      body: command.body ?? NO_BODY,
      opaque: command.opaque,
      version: command.version,
      language: command.language,
      oneWay: (command.flag & FLAG_ONEWAY) !== 0,
      connection: this.connection,
      receivedAtMs: this.receivedAtMs,
    };
  }

  private finish(result: Reply | Held): void {
    if (result === undefined || result === null) {
      this.fail(new Error('the handler answered nothing'));
      return;
    }
    this.counts.served++;
    if (!('held' in result)) this.reply(result);
    this.served.lane.done(this.form.clock.monotonic());
  }

  private fail(error: unknown): void {
    this.counts.failed++;
    const reply = replyToError(error, this.served.row.name, this.form.logger);
    if (this.answered) this.noteRefusal(reply);
    else this.reply(reply);
    this.served.lane.done(this.form.clock.monotonic());
  }
}

/** Answers that say the request itself was refused; the others are outcomes. */
const REFUSALS: ReadonlySet<number> = new Set([
  RESPONSE_CODES.SYSTEM_ERROR,
  RESPONSE_CODES.SYSTEM_BUSY,
  RESPONSE_CODES.REQUEST_CODE_NOT_SUPPORTED,
  RESPONSE_CODES.MESSAGE_ILLEGAL,
  RESPONSE_CODES.SERVICE_NOT_AVAILABLE,
  RESPONSE_CODES.NO_PERMISSION,
  RESPONSE_CODES.SUBSCRIPTION_PARSE_FAILED,
  RESPONSE_CODES.INVALID_PARAMETER,
]);

const codeOf = ({ code }: Reply): number => (typeof code === 'number' ? code : RESPONSE_CODES[code]);

/** Writes one answer, in the serialisation of its request. */
export function sendReply(
  connection: RemotingConnection,
  command: RemotingCommand,
  form: AnswerForm,
  reply: Reply,
  row: RequestRow | undefined,
): void {
  let extFields: Map<string, string> | undefined;
  if (reply.header !== undefined && row !== undefined) extFields = encodeHeader(row.response.header, reply.header as never);
  if (reply.extFields !== undefined) {
    extFields ??= new Map();
    for (const [name, value] of Object.entries(reply.extFields)) extFields.set(name, value);
  }
  connection.send({
    code: codeOf(reply),
    language: form.language,
    version: form.version,
    opaque: command.opaque,
    flag: FLAG_RESPONSE,
    remark: reply.remark,
    extFields,
    body: reply.body,
    serializeType: command.serializeType,
  });
}
