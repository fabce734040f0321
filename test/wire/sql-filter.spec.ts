// Every row of the captured SQL92 table: the outcome Java 5.5.0 has for an expression and properties is ours.
import { compileSql, type SqlOutcome } from 'rocketmq-core/filter';
import { goldenData } from '../support/golden-data.js';

interface SqlRow {
  readonly expression: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly result: boolean | null | 'parse-error' | 'eval-error';
  readonly matches?: boolean;
}

const { sql92: rows } = goldenData<{ sql92: SqlRow[] }>('values');

function outcomeOf({ expression, properties }: SqlRow): SqlOutcome | 'parse-error' {
  let compiled;
  try {
    compiled = compileSql(expression);
  } catch {
    return 'parse-error';
  }
  const given = new Map(Object.entries(properties));
  expect(compiled.matches(given)).toBe(compiled.evaluate(given) === true);
  return compiled.evaluate(given);
}

describe('SQL92 filters', () => {
  it('has the whole table', () => expect(rows).toHaveLength(442));

  it.each(rows.map((row) => [row.expression, JSON.stringify(row.properties), row] as const))('%j with %s', (_sql, _given, row) => {
    expect(outcomeOf(row)).toBe(row.result === 'eval-error' ? 'error' : row.result);
    if (row.matches !== undefined) expect(outcomeOf(row) === true).toBe(row.matches);
  });
});
