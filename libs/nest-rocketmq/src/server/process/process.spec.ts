import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { ConfigError, StoreLockHeldError } from 'rocketmq-core/errors';
import { CommandUsageError, parseCommandLine, usageText } from './command-line.js';
import { runningServers, writePidFile } from './pid-file.js';
import { type ProcessPort, runCommand, superviseServer } from './server-process.js';

const spec = {
  command: 'mqnamesrv',
  summary: 'Starts a name server.',
  options: {
    configFile: { type: 'string', short: 'c', value: 'FILE', doc: 'Reads FILE.' },
    printConfigItem: { type: 'boolean', short: 'p', doc: 'Prints.' },
  },
} as const;

describe('parseCommandLine', () => {
  it('reads short and long options', () => {
    expect(parseCommandLine(spec, ['-c', 'a.conf', '--printConfigItem'])).toEqual({
      values: { configFile: 'a.conf', printConfigItem: true },
      positionals: [],
      help: false,
    });
  });

  it.each([[['-x']], [['-c']], [['extra']], [['-p=1']]])('refuses %j with the usage text', (args) => {
    expect(() => parseCommandLine(spec, args)).toThrow(CommandUsageError);
    try {
      parseCommandLine(spec, args);
    } catch (error) {
      expect((error as CommandUsageError).usage).toBe(usageText(spec));
    }
  });

  it('demands positionals, unless help is asked for', () => {
    const shutdown = { ...spec, options: {}, positionals: ['namesrv|broker'] };
    expect(parseCommandLine(shutdown, ['broker']).positionals).toEqual(['broker']);
    expect(() => parseCommandLine(shutdown, [])).toThrow('expected namesrv|broker, got 0 arguments');
    expect(parseCommandLine(shutdown, ['-h']).help).toBe(true);
  });
});

class FakeProcess implements ProcessPort {
  readonly listeners = new Map<string, (argument?: unknown) => void>();
  readonly exits: number[] = [];
  output = '';
  readonly stdout = { write: (text: string) => (this.output += text) };
  readonly stderr = { write: (text: string) => (this.output += text) };
  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener as (argument?: unknown) => void);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  emit(event: string, argument?: unknown): void {
    this.listeners.get(event)!(argument);
  }
}

const quiet = { ...silentLogger, flushSync() {}, close: async () => undefined };

describe('superviseServer', () => {
  it('closes on a signal, then exits 0 and leaves no timer', async () => {
    const port = new FakeProcess();
    const clock = new ManualClock();
    let stopped = 0;
    superviseServer({ clock, logger: quiet, stop: async () => void stopped++ }, port);
    port.emit('SIGTERM');
    await clock.advance(0);
    expect([stopped, port.exits, clock.pendingTimers]).toEqual([1, [0], 0]);
  });

  it('ends with 1 at the deadline, on a second signal, and when closing fails', async () => {
    const clock = new ManualClock();
    const hanging = new FakeProcess();
    superviseServer({ clock, logger: quiet, stop: () => new Promise(() => undefined), deadlineMs: 500 }, hanging);
    hanging.emit('SIGINT');
    await clock.advance(499);
    expect(hanging.exits).toEqual([]);
    hanging.emit('SIGINT');
    expect(hanging.exits).toEqual([1]);
    await clock.advance(1);
    expect(hanging.exits).toEqual([1, 1]);
    const failing = new FakeProcess();
    superviseServer({ clock, logger: quiet, stop: () => Promise.reject(new Error('x')) }, failing);
    failing.emit('SIGTERM');
    await clock.advance(0);
    expect(failing.exits).toEqual([1]);
  });

  it('ends with 1 on an error nobody caught', () => {
    const port = new FakeProcess();
    superviseServer({ clock: new ManualClock(), logger: quiet, stop: async () => undefined }, port);
    port.emit('uncaughtException', new Error('boom'));
    expect(port.exits).toEqual([1]);
    expect(port.output).toContain('boom');
  });
});

describe('runCommand', () => {
  const run = async (main: () => Promise<number | void>) => {
    const port = new FakeProcess();
    await runCommand(main, port);
    return port;
  };

  it('turns failures into sentences and exit codes', async () => {
    const usage = await run(() => Promise.reject(new CommandUsageError("Unknown option '-x'", 'usage: …\n')));
    expect([usage.exits, usage.output]).toEqual([[2], "Unknown option '-x'\nusage: …\n"]);
    const config = await run(() => Promise.reject(new ConfigError('a.conf', [{ key: 'listenPort', problem: 'bad' }])));
    expect([config.exits, config.output]).toEqual([[1], 'a.conf cannot be used:\n  listenPort: bad\n']);
    const taken = await run(() => Promise.reject(Object.assign(new Error(), { code: 'EADDRINUSE', address: '127.0.0.1', port: 9876 })));
    expect(taken.exits).toEqual([1]);
    const wrapped = await run(() =>
      Promise.reject(new Error('cannot listen', { cause: { code: 'EACCES', address: '0.0.0.0', port: 80 } })),
    );
    expect(wrapped.output).toContain('0.0.0.0:80 may not be opened');
    expect(taken.output).toContain('127.0.0.1:9876 is in use');
    const locked = await run(() => Promise.reject(new StoreLockHeldError('/store/lock', 'process 1')));
    expect(locked.output).toMatch(/^\/store\/lock is locked by process 1\nAnother process uses this store directory: .*\n$/);
    expect((await run(async () => 0)).exits).toEqual([0]);
    expect((await run(async () => undefined)).exits).toEqual([]);
  });
});

describe('pid files', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'nrmq-pid-')), 'run');
  });
  afterEach(() => {
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  it('lists servers of a role while they run, and removes the file at the end', () => {
    const remove = writePidFile(directory, 'namesrv', { host: '127.0.0.1', port: 9876 });
    expect(runningServers(directory, 'namesrv')).toMatchObject([{ role: 'namesrv', host: '127.0.0.1', port: 9876, pid: process.pid }]);
    expect(runningServers(directory, 'broker')).toEqual([]);
    remove();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('never lists a pid that belongs to another process now, and clears such and broken files', () => {
    mkdirSync(directory);
    const record = { role: 'broker', host: '127.0.0.1', port: 10911, pid: process.pid, startMark: 'another boot:1' };
    writeFileSync(join(directory, 'broker-10911.pid'), JSON.stringify(record));
    writeFileSync(join(directory, 'broker-1.pid'), '{');
    writeFileSync(join(directory, 'broker-2.pid'), JSON.stringify({ ...record, pid: 1 }));
    expect(runningServers(directory, 'broker')).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('knows no server without a directory', () => {
    expect(runningServers(join(directory, 'none'), 'namesrv')).toEqual([]);
  });
});
