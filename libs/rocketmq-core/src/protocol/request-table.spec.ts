import { REQUEST_TABLE, requestName, RETIRED_CODES } from './request-table.js';
import { SEND_BATCH_MESSAGE, SEND_MESSAGE, SEND_MESSAGE_V2 } from './requests/send.js';

describe('REQUEST_TABLE', () => {
  const rows = [...REQUEST_TABLE.values()];

  it('is ordered by code and names every request once', () => {
    const codes = rows.map(({ code }) => code);
    expect(codes).toEqual(codes.toSorted((a, b) => a - b));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(codes.filter((code) => RETIRED_CODES.has(code))).toEqual([]);
  });

  it('gives no two fields of one header the same name on the wire', () => {
    for (const { name, request, response } of rows) {
      for (const header of [request.header, response.header]) {
        const names = Object.entries(header).map(([field, { wire }]) => wire ?? field);
        expect({ name, twice: names.filter((each, i) => names.indexOf(each) !== i) }).toEqual({ name, twice: [] });
      }
    }
  });

  it('keeps pulls, and what POP consumers wait for, off the VIP port and nothing else', () => {
    expect(rows.filter(({ ports }) => !ports.includes('fast')).map(({ code }) => code)).toEqual([11, 361, 200050, 200052, 200054, 200055]);
    expect(rows.every(({ ports }) => ports.includes('main'))).toBe(true);
  });

  it('gives what a broker asks of clients the lane of clients', () => {
    const asked = rows.filter(({ servedBy }) => servedBy.includes('client'));
    expect(asked.map(({ code }) => code)).toEqual([39, 40, 220, 221, 307, 309, 326]);
    expect(asked.every(({ lane }) => lane === 'client')).toBe(true);
  });

  it('writes V2 and batch sends with the fields of V1 under other names', () => {
    for (const row of [SEND_MESSAGE_V2, SEND_BATCH_MESSAGE]) {
      expect(Object.keys(row.request.header)).toEqual(Object.keys(SEND_MESSAGE.request.header));
      const { producerGroup, properties, batch, brokerName } = row.request.header;
      expect([producerGroup.wire, properties.wire, batch.wire, brokerName.wire]).toEqual(['a', 'i', 'm', 'n']);
      expect(row.response).toBe(SEND_MESSAGE.response);
    }
  });

  it('names codes, also those without a row', () => {
    expect(requestName(310)).toBe('SEND_MESSAGE_V2');
    expect(requestName(9999)).toBe('9999');
  });
});
