// The demo's shop of four Nest applications, by its command: on servers of ours and on each of Apache's, each application a process of its own.
// Must never look into a server or an application: what counts is what the command prints and how it ends.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from '../support/until.js';
import { describeWithPeers, VERSIONS } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const root = join(import.meta.dirname, '../..');
const LIMIT_MS = 200_000;
const BOOT_LIMIT_MS = 90_000;
/** The broker asks soon; Apache 5.5.0 must write its op records before it looks, or it asks about what is decided. */
const CONF = { transactionTimeOut: 1000, transactionCheckInterval: 3000, transactionOpBatchInterval: 100 };
/** Of the table: ordered, placed, paid, cancelled, shipped, charged, dead letters, mails. */
const TOTAL = /^ +all +22 +20 +12 +8 +12 +12 +2 +40$/m;

interface End {
  readonly code: unknown;
  readonly output: string;
}

interface Demo {
  readonly output: () => string;
  readonly ended: Promise<End>;
  interrupt(): void;
}

/** `npm run demo -- <words>`; ended when it takes too long. */
function demo(workspace: Workspace, ...words: string[]): Demo {
  const cwd = workspace.folder('demo');
  const child = spawn(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...words], {
    cwd,
    env: { ...process.env, TMPDIR: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  workspace.atEnd(async () => void child.kill());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    output: () => output,
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve({ code: code ?? signal, output }))),
    interrupt: () => child.kill('SIGTERM'),
  };
}

/** The command lines of processes that have the text in them. */
function processesWith(text: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(text));
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

describe('npm run demo -- shop --servers', () => {
  it('holds on server processes it starts', () => workspace.run(async () => expectHeld(await demo(workspace, 'shop', '--servers').ended)));

  it('ended in the middle, leaves no process and no file behind', () =>
    workspace.run(async () => {
      const { output, ended, interrupt } = demo(workspace, 'shop', '--servers');
      await until(() => output().includes('customers order'), BOOT_LIMIT_MS);
      const nameServer = /mqnamesrv \((\S+)\)/.exec(output())![1]!;
      const folder = /\S+nest-rocketmq-demo-\w+/.exec(processesWith(nameServer).join('\n'))![0];
      // The broker and four applications; the folder is the name server's too.
      expect(processesWith(nameServer)).toHaveLength(5);
      expect(processesWith(folder)).toHaveLength(2);
      interrupt();
      expect((await ended).code).toBe(143);
      expect([...processesWith(nameServer), ...processesWith(folder)]).toEqual([]);
      expect(readdirSync(dirname(folder))).toEqual([]);
    }));
});

async function holdsOn(maker: Maker): Promise<void> {
  const { address: nameServer } = await startNameServer(workspace, maker);
  await startBroker(workspace, maker, { nameServer, conf: CONF });
  expectHeld(await demo(workspace, 'shop', '--name-server', nameServer).ended);
}

describeWithPeers.each(VERSIONS)('npm run demo -- shop --name-server, Apache %s', (version) => {
  it('holds', () => workspace.run(() => holdsOn(version)));
});
