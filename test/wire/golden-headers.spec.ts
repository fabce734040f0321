// Every header captured for a request we know fits its row, and what the row writes is what was captured.
import { GOLDEN_FAMILIES, goldenExchanges } from '../support/golden-exchanges.js';
import { decodeHeader, encodeHeader, HeaderDecodeError, type HeaderSchema, REQUEST_TABLE } from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';

/** Fields that hooks add to any request, and fields of answers that no Java header class declares. */
const LOOSE = new Set([
  'AccessKey',
  'Signature',
  'SecurityToken',
  'ReqT',
  'MSG_REGION',
  'TRACE_ON',
  'IS_SUPPORT_HEART_BEAT_V2',
  'IS_SUB_CHANGE',
]);
const SUCCESS = 0;
const SYSTEM_ERROR = 1;
const TOPIC_NOT_EXIST = 17;

interface Captured {
  name: string;
  label: string;
  schema: HeaderSchema;
  fields: Map<string, string>;
}

const captured: Captured[] = [];
const badRequests: Array<Captured & { answer: number | undefined }> = [];
for (const family of GOLDEN_FAMILIES) {
  for (const { name, code, madeBy, requestHex, responseHex } of goldenExchanges(family)) {
    const row = REQUEST_TABLE.get(code);
    if (row === undefined) continue;
    const fields = decodeCommand(Buffer.from(requestHex, 'hex')).extFields ?? new Map<string, string>();
    const request = { name: row.name, label: `${family}: ${name}, request`, schema: row.request.header, fields };
    if (isBad(name, madeBy)) {
      badRequests.push({ ...request, answer: responseHex === null ? undefined : decodeCommand(Buffer.from(responseHex, 'hex')).code });
      continue;
    }
    captured.push(request);
    if (responseHex === null) continue;
    const response = decodeCommand(Buffer.from(responseHex, 'hex'));
    if (response.code !== SUCCESS) continue;
    captured.push({
      name: row.name,
      label: `${family}: ${name}, response`,
      schema: row.response.header,
      fields: response.extFields ?? new Map<string, string>(),
    });
  }
}

/** Requests made by hand to see what a Java broker says to a header that does not fit. */
function isBad(name: string, madeBy: string): boolean {
  return (
    madeBy.startsWith('hand-written') &&
    /err-(send|pull)-(bad-number|missing-field)|no-topic-field|^send-batch-message \/ send-bcq/.test(name)
  );
}

describe('captured headers', () => {
  it.each(captured)('$label', ({ name, schema, fields }) => {
    const known = new Map([...fields].filter(([field]) => !LOOSE.has(field)));
    const header = decodeHeader(name, schema, fields);
    expect(Object.fromEntries(encodeHeader(schema, header))).toEqual(Object.fromEntries(known));
  });

  it.each(badRequests)('refuses $label, as Java does', ({ name, schema, fields, answer }) => {
    expect(() => decodeHeader(name, schema, fields)).toThrow(HeaderDecodeError);
    // A route request without a topic is looked up as topic "null" there.
    expect(answer).toBe(name === 'GET_ROUTEINFO_BY_TOPIC' ? TOPIC_NOT_EXIST : SYSTEM_ERROR);
  });

  it('cover most requests of the table', () => {
    const seen = new Set(captured.map(({ name }) => name));
    const unseen = [...REQUEST_TABLE.values()].map(({ name }) => name).filter((name) => !seen.has(name));
    // 324: Java sends 325 always.
    expect(unseen).toEqual(['SEND_REPLY_MESSAGE']);
  });
});
