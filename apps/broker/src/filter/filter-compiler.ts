// Compiles filter texts once and keeps what came of it, broken ones too: a client that pulls with a broken text does so again and again.
// Must never hold more than CACHED_FILTERS_MAX of them.
import { type RocketMQError } from 'rocketmq-core/errors';
import { compileSql, type SqlExpression } from 'rocketmq-core/filter';

/** Compiled or refused texts kept; Apache keeps 100. */
export const CACHED_FILTERS_MAX = 256;

/** A text that does not compile: what its sender has to read. */
export interface BrokenFilter {
  readonly broken: string;
}

export function isBroken(filter: SqlExpression | BrokenFilter): filter is BrokenFilter {
  return 'broken' in filter;
}

export class FilterCompiler {
  private readonly known = new Map<string, SqlExpression | BrokenFilter>();

  compile(expressionType: string, text: string): SqlExpression | BrokenFilter {
    if (expressionType !== 'SQL92') return { broken: `expression type "${expressionType}" is unknown: it is TAG or SQL92` };
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const compiled = compile(text);
    // The oldest goes first: Map keeps the order of insertion.
    if (this.known.size >= CACHED_FILTERS_MAX) this.known.delete(this.known.keys().next().value!);
    this.known.set(text, compiled);
    return compiled;
  }

  get size(): number {
    return this.known.size;
  }
}

function compile(text: string): SqlExpression | BrokenFilter {
  try {
    return compileSql(text);
  } catch (error) {
    return { broken: (error as RocketMQError).message };
  }
}
