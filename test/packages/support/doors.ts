// The doors of an installed package: what each needs of the optional packages, and what loading it says. Must never load one into this process.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { FreshApp } from './fresh-app.js';

interface Manifest {
  readonly exports: Record<string, { readonly import: { readonly types: string; readonly default: string } } | string | null>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

export interface Door {
  /** As users import it: `nest-rocketmq/redis`. */
  readonly specifier: string;
  /** Optional packages that loading it needs, as `name@range`; by what its files import at their top. */
  readonly peers: readonly string[];
  /** The same for its types, which may tell of more. */
  readonly typePeers: readonly string[];
}

export interface Loaded {
  readonly specifier: string;
  readonly format: 'import' | 'require';
  /** Exported names; 0 when it could not be loaded. */
  readonly names: number;
  readonly error: string;
}

const STATIC_IMPORT = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm;
const TYPE_IMPORT = /\bfrom\s['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/g;

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that a file names, and those that the files it names do. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const isTypes = file.endsWith('.d.ts');
  for (const [, name, inline] of readFileSync(file, 'utf8').matchAll(isTypes ? TYPE_IMPORT : STATIC_IMPORT)) {
    const specifier = name ?? inline!;
    const next = isTypes ? specifier.replace(/\.js$/, '.d.ts') : specifier;
    if (specifier.startsWith('.')) for (const below of packagesOf(join(dirname(file), next), seen)) found.add(below);
    else if (!isBuiltin(specifier)) found.add(packageOf(specifier));
  }
  return found;
}

/** Every door of an installed package that is written. */
export function doorsOf(app: FreshApp, name: string): Door[] {
  const directory = join(app.directory, 'node_modules', name);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    if (target === null || typeof target === 'string' || path.includes('*')) return [];
    const file = join(directory, target.import.default);
    if (!existsSync(file)) return [];
    const optional = (of: string): string[] =>
      [...packagesOf(of)]
        .filter((peer) => manifest.peerDependenciesMeta[peer]?.optional === true)
        .toSorted()
        .map((peer) => `${peer}@${manifest.peerDependencies[peer]}`);
    return [{ specifier: join(name, path), peers: optional(file), typePeers: optional(join(directory, target.import.types)) }];
  });
}

/** Doors that package.json promises; `written` says whether there is a source behind it. */
export function promisedDoors(root: string): Array<{ readonly specifier: string; readonly written: boolean }> {
  const directory = join(root, 'libs/nest-rocketmq');
  const { exports } = createRequire(import.meta.url)(join(directory, 'package.json')) as Manifest;
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => ({ specifier: join('nest-rocketmq', path), written: existsSync(join(directory, 'src', path, 'index.ts')) }));
}

/** Loads each door in a process of the application, by import and by require. */
export async function load(app: FreshApp, doors: readonly Door[]): Promise<Loaded[]> {
  const specifiers = JSON.stringify(doors.map(({ specifier }) => specifier));
  await app.write(
    'load-doors.cjs',
    `(async () => {
      for (const specifier of ${specifiers})
        for (const [format, load] of [['import', () => import(specifier)], ['require', async () => require(specifier)]]) {
          const line = { specifier, format, names: 0, error: '' };
          try { line.names = Object.keys(await load()).length; } catch (error) { line.error = String(error.message); }
          console.log('door ' + JSON.stringify(line));
        }
    })();`,
  );
  const output = await app.node('load-doors.cjs');
  return [...output.matchAll(/^door (.*)$/gm)].map(([, line]) => JSON.parse(line!) as Loaded);
}
