// docs/spring-parity.md is what the code says, each row with a test that exists.
import { spawnSync } from 'node:child_process';
import { root } from './documents.js';

const parity = (...args: string[]) => spawnSync(process.execPath, ['tools/parity/main.mjs', ...args], { cwd: root, encoding: 'utf8' });

describe('docs/spring-parity.md', () => {
  it('is up to date, and every row holds', () => {
    const { status, stdout, stderr } = parity('--check');
    expect([stderr, stdout, status]).toEqual(['', 'docs/spring-parity.md is up to date\n', 0]);
  });

  it('refuses arguments it does not know', () => {
    expect(parity('--chek')).toMatchObject({ status: 2, stderr: 'unknown: --chek; usage: npm run parity [-- --check]\n' });
  });
});
