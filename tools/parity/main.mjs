// Writes docs/spring-parity.md from the code and the rows, or says what is wrong with it.
// usage: node tools/parity/main.mjs [--check]      --check: writes nothing, ends with 1 when the page is not up to date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { readCode } from './code.mjs';
import { renderDocument } from './document.mjs';
import { annotations } from './rows/annotations.mjs';
import { behaviour } from './rows/behaviour.mjs';
import { extTemplates } from './rows/ext-templates.mjs';
import { properties } from './rows/properties.mjs';
import { template } from './rows/template.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = join(root, 'docs/spring-parity.md');
const words = process.argv.slice(2);

async function main() {
  const unknown = words.filter((word) => word !== '--check');
  if (unknown.length > 0) return fail(`unknown: ${unknown.join(' ')}; usage: npm run parity [-- --check]`, 2);
  const code = readCode(root, 'libs/nest-rocketmq/src', 'libs/nest-rocketmq/src/index.ts');
  const sections = [...annotations, ...extTemplates, ...properties, ...template, ...behaviour];
  const text = await format(renderDocument(sections, code, root), { ...(await resolveConfig(path)), filepath: path });
  if (!words.includes('--check')) {
    writeFileSync(path, text);
    process.stdout.write(`${path}: written\n`);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    fail('docs/spring-parity.md is not what the code says: run `npm run parity` and look at the difference');
  } else {
    process.stdout.write('docs/spring-parity.md is up to date\n');
  }
}

function fail(text, status = 1) {
  process.stderr.write(`${text}\n`);
  process.exitCode = status;
}

await main().catch((error) => fail(error instanceof Error ? error.message : String(error)));
