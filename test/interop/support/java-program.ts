// Compiles the programs of test/interop/java, or the application of test/interop/spring, against a client version, once per content, and runs them.
// Must never leave a class file in the repository.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  classPathOf,
  type HeaderForm,
  mainCommand,
  peersHome,
  type PeerVersion,
  SPRING_PEER,
  type SpringPeer,
} from '../../../tools/peer/commands.mjs';
import { until } from '../../support/until.js';
import type { Workspace } from './workspace.js';

export type JavaProgram = 'Produce' | 'Consume' | 'Inspect' | 'Transact' | 'Pull' | 'Converse' | 'Forms' | 'SpringPeer';
export type JavaArgs = Readonly<Record<string, string | number | boolean>>;

/** A client of Apache's: its version and the header form it sends. */
export interface JavaClient {
  readonly version: PeerVersion;
  readonly serializeType: HeaderForm;
}

/** The application of rocketmq-spring, with the client it pins. */
export interface SpringClient {
  readonly version: SpringPeer;
  readonly serializeType: HeaderForm;
}

type AnyClient = JavaClient | SpringClient;

/** A line a program printed: `type` says what it is. */
export interface JavaLine {
  readonly type: string;
  readonly [name: string]: unknown;
}

const interop = join(dirname(fileURLToPath(import.meta.url)), '..');
const RUN_LIMIT_MS = 120_000;

function sourcesFor(version: AnyClient['version']): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(interop, folder))
      .filter((name) => name.endsWith('.java'))
      .toSorted()
      .map((name) => join(interop, folder, name));
  return version === SPRING_PEER ? [...inFolder('spring'), join(interop, 'java/Lines.java')] : inFolder('java');
}

/** The folder of the classes for `version`, made when the sources have changed. */
export function compiledFor(version: AnyClient['version']): string {
  const files = sourcesFor(version);
  const hash = createHash('sha256').update(version);
  for (const file of files) hash.update(basename(file)).update(readFileSync(file));
  const target = join(peersHome(), 'interop-classes', `${version}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const making = mkdtempSync(`${target}-`);
  const { status, stderr } = spawnSync(
    'javac',
    ['-nowarn', '-parameters', '--release', version === SPRING_PEER ? '17' : '11', '-cp', classPathOf(version), '-d', making, ...files],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`javac for ${version}: exit ${status}\n${stderr}`);
  try {
    renameSync(making, target);
  } catch (error) {
    // Another process was first.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** A program under way. */
export class JavaRun {
  private readonly lines: JavaLine[] = [];
  private readonly home: string;
  private readonly pid: number | undefined;
  private text = '';
  private errors = '';
  private rest = '';
  private exitCode: number | string | undefined;

  constructor(
    workspace: Workspace,
    client: AnyClient,
    private readonly program: JavaProgram,
    args: JavaArgs,
  ) {
    this.home = workspace.folder(`java-${program.toLowerCase()}`);
    const words = Object.entries(args).map(([name, value]) => `${name}=${value}`);
    const { command, args: all } = mainCommand(client.version, program, words, {
      home: this.home,
      serializeType: client.serializeType,
      classPath: compiledFor(client.version),
      shortLived: true,
      // A new queue or member is seen in a second, not in twenty.
      javaOptions: ['-Drocketmq.client.rebalance.waitInterval=1000'],
    });
    const child = spawn(command, all, { cwd: this.home, env: { ...process.env, NAMESRV_ADDR: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = child.pid;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.take(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    child.once('error', (error) => (this.exitCode = error.message));
    child.once('close', (code, signal) => {
      this.exitCode = code ?? signal ?? 'gone';
      writeFileSync(join(this.home, 'out.log'), `${words.join(' ')}\n${this.text}\n${this.errors}\n${this.exitCode}\n`);
    });
  }

  /** Lines so far. */
  of(type: string): JavaLine[] {
    return this.lines.filter((line) => line.type === type);
  }

  /** Waits until at least `count` lines of a type are there. */
  async until(type: string, count = 1, limitMs = RUN_LIMIT_MS): Promise<JavaLine[]> {
    await this.wait(() => this.of(type).length >= count || this.exitCode !== undefined, limitMs, `${count} lines "${type}"`);
    if (this.of(type).length < count) throw this.failure(`ended with ${this.exitCode} before ${count} lines "${type}"`);
    return this.of(type);
  }

  /** Waits for something the program has a part in: when it ends before, that is a failure. */
  async whileRunning(condition: () => boolean, what: string, limitMs = RUN_LIMIT_MS): Promise<void> {
    await this.wait(() => condition() || this.exitCode !== undefined, limitMs, what);
    if (!condition()) throw this.failure(`ended with ${this.exitCode} before ${what}`);
  }

  /** Ends it at once, when it has not ended yet. */
  async kill(): Promise<void> {
    if (this.pid === undefined || this.exitCode !== undefined) return;
    process.kill(this.pid, 'SIGKILL');
    await until(() => this.exitCode !== undefined, RUN_LIMIT_MS);
  }

  /** Waits for its end, which must be a good one. */
  async end(limitMs = RUN_LIMIT_MS): Promise<this> {
    await this.wait(() => this.exitCode !== undefined, limitMs, 'its end');
    if (this.exitCode !== 0) throw this.failure(`ended with ${this.exitCode}`);
    return this;
  }

  private async wait(condition: () => boolean, limitMs: number, what: string): Promise<void> {
    try {
      await until(condition, limitMs);
    } catch {
      if (this.pid !== undefined && this.exitCode === undefined) process.kill(this.pid, 'SIGKILL');
      throw this.failure(`waited ${limitMs} ms for ${what}`);
    }
  }

  private failure(text: string): Error {
    return new Error(`java ${this.program} ${text}\n${this.text.slice(-3000)}\n${this.errors.slice(-2000)}`);
  }

  private take(chunk: string): void {
    this.text += chunk;
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) if (line.startsWith('{"type":')) this.lines.push(JSON.parse(line) as JavaLine);
  }
}

export function startJava(workspace: Workspace, client: AnyClient, program: JavaProgram, args: JavaArgs): JavaRun {
  return new JavaRun(workspace, client, program, args);
}

/** Runs a program to its end; a bad end throws with what it printed. */
export function runJava(workspace: Workspace, client: JavaClient, program: JavaProgram, args: JavaArgs): Promise<JavaRun> {
  return startJava(workspace, client, program, args).end();
}
