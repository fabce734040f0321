// Every link of a document to a file of the repository leads somewhere.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, read, root } from './documents.js';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

const localTargets = (document: string): string[] =>
  [...read(document).matchAll(LINK)]
    .map(([, target]) => target!.split('#')[0]!)
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));

describe('links', () => {
  it('finds the documents and their links', () => {
    expect(documents()).toEqual(expect.arrayContaining(['README.md', 'docs/compatibility.md', 'docs/guides/nest.md']));
    expect(localTargets('README.md')).toContain('docs/compatibility.md');
  });

  it.each(documents())('%s', (document) => {
    const broken = localTargets(document).filter((target) => !existsSync(join(root, dirname(document), target)));
    expect(broken).toEqual([]);
  });
});
