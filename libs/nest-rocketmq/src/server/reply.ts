// Shapes of answers, so that a handler reads as what it says. Must never send anything.
import type { RequestRow, ResponseCodeName, ResponseHeader } from 'rocketmq-core/protocol';
import type { Reply } from 'rocketmq-core/remoting';

export interface ReplyExtra {
  body?: Uint8Array | undefined;
  remark?: string | undefined;
  /** Loose fields that no header declares. */
  extFields?: Readonly<Record<string, string>> | undefined;
}

/** The answer SUCCESS. An empty header object is present on the wire as empty extFields, an absent one is not. */
export function reply<R extends RequestRow>(header?: ResponseHeader<R>, extra: ReplyExtra = {}): Reply<R> {
  return { code: 'SUCCESS', header, ...extra };
}

/** Any other answer, with the sentence its reader gets. */
export function fail<R extends RequestRow>(
  code: ResponseCodeName | number,
  remark: string,
  extra: Omit<ReplyExtra, 'remark'> = {},
): Reply<R> {
  return { code, remark, ...extra };
}
