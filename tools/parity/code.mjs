// What the sources of nest-rocketmq declare: members of interfaces and classes with their comments, defaults, names of the public door.
// Must never run the code or trust a table: it reads the sources alone, without type checking, so that it takes no time.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const isSource = (name) => name.endsWith('.ts') && !/\.(spec|types-test)\.ts$/.test(name);

/** Reads every source below `folder`; `door` is the file whose exports are public. */
export function readCode(root, folder, door) {
  const declarations = new Map();
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(isSource)) {
    for (const statement of parse(join(root, folder, name)).statements) {
      for (const [declared, node] of named(statement)) declarations.set(declared, node);
    }
  }
  return new Code(declarations, exportsOf(parse(join(root, door))));
}

const parse = (path) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);

function* named(statement) {
  if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    if (statement.name !== undefined) yield [`type ${statement.name.text}`, statement];
  } else if (ts.isVariableStatement(statement)) {
    for (const one of statement.declarationList.declarations) if (ts.isIdentifier(one.name)) yield [`const ${one.name.text}`, one];
  }
}

function exportsOf(door) {
  const names = new Set();
  for (const statement of door.statements) {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
    for (const { name } of statement.exportClause.elements) names.add(name.text);
  }
  return names;
}

class Code {
  constructor(declarations, exported) {
    this.declarations = declarations;
    this.exported = exported;
  }

  isExported(name) {
    return this.exported.has(name);
  }

  /** Public members by name, inherited ones too: `{ doc }`. Throws for a type nobody declares. */
  membersOf(typeName) {
    const node = this.declarations.get(`type ${typeName}`);
    if (node === undefined) throw new Error(`no type ${typeName} in the sources`);
    return ts.isTypeAliasDeclaration(node) ? this.ofType(node.type) : this.ofDeclaration(node);
  }

  has(typeName) {
    return this.declarations.has(`type ${typeName}`);
  }

  /** The literal values of `const name = { ... }`. */
  valuesOf(constName) {
    let value = this.declarations.get(`const ${constName}`)?.initializer;
    while (value !== undefined && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
    if (value === undefined || !ts.isObjectLiteralExpression(value)) throw new Error(`no object ${constName} in the sources`);
    return new Map(
      value.properties.map((property) => [property.name.getText(), property.initializer.getText().replaceAll(/'|(?<=\d)_(?=\d)/g, '')]),
    );
  }

  ofDeclaration(node) {
    const members = new Map();
    for (const clause of node.heritageClauses ?? []) {
      if (ts.isClassDeclaration(node) && clause.token === ts.SyntaxKind.ImplementsKeyword) continue;
      for (const type of clause.types) for (const [name, member] of this.ofType(type)) members.set(name, member);
    }
    for (const member of node.members) {
      const name = member.name !== undefined && ts.isIdentifier(member.name) ? member.name.text : undefined;
      if (name === undefined || isHidden(member)) continue;
      const doc = docOf(member);
      if (doc !== '' || !members.has(name)) members.set(name, { doc });
    }
    return members;
  }

  /** `X`, `Omit<X, 'a' | 'b'>`, `Pick<X, 'a'>`, `Partial<X>` and intersections of them; a type from elsewhere has none. */
  ofType(type) {
    if (ts.isIntersectionTypeNode(type)) return new Map(type.types.flatMap((each) => [...this.ofType(each)]));
    const name = (type.typeName ?? type.expression)?.getText();
    const [first, second] = type.typeArguments ?? [];
    if (name === 'Partial') return this.ofType(first);
    if (name === 'Omit' || name === 'Pick') {
      const chosen = new Set([...second.getText().matchAll(/'(\w+)'/g)].map((match) => match[1]));
      return new Map([...this.ofType(first)].filter(([member]) => chosen.has(member) === (name === 'Pick')));
    }
    return this.has(name) ? this.membersOf(name) : new Map();
  }
}

function isHidden(member) {
  const flags = ts.getCombinedModifierFlags(member);
  return (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
}

const docOf = (node) =>
  ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => (typeof comment === 'string' ? comment : ''))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
