// mqnamesrv and mqshutdown as processes: what they print and how they exit.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

let home: string;
const running: Array<() => void> = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nrmq-command-'));
});

afterEach(() => {
  for (const kill of running.splice(0)) kill();
  rmSync(home, { recursive: true, force: true });
});

interface Command {
  readonly pid: number;
  output(): string;
  printed(text: string): Promise<void>;
  readonly exitCode: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

function run(program: 'main' | 'mqshutdown', ...args: string[]): Command {
  const loader = join(ROOT, 'test/support/ts-loader.mjs');
  const child = spawn(process.execPath, ['--import', loader, join(ROOT, `apps/namesrv/src/${program}.ts`), ...args], {
    cwd: ROOT,
    env: { ...process.env, HOME: home, ROCKETMQ_LOG_DIR: join(home, 'log'), ROCKETMQ_RUN_DIR: join(home, 'run') },
  });
  let output = '';
  let watchers: Array<() => void> = [];
  const take = (bytes: Buffer): void => {
    output += bytes.toString('utf8');
    for (const watch of watchers) watch();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  running.push(() => child.kill('SIGKILL'));
  return {
    pid: child.pid!,
    output: () => output,
    exitCode,
    kill: (signal) => void child.kill(signal),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        watchers = [...watchers, look];
        look();
        void exitCode.then((code) => reject(new Error(`ended with ${code} before it printed ${text}: ${output}`)));
      }),
  };
}

const BOOT = 'The Name Server boot success. serializeType=JSON';

function conf(text: string): string {
  const file = join(home, 'namesrv.conf');
  writeFileSync(file, text);
  return file;
}

const namesrv = (text = 'listenPort=0\n'): Command => run('main', '-c', conf(text));

describe('mqnamesrv', () => {
  it('prints the boot line and that only this machine can connect, and ends on SIGTERM', async () => {
    const server = namesrv();
    await server.printed('bindAddress=0.0.0.0');
    expect(server.output()).toMatch(new RegExp(`^${BOOT}, address 127\\.0\\.0\\.1:\\d+\\n`));
    expect(readdirSync(join(home, 'run'))).toHaveLength(1);
    server.kill('SIGTERM');
    expect(await server.exitCode).toBe(0);
    expect(readdirSync(join(home, 'run'))).toEqual([]);
    expect(readFileSync(join(home, 'log/namesrv.log'), 'utf8')).toContain(BOOT);
  }, 20_000);

  it('prints every key with -p, file values in place, unknown keys named once', async () => {
    const command = run('main', '-c', conf('scanNotActiveBrokerInterval=7000\nlistenPrt=1\nserverWorkerThreads=8\n'), '-p');
    expect(await command.exitCode).toBe(0);
    expect(command.output()).toContain('scanNotActiveBrokerInterval=7000\n');
    expect(command.output().match(/listenPrt/g)).toHaveLength(1);
    expect(command.output()).not.toContain('serverWorkerThreads');
  }, 20_000);

  it.each([
    [['-x'], 2, 'usage: mqnamesrv'],
    [['-c'], 2, 'usage: mqnamesrv'],
    [['-c', '/no/such/file'], 1, 'does not exist'],
  ] as Array<[string[], number, string]>)(
    '%j exits %i',
    async (args, code, text) => {
      const command = run('main', ...args);
      expect(await command.exitCode).toBe(code);
      expect(command.output()).toContain(text);
    },
    20_000,
  );

  it('refuses every bad value by name and does not start', async () => {
    const command = namesrv('listenPort=99999\norderMessageEnable=si\n');
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toContain('listenPort: "99999" is no integer within 0..65535');
    expect(command.output()).toContain('orderMessageEnable: "si" is neither true nor false');
    expect(command.output()).not.toContain('boot success');
  }, 20_000);

  it('says that its port is taken', async () => {
    const first = namesrv();
    await first.printed(BOOT);
    const port = /address 127\.0\.0\.1:(\d+)/.exec(first.output())![1]!;
    const second = namesrv(`listenPort=${port}\n`);
    expect(await second.exitCode).toBe(1);
    expect(second.output()).toContain(`127.0.0.1:${port} is in use`);
  }, 20_000);
});

describe('mqshutdown', () => {
  it('stops the running name server and waits for it', async () => {
    const server = namesrv();
    await server.printed(BOOT);
    const command = run('mqshutdown', 'namesrv');
    expect(await command.exitCode).toBe(0);
    const name = `mqnamesrv(${server.pid})`;
    expect(command.output()).toBe(`The ${name} is running...\nSend shutdown request to ${name} OK\n${name} has stopped.\n`);
    expect(await server.exitCode).toBe(0);
  }, 20_000);

  it('says that nothing runs, also after a server was killed', async () => {
    const server = namesrv();
    await server.printed(BOOT);
    server.kill('SIGKILL');
    await server.exitCode;
    expect(readdirSync(join(home, 'run'))).toHaveLength(1);
    const command = run('mqshutdown', 'namesrv');
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toBe('No mqnamesrv running.\n');
  }, 20_000);

  it.each([[[]], [['all']], [['namesrv', 'broker']], [['namesrv', '--port', 'x']]] as string[][][])(
    '%j is wrong usage',
    async (args) => {
      const command = run('mqshutdown', ...args);
      expect(await command.exitCode).toBe(2);
      expect(command.output()).toContain('usage: mqshutdown namesrv|broker');
    },
    20_000,
  );
});
