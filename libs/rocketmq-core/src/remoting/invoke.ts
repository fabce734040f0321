// A request of ours over a connection: header from its row, hooks, opaque, answer as its caller sees it. Shared by client and server.
import {
  decodeHeader,
  encodeHeader,
  FLAG_ONEWAY,
  HeaderDecodeError,
  type RemotingCommand,
  type RequestHeader,
  type RequestRow,
  type ResponseHeader,
  type SerializeType,
} from '../protocol/index.js';
import { SendRequestError } from '../errors/index.js';
import type { RemotingConnection } from './remoting-connection.js';
import type { InvokeOptions, RpcHook, RpcResponse } from './remoting-types.js';

/** How our own requests are written. */
export interface RequestForm {
  serializeType: SerializeType;
  version: number;
  language: number;
  hooks?: readonly RpcHook[];
  /** The address hooks and answers name; default: the connection's. */
  address?: string;
}

export const REQUEST_TIMEOUT_MS = 3000;
const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const NO_BODY = new Uint8Array(0);

export async function callOver<R extends RequestRow>(
  connection: RemotingConnection,
  row: R,
  header: RequestHeader<R>,
  options: InvokeOptions,
  form: RequestForm,
  spentMs = 0,
): Promise<RpcResponse<R>> {
  const opaque = connection.pending.takeOpaque();
  const command = commandOf(row, header, options, form, opaque, 0);
  if (connection.closed) throw new SendRequestError(form.address ?? connection.remoteAddress, row.name, 'the connection is closed');
  const waiting = connection.pending.wait(opaque, row.name, {
    timeoutMs: options.timeoutMs ?? REQUEST_TIMEOUT_MS,
    spentMs,
    signal: options.signal,
  });
  try {
    connection.send(command);
  } catch (error) {
    connection.pending.cancel(opaque, error);
  }
  const answer = await waiting;
  const address = form.address ?? connection.remoteAddress;
  for (const hook of form.hooks ?? []) hook.afterResponse?.(address, command, answer);
  return {
    code: answer.code,
    remark: answer.remark,
    header: responseHeader(row, answer),
    extFields: answer.extFields ?? NO_FIELDS,
    body: answer.body ?? NO_BODY,
    version: answer.version,
    address,
  };
}

export function sendOver<R extends RequestRow>(
  connection: RemotingConnection,
  row: R,
  header: RequestHeader<R>,
  options: InvokeOptions,
  form: RequestForm,
): void {
  connection.send(commandOf(row, header, options, form, connection.pending.takeOpaque(), FLAG_ONEWAY));
}

function commandOf<R extends RequestRow>(
  row: R,
  header: RequestHeader<R>,
  options: InvokeOptions,
  form: RequestForm,
  opaque: number,
  flag: number,
): RemotingCommand {
  const extFields = encodeHeader(row.request.header, header as never);
  if (options.extFields !== undefined) for (const [name, value] of Object.entries(options.extFields)) extFields.set(name, value);
  const command: RemotingCommand = {
    code: row.code,
    language: form.language,
    version: form.version,
    opaque,
    flag,
    remark: options.remark,
    extFields,
    body: options.body !== undefined && options.body.length > 0 ? options.body : undefined,
    serializeType: form.serializeType,
  };
  for (const hook of form.hooks ?? []) hook.beforeRequest?.(form.address ?? '', command);
  return command;
}

/** Undefined when the answer does not carry the mandatory fields: refusals have none. */
function responseHeader<R extends RequestRow>(row: R, answer: RemotingCommand): ResponseHeader<R> | undefined {
  try {
    return decodeHeader(row.name, row.response.header, answer.extFields) as ResponseHeader<R>;
  } catch (error) {
    if (error instanceof HeaderDecodeError) return undefined;
    throw error;
  }
}
