// Every request this product knows, assembled from the families. Must never hold a row of its own.
import type { RequestRow } from './define-request.js';
import * as admin from './requests/admin.js';
import * as client from './requests/client.js';
import * as consumerAdmin from './requests/consumer-admin.js';
import * as namesrvBroker from './requests/namesrv-broker.js';
import * as namesrvKv from './requests/namesrv-kv.js';
import * as namesrvRoute from './requests/namesrv-route.js';
import * as offset from './requests/offset.js';
import * as pop from './requests/pop.js';
import * as pull from './requests/pull.js';
import * as recall from './requests/recall.js';
import * as reply from './requests/reply.js';
import * as send from './requests/send.js';
import * as transaction from './requests/transaction.js';

/** Codes that meant something once; never used again. */
export const RETIRED_CODES: ReadonlyMap<number, string> = new Map([[27, 'TRIGGER_DELETE_FILES']]);

function assemble(families: ReadonlyArray<Readonly<Record<string, unknown>>>): ReadonlyMap<number, RequestRow> {
  const table = new Map<number, RequestRow>();
  for (const family of families) {
    for (const [name, value] of Object.entries(family)) {
      const row = value as RequestRow;
      if (row.name !== name) throw new Error(`request row ${name} calls itself ${row.name}`);
      const other = table.get(row.code);
      if (other !== undefined) throw new Error(`request code ${row.code} is used by ${other.name} and ${row.name}`);
      if (RETIRED_CODES.has(row.code)) throw new Error(`request code ${row.code} is retired`);
      table.set(row.code, row);
    }
  }
  return new Map([...table].toSorted(([a], [b]) => a - b));
}

/** Rows by code, ascending. */
export const REQUEST_TABLE = assemble([
  admin,
  client,
  consumerAdmin,
  namesrvBroker,
  namesrvKv,
  namesrvRoute,
  offset,
  pop,
  pull,
  recall,
  reply,
  send,
  transaction,
]);

/** `SEND_MESSAGE_V2`, or the number as text for a code without a row. */
export function requestName(code: number): string {
  return REQUEST_TABLE.get(code)?.name ?? String(code);
}
