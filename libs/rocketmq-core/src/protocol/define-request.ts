// A request is declared once: code, header, body, server side, lane. Codec, client, dispatcher, authoriser, metrics and docs read the row (D1).
import type { HeaderOf, HeaderSchema } from './header-schema.js';
import type { ResponseCodeName } from './response-code.js';

/** Who answers a request: a name server, a broker, or a client called by a broker. */
export type Server = 'namesrv' | 'broker' | 'client';

/** Named, bounded admission queues; Java's thread pools. */
export type LaneName =
  | 'send'
  | 'pull'
  | 'litePull'
  | 'ack'
  | 'reply'
  | 'query'
  | 'heartbeat'
  | 'clientManage'
  | 'consumerManage'
  | 'endTransaction'
  | 'loadBalance'
  | 'admin'
  | 'route'
  | 'client';

/** What an authoriser asks for. */
export type Action = 'PUB' | 'SUB' | 'GET' | 'LIST' | 'CREATE' | 'UPDATE' | 'DELETE' | 'NONE';

export interface RequestRow<Req extends HeaderSchema = HeaderSchema, Res extends HeaderSchema = HeaderSchema> {
  readonly code: number;
  /** Java's constant name. */
  readonly name: string;
  readonly family: string;
  readonly servedBy: readonly Server[];
  /** Broker ports that take it; the VIP ('fast') port takes all but pulls. */
  readonly ports: ReadonlyArray<'main' | 'fast'>;
  readonly lane: LaneName;
  /** 'oneWay': the sender normally expects no answer; a two-way frame is still answered. */
  readonly mode: 'twoWay' | 'oneWay';
  readonly action: Action;
  /** The Java header class, '' where Java has none. */
  readonly java: string;
  readonly about: string;
  readonly request: { readonly header: Req; readonly body: BodyKind };
  readonly response: { readonly header: Res; readonly body: BodyKind; readonly codes: readonly ResponseCodeName[] };
}

/** What a body holds; the reader and writer live in protocol/body. */
export type BodyKind = 'none' | 'json' | 'records' | 'batch' | 'message' | 'properties' | 'binary';

export type RequestHeader<R extends RequestRow> = R extends RequestRow<infer Req, HeaderSchema> ? HeaderOf<Req> : never;
export type ResponseHeader<R extends RequestRow> = R extends RequestRow<HeaderSchema, infer Res> ? HeaderOf<Res> : never;

type RowDefaults = 'ports' | 'lane' | 'mode' | 'action' | 'java' | 'request' | 'response';
type RowInput<Req extends HeaderSchema, Res extends HeaderSchema> = Omit<RequestRow<Req, Res>, RowDefaults> &
  Partial<Pick<RequestRow<Req, Res>, 'ports' | 'lane' | 'mode' | 'action' | 'java'>> & {
    request?: { header?: Req; body?: BodyKind };
    response?: { header?: Res; body?: BodyKind; codes?: readonly ResponseCodeName[] };
  };

/** Declares one request. Defaults: both ports, lane 'admin', two-way, action 'NONE', empty headers, no bodies, answers SUCCESS or SYSTEM_ERROR. */
export function defineRequest<const Req extends HeaderSchema = Record<never, never>, const Res extends HeaderSchema = Record<never, never>>(
  input: RowInput<Req, Res>,
): RequestRow<Req, Res> {
  return Object.freeze({
    code: input.code,
    name: input.name,
    family: input.family,
    servedBy: input.servedBy,
    ports: input.ports ?? (['main', 'fast'] as const),
    lane: input.lane ?? 'admin',
    mode: input.mode ?? 'twoWay',
    action: input.action ?? 'NONE',
    java: input.java ?? '',
    about: input.about,
    request: { header: input.request?.header ?? ({} as Req), body: input.request?.body ?? 'none' },
    response: {
      header: input.response?.header ?? ({} as Res),
      body: input.response?.body ?? 'none',
      codes: input.response?.codes ?? (['SUCCESS', 'SYSTEM_ERROR'] as const),
    },
  });
}

/** The same request under another code and with other wire names (SEND_MESSAGE_V2): never a second list of fields. */
export function aliasOf<Req extends HeaderSchema, Res extends HeaderSchema>(
  row: RequestRow<Req, Res>,
  change: { code: number; name: string; java: string; about: string; wireNames: Partial<Record<keyof Req, string>> },
): RequestRow<Req, Res> {
  const header = Object.fromEntries(
    Object.entries(row.request.header).map(([key, field]) => [key, { ...field, wire: change.wireNames[key as keyof Req] ?? field.wire }]),
  ) as Req;
  return Object.freeze({
    ...row,
    code: change.code,
    name: change.name,
    java: change.java,
    about: change.about,
    request: { ...row.request, header },
  });
}
