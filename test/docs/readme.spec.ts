// The two READMEs say the same, and the index of the documentation leaves nothing out.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { documents, read, root } from './documents.js';

const english = read('README.md');
const chinese = read('README.zh-CN.md');

const headings = (text: string): string[] => [...withoutCode(text).matchAll(/^(#+) /gm)].map((match) => match[1]!);
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');
/** What stands behind a command may be translated. */
const blocks = (text: string): string[] =>
  [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => `${language}\n${code!.replaceAll(/ +# .*$/gm, '')}`);
const links = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((target) => !/^README\b/.test(target));
const names = (text: string): string[] => [...withoutCode(text).matchAll(/`([^`]+)`/g)].map((match) => match[1]!).toSorted();

describe('README.md and README.zh-CN.md', () => {
  it('lead to each other', () => {
    expect(english).toContain('](README.zh-CN.md)');
    expect(chinese).toContain('](README.md)');
  });

  it('have the same headings, programs, commands and links, in the same order', () => {
    expect(headings(english).length).toBeGreaterThan(5);
    expect(headings(chinese)).toEqual(headings(english));
    expect(blocks(english).length).toBeGreaterThan(4);
    expect(blocks(chinese)).toEqual(blocks(english));
    expect(links(english).length).toBeGreaterThan(25);
    expect(links(chinese)).toEqual(links(english));
  });

  it('name the same things in code', () => {
    expect(names(english).length).toBeGreaterThan(10);
    expect(names(chinese)).toEqual(names(english));
  });
});

describe('docs/README.md', () => {
  const listed = links(read('docs/README.md').split('\n## ').slice(1).join('\n## '));

  it('lists every document once', () => {
    const all = documents()
      .filter((path) => /^docs\/(?:guides\/)?[^/]+\.md$/.test(path) && path !== 'docs/README.md')
      .map((path) => path.slice('docs/'.length));
    expect(all.length).toBeGreaterThan(30);
    expect(listed.filter((target) => target.endsWith('.md')).toSorted()).toEqual(all.toSorted());
  });

  it('lists the folders beside the guides', () => {
    const folders = readdirSync(join(root, 'docs'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'guides')
      .map(({ name }) => name);
    expect(listed.filter((target) => !target.endsWith('.md')).toSorted()).toEqual(folders.toSorted());
  });
});
