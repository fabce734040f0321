// Everything the demo prints. Must never decide whether a story went well: it counts what it is told.

export class Printer {
  private failures = 0;

  constructor(private readonly write: (line: string) => void) {}

  get failed(): number {
    return this.failures;
  }

  title(text: string): void {
    this.write('');
    this.write(text);
    this.write('='.repeat(text.length));
  }

  step(text: string): void {
    this.write('');
    this.write(`> ${text}`);
  }

  line(text: string): void {
    this.write(`  ${text}`);
  }

  table(rows: ReadonlyArray<Readonly<Record<string, string | number>>>): void {
    if (rows.length === 0) return this.line('(nothing)');
    const columns = Object.keys(rows[0]!);
    const widthOf = (column: string): number => Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length));
    const isNumeric = (column: string): boolean => rows.every((row) => typeof row[column] === 'number');
    const cell = (column: string, text: string): string =>
      isNumeric(column) ? text.padStart(widthOf(column)) : text.padEnd(widthOf(column));
    this.line(columns.map((column) => cell(column, column)).join('  '));
    for (const row of rows) this.line(columns.map((column) => cell(column, String(row[column] ?? ''))).join('  '));
  }

  /** A statement the demo makes about what happened. */
  check(statement: string, holds: boolean, otherwise = ''): void {
    if (!holds) this.failures++;
    this.line(`${holds ? 'ok  ' : 'FAIL'}  ${statement}${holds || otherwise === '' ? '' : `: ${otherwise}`}`);
  }
}
