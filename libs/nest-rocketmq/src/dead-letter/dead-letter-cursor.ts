// Where a list of dead letters goes on, as text a page of an application can carry. Pure.
import { IllegalMessageError } from 'rocketmq-core/errors';

/** Next offset by `broker/queueId`. */
export type Positions = ReadonlyMap<string, number>;

export function writeCursor(positions: Positions): string {
  return Buffer.from(JSON.stringify(Object.fromEntries(positions))).toString('base64url');
}

/** Throws IllegalMessageError for text no list has given. */
export function readCursor(cursor: string): Positions {
  try {
    const entries = Object.entries(JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, unknown>);
    if (entries.every((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && Number(entry[1]) >= 0))
      return new Map(entries);
  } catch {
    // Said below.
  }
  throw new IllegalMessageError('the cursor is none that list() has given');
}
