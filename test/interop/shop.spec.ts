// The demo's shop of four Nest applications, by its command: on servers of ours and on each of Apache's, each application a process of its own.
// Must never look into a server or an application: what counts is what the command prints and how it ends.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describeWithPeers, VERSIONS } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const root = join(import.meta.dirname, '../..');
const LIMIT_MS = 200_000;
/** The broker asks soon; Apache 5.5.0 must write its op records before it looks, or it asks about what is decided. */
const CONF = { transactionTimeOut: 1000, transactionCheckInterval: 3000, transactionOpBatchInterval: 100 };
/** Of the table: ordered, placed, paid, cancelled, shipped, charged, dead letters, mails. */
const TOTAL = /^ +all +22 +20 +12 +8 +12 +12 +2 +40$/m;

interface End {
  readonly code: unknown;
  readonly output: string;
}

/** `npm run demo -- <words>`; killed when it takes too long. */
function demo(workspace: Workspace, ...words: string[]): Promise<End> {
  return new Promise((resolve) => {
    const options = { cwd: workspace.folder('demo'), timeout: LIMIT_MS };
    const child = execFile(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...words], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr }),
    );
    workspace.atEnd(async () => void child.kill());
  });
}

function expectHeld({ code, output }: End): void {
  // Compared together: a failure shows what was printed.
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Everything held.') });
  expect(output).not.toContain('FAIL');
  expect(output).toMatch(TOTAL);
  expect(output).toContain('four applications start in processes of their own');
}

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.close());

describe('npm run demo -- shop', () => {
  it('holds on server processes it starts, and leaves none behind', () =>
    workspace.run(async () => expectHeld(await demo(workspace, 'shop', '--servers'))));
});

async function holdsOn(maker: Maker): Promise<void> {
  const { address: nameServer } = await startNameServer(workspace, maker);
  await startBroker(workspace, maker, { nameServer, conf: CONF });
  expectHeld(await demo(workspace, 'shop', '--name-server', nameServer));
}

describeWithPeers.each(VERSIONS)('npm run demo -- shop --name-server, Apache %s', (version) => {
  it('holds', () => workspace.run(() => holdsOn(version)));
});
