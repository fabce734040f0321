// The guides about the suites name every file of them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read, root } from './documents.js';

const GUIDES = [
  ['test/fault', 'docs/guides/reliability.md'],
  ['test/interop', 'docs/guides/interop.md'],
] as const;

describe.each(GUIDES)('%s', (folder, guide) => {
  it(`has every file in ${guide}`, () => {
    const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.spec.ts'));
    expect(files.length).toBeGreaterThan(5);
    const rows = read(guide);
    expect(files.filter((name) => !rows.includes(`| \`${name}\``))).toEqual([]);
  });
});
