// Where a generated class stands, what it is called, and how it gets into the nearest module: by the rules of Nest's own generators.
// Must never write over a file that is there.
import { posix } from 'node:path';
import { addToModule } from './module-editor.js';
import { importSuffix, readText, type SchematicContext, type Tree } from './tree.js';

/** The options that `nest generate` passes to every schematic. */
export interface ElementOptions {
  /** `orders`, or with folders `billing/orders`. */
  name: string;
  /** Folder below the source root. */
  path?: string;
  /** Default `src`. */
  sourceRoot?: string;
  /** Default false: the files get a folder of their own. */
  flat?: boolean;
  /** Default true. */
  spec?: boolean;
  /** Default `spec`. */
  specFileSuffix?: string;
  /** Default false: the class is added to the providers of the nearest module. */
  skipImport?: boolean;
  /** Default `ts`; nothing else is written. */
  language?: string;
}

export interface Element {
  /** `orders`. */
  readonly name: string;
  /** `Orders`. */
  readonly className: string;
  readonly directory: string;
  /** File without its extension: `orders.listener`. */
  readonly file: string;
}

const CONFIGURATION = ['nest-cli.json', 'nest.json', 'tsconfig.json', 'package.json'];

const kebab = (text: string): string =>
  text
    .trim()
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[\s_]+/g, '-');

const classify = (text: string): string =>
  text
    .split(/[^a-zA-Z\d]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

export function locate(tree: Tree, options: ElementOptions, kind: string): Element {
  if (options.language !== undefined && options.language !== 'ts')
    throw new Error(`nest-rocketmq generates TypeScript, not ${options.language}: its decorators need it.`);
  const name = kebab(posix.basename(options.name));
  if (!/^[a-z]/.test(name)) throw new Error(`"${options.name}" is no name for a class: begin with a letter.`);
  const inRoot = CONFIGURATION.some((file) => tree.exists(file));
  const base = inRoot ? (options.sourceRoot ?? 'src') : '.';
  const folder = posix.join(base, kebab(options.path ?? ''), kebab(posix.dirname(options.name)));
  const directory = options.flat === true ? folder : posix.join(folder, name);
  return { name, className: classify(name), directory, file: `${name}.${kind}` };
}

/** Writes the class and, unless `spec` is false, its test; then the class is a provider of the nearest module. */
export function writeElement(
  tree: Tree,
  context: SchematicContext,
  options: ElementOptions,
  element: Element,
  written: { symbol: string; source: string; spec: (importPath: string) => string },
): Tree {
  const path = (suffix: string): string => posix.join(element.directory, `${element.file}${suffix}`);
  const create = (file: string, content: string): void => {
    if (tree.exists(file)) throw new Error(`${file} exists already.`);
    tree.create(file, content);
  };
  create(path('.ts'), written.source);
  if (options.spec !== false)
    create(path(`.${kebab(options.specFileSuffix || 'spec')}.ts`), written.spec(`./${element.file}${importSuffix(tree)}`));
  if (options.skipImport !== true) declare(tree, context, element, written.symbol);
  return tree;
}

function declare(tree: Tree, context: SchematicContext, element: Element, symbol: string): void {
  const module = nearestModule(tree, element.directory);
  const remedy = `Add ${symbol} to the providers of a module yourself.`;
  if (module === undefined) return context.logger.warn(`There is no *.module.ts at or above ${element.directory}. ${remedy}`);
  const relative = posix.relative(posix.dirname(module), posix.join(element.directory, element.file));
  const from = `${relative.startsWith('.') ? '' : './'}${relative}${importSuffix(tree)}`;
  const edited = addToModule(readText(tree, module) ?? '', { list: 'providers', expression: symbol, symbol, from });
  if (edited === undefined) return context.logger.warn(`${module} has no @Module({ ... }) with a literal list of providers. ${remedy}`);
  tree.overwrite(module, edited);
}

function nearestModule(tree: Tree, directory: string): string | undefined {
  for (let at = directory; ; at = posix.dirname(at)) {
    const files = tree.getDir(at).subfiles.filter((file) => file.endsWith('.module.ts'));
    if (files.length > 0) return posix.join(at, files[0]!);
    if (at === '.' || at === '/') return undefined;
  }
}
