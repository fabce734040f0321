// Compiles every package to its own dist/ with the native compiler (project references, incremental): ESM, and CommonJS into dist/cjs for the
// packages that applications install. Must never be needed by unit tests: they run the sources.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What applications install: loadable by import and by require (docs/adr/0003). */
const PUBLISHED = ['libs/rocketmq-core', 'libs/nest-rocketmq', 'libs/rocketmq-embedded', 'apps/namesrv', 'apps/broker'];
/** Programs wait at their top level, which CommonJS cannot; they are started, never required. */
const PROGRAMS = new Set(['main.ts', 'mqshutdown.ts']);

const isTest = (path) => /\.(spec|types-test)\.ts$/.test(path);
const isSource = (path) => path.endsWith('.ts') && !isTest(path);

function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The format of a file is that of the nearest package.json: the same sources beside another one are CommonJS to the compiler. */
function prepareCommonJs(directory) {
  const sources = join(directory, 'src');
  const copies = join(directory, 'dist/cjs-source');
  const wanted = new Set(filesBelow(sources).filter((path) => isSource(path) && !PROGRAMS.has(path)));
  for (const path of filesBelow(copies)) if (path.endsWith('.ts') && !wanted.has(path)) rmSync(join(copies, path));
  for (const path of wanted) {
    const text = readFileSync(join(sources, path), 'utf8');
    writeIfChanged(join(copies, path), text.replaceAll('createRequire(import.meta.url)', 'createRequire(__filename)'));
  }
  for (const folder of ['cjs', 'cjs-source']) writeIfChanged(join(directory, 'dist', folder, 'package.json'), '{"type":"commonjs"}\n');
}

/** Removes what was compiled from a source that is no more: it would be packed. */
function sweep(directory) {
  const sources = new Set(filesBelow(join(directory, 'src')).filter(isSource));
  const dist = join(directory, 'dist');
  for (const path of filesBelow(dist)) {
    const compiled = /^(?:cjs[/\\])?(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(path);
    if (compiled === null || path.startsWith('cjs-source')) continue;
    const stale = !sources.has(`${compiled[1]}.ts`) || path.endsWith('.map');
    if (stale) rmSync(join(dist, path));
  }
}

for (const name of PUBLISHED) {
  const directory = join(root, name);
  prepareCommonJs(directory);
  sweep(directory);
  copyFileSync(join(root, 'LICENSE'), join(directory, 'LICENSE'));
}

const tsc = join(root, 'node_modules/typescript-native/bin/tsc');
const result = spawnSync(process.execPath, [tsc, '-b', join(root, 'tsconfig.build.json'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
