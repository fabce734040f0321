// Adds one entry to a list of a Nest module's decorator, with its import, and leaves the rest of the text as it is. Must never guess: a list
// that is no literal is left to its author.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as TypeScript from 'typescript';

export interface ModuleEntry {
  readonly list: 'imports' | 'providers';
  /** What is added to the list. */
  readonly expression: string;
  /** What is imported for it. */
  readonly symbol: string;
  readonly from: string;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** The text with the entry at the end of its list; the same text when it is there; undefined when there is no list to add to. */
export function addToModule(text: string, entry: ModuleEntry): string | undefined {
  // The compiler of the application: an application with TypeScript sources has one.
  const ts = createRequire(join(process.cwd(), 'package.json'))('typescript') as typeof TypeScript;
  const file = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true);
  const metadata = moduleMetadata(ts, file);
  if (metadata === undefined) return undefined;
  const insertion = entryInsertion(ts, text, metadata, entry);
  if (insertion === 'no list') return undefined;
  if (insertion === 'there') return text;
  // The import stands above the class: the later place is changed first.
  return [insertion, importInsertion(ts, file, entry)].reduce(
    (edited, { at, text: added }) => edited.slice(0, at) + added + edited.slice(at),
    text,
  );
}

function moduleMetadata(ts: typeof TypeScript, file: TypeScript.SourceFile): TypeScript.ObjectLiteralExpression | undefined {
  for (const statement of file.statements) {
    if (!ts.isClassDeclaration(statement)) continue;
    for (const { expression } of ts.getDecorators(statement) ?? []) {
      if (!ts.isCallExpression(expression) || expression.expression.getText() !== 'Module') continue;
      const [argument] = expression.arguments;
      if (argument !== undefined && ts.isObjectLiteralExpression(argument)) return argument;
    }
  }
  return undefined;
}

function entryInsertion(
  ts: typeof TypeScript,
  text: string,
  metadata: TypeScript.ObjectLiteralExpression,
  { list, expression, symbol }: ModuleEntry,
): Insertion | 'there' | 'no list' {
  const property = metadata.properties.find((member) => member.name?.getText().replaceAll(/['"]/g, '') === list);
  if (property === undefined) {
    const last = metadata.properties.at(-1);
    if (last === undefined) return { at: metadata.getEnd() - 1, text: `\n  ${list}: [${expression}],\n` };
    return { at: last.getEnd(), text: `,${gapBefore(text, last)}${list}: [${expression}]` };
  }
  if (!ts.isPropertyAssignment(property) || !ts.isArrayLiteralExpression(property.initializer)) return 'no list';
  const { elements } = property.initializer;
  if (elements.some((element) => new RegExp(`^${symbol}\\b`).test(element.getText()))) return 'there';
  const last = elements.at(-1);
  if (last === undefined) return { at: property.initializer.getEnd() - 1, text: expression };
  return { at: last.getEnd(), text: `,${gapBefore(text, last)}${expression}` };
}

/** A line break with its indentation where the node begins a line, a blank otherwise. */
function gapBefore(text: string, node: TypeScript.Node): string {
  return /\r?\n[ \t]*$/.exec(text.slice(0, node.getStart()))?.[0] ?? ' ';
}

function importInsertion(ts: typeof TypeScript, file: TypeScript.SourceFile, { symbol, from }: ModuleEntry): Insertion {
  const imports = file.statements.filter((statement) => ts.isImportDeclaration(statement));
  const names = imports.flatMap(({ importClause }) => importClause?.namedBindings?.getText() ?? []);
  if (names.some((list) => new RegExp(`\\b${symbol}\\b`).test(list))) return { at: 0, text: '' };
  const line = `import { ${symbol} } from '${from}';`;
  const last = imports.at(-1);
  return last === undefined ? { at: 0, text: `${line}\n` } : { at: last.getEnd(), text: `\n${line}` };
}
