// Reads what a package promises to compilers: every exported name of a door with its signature, and the types those name without exporting.
// Must never show what users cannot reach: private members and comments.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** Packages whose doors are promises, by folder; of the core's layers only the main door is one. */
const PACKAGES = [
  { directory: 'libs/rocketmq-core', doors: ['.'] },
  { directory: 'libs/nest-rocketmq' },
  { directory: 'libs/rocketmq-embedded' },
];
/** For our own servers, not for applications. */
const NO_PROMISE = new Set(['nest-rocketmq/server']);

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** Every written door: `{ specifier, package, door, file }`. */
export function doors(root) {
  return PACKAGES.flatMap(({ directory, doors: wanted }) => {
    const path = join(root, directory, 'package.json');
    if (!existsSync(path)) return [];
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    return Object.entries(manifest.exports)
      .filter(([door, target]) => typeof target?.import?.types === 'string' && !door.includes('*') && (wanted?.includes(door) ?? true))
      .map(([door, target]) => ({
        specifier: `${manifest.name}${door.slice(1)}`,
        package: manifest.name,
        door: door === '.' ? 'index' : door.slice(2),
        file: join(root, directory, target.import.types),
      }))
      .filter(({ specifier, file }) => !NO_PROMISE.has(specifier) && ts.sys.fileExists(file));
  });
}

/** Removes what no user can call. */
function withoutPrivates(node) {
  const isPrivate = (member) =>
    (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
    ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
  if (!ts.isClassDeclaration(node)) return node;
  const members = node.members.filter((member) => !isPrivate(member) || ts.isConstructorDeclaration(member));
  return ts.factory.updateClassDeclaration(node, node.modifiers, node.name, node.typeParameters, node.heritageClauses, members);
}

/** A variable is declared inside a statement, and its words are the statement's. */
const printable = (declaration) => (ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration);

function print(declaration) {
  const node = withoutPrivates(printable(declaration));
  const text = printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
  return text.replace(/^export default /, '').replace(/^(?:export |declare )+/, '');
}

export class Surface {
  constructor(root) {
    this.root = root;
    this.doors = doors(root);
    this.program = ts.createProgram(
      this.doors.map(({ file }) => file),
      {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2023,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
      },
    );
    this.checker = this.program.getTypeChecker();
  }

  resolve(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The package of this repository that declares a symbol: `libs/nest-rocketmq`; undefined for all others. */
  home(symbol) {
    const file = symbol.declarations?.[0]?.getSourceFile().fileName;
    return file === undefined ? undefined : /^((?:libs|apps)\/[\w-]+)\/dist\//.exec(relative(this.root, file).replaceAll('\\', '/'))?.[1];
  }

  /** `{ exported, reached }`: two sorted lists of `{ name, text, nodes }`. */
  read(door) {
    const module = this.checker.getSymbolAtLocation(this.program.getSourceFile(door.file));
    const own = relative(this.root, door.file).split(/[\\/]/).slice(0, 2).join('/');
    const exported = this.checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, symbol: this.resolve(symbol) }));
    const seen = new Set(exported.map(({ symbol }) => symbol));
    const reached = [];
    const queue = exported.map(({ symbol }) => symbol);
    for (let symbol = queue.shift(); symbol !== undefined; symbol = queue.shift()) {
      if (this.home(symbol) !== own) continue;
      for (const next of this.named(symbol)) {
        if (seen.has(next) || this.home(next) !== own) continue;
        seen.add(next);
        reached.push({ name: next.name, symbol: next });
        queue.push(next);
      }
    }
    const entry = ({ name, symbol }) => this.entry(name, symbol, own);
    const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.text < b.text ? -1 : 1);
    return { exported: exported.map(entry).toSorted(byName), reached: reached.map(entry).toSorted(byName) };
  }

  entry(name, symbol, own) {
    const declarations = symbol.declarations ?? [];
    const home = this.home(symbol);
    if (home !== own) return { name, text: `${name}: of ${home ?? 'another package'}`, nodes: [] };
    const text = declarations.map(print).join('\n');
    return { name, text: symbol.name === name ? text : `// exported as ${name}\n${text}`, nodes: declarations.map((node) => withoutPrivates(printable(node))) };
  }

  /** The types of this repository that the declarations of a symbol name. */
  named(symbol) {
    const found = new Set();
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const named = this.checker.getSymbolAtLocation(node);
        const target = named && this.resolve(named);
        const declaration = target?.declarations?.[0];
        if (declaration && (ts.isSourceFile(declaration.parent) || ts.isVariableDeclaration(declaration))) found.add(target);
      }
      ts.forEachChild(node, visit);
    };
    for (const declaration of symbol.declarations ?? []) {
      const node = printable(declaration);
      ts.forEachChild(ts.isClassDeclaration(node) ? withoutPrivates(node) : node, visit);
    }
    return found;
  }
}

/** Every `any` an entry shows, as `name: signature`. */
export function anyIn({ name, nodes }) {
  const found = [];
  const visit = (node, member) => {
    const here = ts.isClassElement(node) || ts.isTypeElement(node) ? `${name}.${node.name?.getText() ?? 'constructor'}` : member;
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(here);
    ts.forEachChild(node, (child) => visit(child, here));
  };
  for (const node of nodes) visit(node, name);
  return found;
}
