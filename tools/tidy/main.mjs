// tidy: the house style as a test. Exits 1 on any broken rule; prints the score sheet.
// `--update` lowers the ratchet to today's numbers (it never raises one).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSources } from './sources.mjs';
import { checkSources, findCycles } from './rules.mjs';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const CLASS_METHODS_MAX = 15;

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const ratchetFile = join(here, 'ratchet.json');
const ratchet = existsSync(ratchetFile) ? JSON.parse(readFileSync(ratchetFile, 'utf8')) : {};

const sources = readSources(root);
const problems = checkSources(sources);
for (const cycle of findCycles(sources)) problems.push({ path: cycle[0], line: 1, text: `import cycle: ${cycle.join(' -> ')}` });

const isProduct = (path) => /^(libs|apps)\//.test(path);
const isTest = (path) => /\.(spec|types-test)\.ts$/.test(path) || path.startsWith('test/');
const seen = {};
function limit(key, value, max, path, line, what) {
  if (value <= max) return;
  seen[key] = value;
  const allowed = ratchet[key] ?? max;
  if (value > allowed) problems.push({ path, line, text: `${what} has ${value} (limit ${allowed}${allowed > max ? ', by ratchet' : ''})` });
}
for (const source of sources.values()) {
  if (isTest(source.path)) continue;
  limit(source.path, source.lines, FILE_LINES_MAX, source.path, 1, 'file: lines');
  for (const fn of source.functions)
    limit(`${source.path}#${fn.name}`, fn.lines, FUNCTION_LINES_MAX, source.path, fn.line, `function ${fn.name}: lines`);
  for (const cls of source.classes ?? [])
    limit(`${source.path}#class ${cls.name}`, cls.methods, CLASS_METHODS_MAX, source.path, cls.line, `class ${cls.name}: public methods`);
}
for (const key of Object.keys(ratchet)) {
  if (!(key in seen))
    problems.push({ path: 'tools/tidy/ratchet.json', line: 1, text: `${key} is within the limit now: run npm run tidy -- --update` });
}
if (process.argv.includes('--update')) {
  const lowered = Object.fromEntries(
    Object.entries(seen)
      .map(([key, value]) => [key, Math.min(value, ratchet[key] ?? (process.argv.includes('--accept') ? value : 0))])
      .filter(([, value]) => value > 0)
      .toSorted(),
  );
  writeFileSync(ratchetFile, `${JSON.stringify(lowered, null, 2)}\n`);
}

const product = [...sources.values()].filter((source) => isProduct(source.path) && !isTest(source.path));
const tests = [...sources.values()].filter((source) => isTest(source.path));
const lengths = product.map((source) => source.lines).toSorted((a, b) => a - b);
const functions = product.flatMap((source) => source.functions);
const total = (list) => list.reduce((sum, source) => sum + source.lines, 0);
const score = [
  ['product files / lines', `${product.length} / ${total(product)}`],
  ['file cycles', findCycles(sources).length],
  ['longest file / files over 400', `${lengths.at(-1) ?? 0} / ${lengths.filter((n) => n > FILE_LINES_MAX).length}`],
  ['median file length', lengths[lengths.length >> 1] ?? 0],
  ['functions over 60 lines', `${functions.filter((fn) => fn.lines > FUNCTION_LINES_MAX).length} of ${functions.length}`],
  [
    'any in libs',
    product
      .filter((s) => s.path.startsWith('libs/'))
      .flatMap((s) => s.found)
      .filter((f) => f.what === 'any').length,
  ],
  ['test lines : product lines', (total(tests) / Math.max(1, total(product))).toFixed(2)],
];
process.stdout.write(`tidy\n${score.map(([name, value]) => `  ${String(name).padEnd(32)}${value}`).join('\n')}\n`);
for (const { path, line, text } of problems) process.stdout.write(`${path}:${line}  ${text}\n`);
process.stdout.write(problems.length === 0 ? 'tidy: no problems\n' : `tidy: ${problems.length} problems\n`);
process.exit(problems.length === 0 ? 0 : 1);
