// api/ says what the packages promise, and the tool that compares them notices what users would lose. Must never update api/ itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './documents.js';

const api = (...args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/api/main.mjs', ...args], { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

const DECLARED = `import { Inner } from './inner.js';
export declare class Client {
    private secret;
    constructor(name: string);
    send(text: string): Promise<Inner>;
}
export { Inner as Result } from './inner.js';
export interface Options { level?: Level }
type Level = 'a' | 'b';
export {};
`;

describe('api/', () => {
  it('says what the packages promise, without any', () => {
    expect(api('--check')).toEqual({ status: 0, output: expect.stringMatching(/^api: \d+ doors as promised/) });
  });

  describe('of a package that changes', () => {
    let tree: string;
    const declare = (text: string, inner = 'export interface Inner { id: string }\n'): void => {
      writeFileSync(join(tree, 'libs/nest-rocketmq/dist/index.d.ts'), text);
      writeFileSync(join(tree, 'libs/nest-rocketmq/dist/inner.d.ts'), inner);
    };
    const changed = (): string => {
      const { status, output } = api('--root', tree);
      return `${status} ${output}`;
    };

    beforeAll(() => {
      tree = mkdtempSync(join(tmpdir(), 'nrmq-api-'));
      mkdirSync(join(tree, 'libs/nest-rocketmq/dist'), { recursive: true });
      const exports = { '.': { import: { types: './dist/index.d.ts', default: './dist/index.js' } } };
      writeFileSync(join(tree, 'libs/nest-rocketmq/package.json'), JSON.stringify({ name: 'nest-rocketmq', type: 'module', exports }));
      declare(DECLARED);
      expect(api('--update', '--root', tree).status).toBe(0);
    });
    afterAll(() => rmSync(tree, { recursive: true, force: true }));

    it('shows names, signatures and what they reach, and no private member', () => {
      const page = readFileSync(join(tree, 'api/nest-rocketmq/index.api.md'), 'utf8');
      expect(page).toContain('class Client {\n    constructor(name: string);\n    send(text: string): Promise<Inner>;\n}');
      expect(page).toContain('// exported as Result\ninterface Inner {\n    id: string;\n}');
      expect(page).toMatch(/not exported\n\n```ts\ntype Level = 'a' \| 'b';/);
      expect(page).not.toContain('secret');
    });

    it.each([
      ['a name that is gone', DECLARED.replace('export interface Options { level?: Level }', ''), undefined],
      ['a parameter that is new', DECLARED.replace('send(text: string)', 'send(text: string, key: string)'), undefined],
      ['a type that is reached', DECLARED.replace("'a' | 'b'", "'a'"), undefined],
      ['a type of another file', DECLARED, 'export interface Inner { id: number }\n'],
    ])('fails for %s', (_, text, inner) => {
      declare(text, inner);
      expect(changed()).toMatch(/^1 [^]*index\.api\.md: line \d+\n {4}was: .*\n {4}is: /);
      declare(DECLARED);
      expect(changed()).toMatch(/^0 /);
    });

    it('fails for any, and an update does not hide it', () => {
      declare(DECLARED.replace('text: string', 'text: any'));
      expect(api('--update', '--root', tree)).toMatchObject({ status: 1, output: expect.stringContaining('Client.send shows any') });
    });
  });
});
