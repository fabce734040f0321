// A decision not to serve a request, as a value: response code and the sentence its sender reads. Checks return it, processors answer it.
import type { ResponseCodeName } from 'rocketmq-core/protocol';

export interface Refusal {
  readonly refused: true;
  readonly code: ResponseCodeName;
  readonly remark: string;
  /** Loose answer fields, such as forbiddenType. */
  readonly extFields?: Readonly<Record<string, string>>;
}

export function refuse(code: ResponseCodeName, remark: string, extFields?: Readonly<Record<string, string>>): Refusal {
  return extFields === undefined ? { refused: true, code, remark } : { refused: true, code, remark, extFields };
}

export function isRefusal(value: object): value is Refusal {
  return (value as Partial<Refusal>).refused === true;
}
