// What the schematics need of Nest's generator: a tree of files and a logger. Must never import the generator itself, which only
// applications have that use it.

/** The files of the application, changed only when everything has succeeded. Paths start at its root. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): Uint8Array | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
  getDir(path: string): { readonly subfiles: readonly string[] };
}

export interface SchematicContext {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

export type Rule = (tree: Tree, context: SchematicContext) => Tree;

export function readText(tree: Tree, path: string): string | undefined {
  const bytes = tree.read(path);
  return bytes === null ? undefined : Buffer.from(bytes).toString('utf8');
}

interface ApplicationManifest {
  name?: string;
  type?: string;
  dependencies?: Record<string, string>;
}

export function readManifest(tree: Tree): ApplicationManifest {
  return JSON.parse(readText(tree, 'package.json') ?? '{}') as ApplicationManifest;
}

/** What a relative import ends with: `.js` where the application is ESM. */
export const importSuffix = (tree: Tree): string => (readManifest(tree).type === 'module' ? '.js' : '');
