// Keeps api/: what every door of the published packages promises, in words a reviewer reads. `--check` fails when the code promises something
// else, `--update` writes what it promises now. Must never be satisfied by a stale build: it builds first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anyIn, Surface } from './surface.mjs';

const here = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** `--root DIR`: another tree, as it was built. */
const root = process.argv.includes('--root') ? process.argv[process.argv.indexOf('--root') + 1] : here;
const directory = join(root, 'api');

const block = (entries) => ['```ts', entries.map(({ text }) => text).join('\n\n'), '```'].join('\n');

function page(specifier, { exported, reached }) {
  const parts = [`# ${specifier}`, 'Written by `npm run api -- --update`; a change here is a change for users.', block(exported)];
  if (reached.length > 0) parts.push('## Named by these, not exported', block(reached));
  return `${parts.join('\n\n')}\n`;
}

/** The first line that differs, with both texts. */
function difference(before, after) {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const line = is.findIndex((text, index) => text !== was[index]);
  const at = line < 0 ? is.length : line;
  return `line ${at + 1}\n    was: ${was[at] ?? '(nothing)'}\n    is:  ${is[at] ?? '(nothing)'}`;
}

if (root === here) {
  const build = spawnSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
}

const surface = new Surface(root);
const pages = new Map();
const problems = [];
for (const door of surface.doors) {
  const read = surface.read(door);
  pages.set(join(directory, door.package, `${door.door}.api.md`), page(door.specifier, read));
  for (const entry of [...read.exported, ...read.reached])
    for (const place of anyIn(entry)) problems.push(`${door.specifier}: ${place} shows any: give it a type`);
}

const kept = existsSync(directory)
  ? readdirSync(directory, { recursive: true })
      .filter((path) => path.endsWith('.api.md'))
      .map((path) => join(directory, path))
  : [];
const gone = kept.filter((path) => !pages.has(path));

const updating = process.argv.includes('--update');
if (updating) {
  for (const path of gone) rmSync(path);
  for (const [path, text] of pages) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
} else {
  for (const path of gone) problems.push(`${relative(root, path)}: there is no such door any more`);
  for (const [path, text] of pages) {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (before !== text) problems.push(`${relative(root, path)}: ${difference(before, text)}`);
  }
}
if (problems.length > 0) {
  console.error(`The packages do not promise what they should.\n\n  ${problems.join('\n  ')}\n`);
  if (!updating) console.error('Where users lose nothing, or the loss is meant and in CHANGELOG.md: npm run api -- --update');
  process.exit(1);
}
console.log(`api: ${pages.size} doors ${updating ? 'written' : 'as promised'}`);
