// Reads every TypeScript source of the repository once and says what it imports and how long it and its functions are.
// Must never judge: the rules do that.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const ROOTS = ['libs', 'apps', 'test', 'bench', 'tools'];
const SKIP = new Set(['node_modules', 'dist', 'golden', 'java']);

/** Package doors: bare import -> folder whose index.ts it means. */
const DOORS = [
  [/^rocketmq-core$/, () => 'libs/rocketmq-core/src/index.ts'],
  [/^rocketmq-core\/([\w-]+)$/, (m) => `libs/rocketmq-core/src/${m[1]}/index.ts`],
  [/^nest-rocketmq$/, () => 'libs/nest-rocketmq/src/index.ts'],
  [/^nest-rocketmq\/([\w-]+)$/, (m) => `libs/nest-rocketmq/src/${m[1]}/index.ts`],
  [/^rocketmq-embedded$/, () => 'libs/rocketmq-embedded/src/index.ts'],
  [/^@nest-rocketmq\/([\w-]+)$/, (m) => `apps/${m[1]}/src/index.ts`],
];

function* walk(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (SKIP.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (/\.(ts|mts)$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path;
  }
}

function target(from, specifier) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier).replace(/\.js$/, '.ts');
  for (const [pattern, place] of DOORS) {
    const match = pattern.exec(specifier);
    if (match) return place(match);
  }
  return undefined;
}

function functionName(node) {
  const own = node.name?.getText();
  if (own) return own;
  const parent = node.parent;
  if (parent && (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)))
    return parent.name.getText();
  return '(anonymous)';
}

function readSource(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const lineOf = (pos) => file.getLineAndCharacterOfPosition(pos).line + 1;
  const source = { path, text, lines: lineOf(text.length), imports: [], bare: [], functions: [], found: [] };
  const note = (what, node) => source.found.push({ what, line: lineOf(node.getStart()) });
  const onImport = (literal) => {
    const specifier = literal.text;
    const to = target(path, specifier);
    if (to) source.imports.push({ to, specifier, line: lineOf(literal.getStart()) });
    else source.bare.push({ specifier, line: lineOf(literal.getStart()) });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) onImport(node.moduleSpecifier);
    if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) onImport(node.moduleSpecifier);
      if (!node.exportClause) note('export *', node);
    }
    if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      node.arguments[0] &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      onImport(node.arguments[0]);
    }
    if (ts.isEnumDeclaration(node)) note('enum', node);
    if (node.kind === ts.SyntaxKind.AnyKeyword) note('any', node);
    if (ts.isPropertyAccessExpression(node)) {
      const full = node.getText();
      if (full === 'Date.now' || full === 'performance.now' || full === 'process.hrtime') note(full, node);
      if (/^console\.\w+$/.test(full)) note('console', node);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) note('new Date()', node);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const called = node.expression.text;
      if (['setTimeout', 'setInterval', 'setImmediate'].includes(called)) note(called, node);
    }
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'process.env' && node.name.text === 'NODE_ENV')
      note('NODE_ENV', node);
    if (ts.isFunctionLike(node) && node.body) {
      source.functions.push({
        name: functionName(node),
        line: lineOf(node.getStart()),
        lines: lineOf(node.end) - lineOf(node.getStart()) + 1,
      });
    }
    if (ts.isClassDeclaration(node)) {
      const isPublic = (member) =>
        !ts.getModifiers(member)?.some((m) => m.kind === ts.SyntaxKind.PrivateKeyword || m.kind === ts.SyntaxKind.ProtectedKeyword);
      const methods = node.members.filter((member) => ts.isMethodDeclaration(member) && member.body && isPublic(member)).length;
      source.classes ??= [];
      source.classes.push({ name: node.name?.text ?? '(anonymous)', line: lineOf(node.getStart()), methods });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return source;
}

/** Every source, by repository path. */
export function readSources(root) {
  const sources = new Map();
  for (const top of ROOTS) {
    for (const path of walk(join(root, top))) {
      const name = relative(root, resolve(path));
      sources.set(name, readSource(root, name));
    }
  }
  return sources;
}
