// `nest add nest-rocketmq`: the dependency and the module, imported last into the application's root module. Must never change a module that
// imports it already.
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { addToModule } from './module-editor.js';
import { readManifest, readText, type Rule, type SchematicContext, type Tree } from './tree.js';

export interface NestAddOptions {
  /** Default `src`. */
  sourceRoot?: string;
  /** Default: asked of ROCKETMQ_NAME_SERVER when the application starts. */
  nameServer?: string;
  /** Producer group. Default: the application's name. */
  group?: string;
  /** A cluster inside the process instead of a name server; adds rocketmq-embedded. */
  embedded?: boolean;
  /** Passed on by `nest add --skip-install`: nothing is installed. */
  skipInstall?: boolean;
}

export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    const packages = options.embedded === true ? ['nest-rocketmq', 'rocketmq-embedded'] : ['nest-rocketmq'];
    if (addDependencies(tree, packages) && options.skipInstall !== true) context.addTask(INSTALL);
    addImport(tree, context, options);
    context.logger.info('Call app.enableShutdownHooks() in main.ts, so that listeners finish before the process ends.');
    return tree;
  };
}

/** The generator's own task, by its name: npm, yarn or pnpm installs what package.json says. */
const INSTALL = {
  toConfiguration: () => ({ name: 'node-package', options: { command: 'install', quiet: true, hideOutput: true } }),
};

/** Packages of one version belong together; `nest add` itself has installed the first. True when package.json was changed. */
function addDependencies(tree: Tree, packages: readonly string[]): boolean {
  const manifest = readManifest(tree);
  const dependencies = manifest.dependencies ?? {};
  const missing = packages.filter((name) => dependencies[name] === undefined);
  if (missing.length === 0) return false;
  const given = dependencies['nest-rocketmq'] ?? '';
  // A path or an address is that of one package.
  const version = /^[\^~]?\d/.test(given) ? given : `^${ownVersion()}`;
  const added = Object.fromEntries(missing.map((name) => [name, version]));
  const sorted = Object.entries({ ...dependencies, ...added }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  tree.overwrite('package.json', `${JSON.stringify({ ...manifest, dependencies: Object.fromEntries(sorted) }, undefined, 2)}\n`);
  return true;
}

function addImport(tree: Tree, context: SchematicContext, options: NestAddOptions): void {
  const path = posix.join(options.sourceRoot ?? 'src', 'app.module.ts');
  const text = readText(tree, path);
  const expression = moduleExpression(options, options.group ?? groupOf(readManifest(tree).name));
  const edited =
    text === undefined ? undefined : addToModule(text, { list: 'imports', expression, symbol: 'RocketMQModule', from: 'nest-rocketmq' });
  if (edited === undefined)
    return context.logger.warn(
      `${path} has no @Module({ ... }) with a literal list of imports. Import last in your root module:\n${expression}`,
    );
  if (edited !== text) tree.overwrite(path, edited);
}

function moduleExpression({ embedded, nameServer }: NestAddOptions, group: string): string {
  const cluster =
    embedded === true
      ? 'embedded: true'
      : `nameServer: ${nameServer === undefined ? "process.env.ROCKETMQ_NAME_SERVER ?? '127.0.0.1:9876'" : `'${nameServer}'`}`;
  return `RocketMQModule.forRoot({\n      ${cluster},\n      producer: { group: '${group}' },\n    })`;
}

/** A package name has letters a group must not have. */
const groupOf = (name: string | undefined): string => (name ?? 'nest-app').replace(/^@/, '').replaceAll(/[^\w-]/g, '-');

/** From the package.json above this file: the compiled file stands one folder deeper than the source. */
function ownVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = require(path) as { name?: string; version: string };
      if (name === 'nest-rocketmq') return version;
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error('nest-rocketmq is installed without its package.json: install it again.');
}
