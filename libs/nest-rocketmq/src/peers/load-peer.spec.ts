// What an application gets when an optional package is there, is not, or is broken. Must never depend on which optional packages are installed here.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadPeer } from './load-peer.js';

describe('loadPeer', () => {
  let directory: string;
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await mkdir(directory, { recursive: true });
    await writeFile(path, text);
    return pathToFileURL(path).href;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nrmq-peers-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('gives the names of an ESM package', async () => {
    expect(await loadPeer(await file('esm.mjs', 'export const answer = 42;'))).toMatchObject({ answer: 42 });
  });

  it('gives the names of a CommonJS package that only its default shows', async () => {
    const specifier = await file('common.cjs', 'module.exports = Object.fromEntries([["answer", 42]]);');
    expect(await loadPeer(specifier)).toMatchObject({ answer: 42 });
  });

  it('gives undefined for a package that is not installed', async () => {
    expect(await loadPeer('a-package-nobody-installed')).toBeUndefined();
  });

  it('throws when the package is there and something it needs is not', async () => {
    const specifier = await file('broken.mjs', "import 'a-package-nobody-installed'; export const answer = 42;");
    await expect(loadPeer(specifier)).rejects.toThrow('a-package-nobody-installed');
  });
});
