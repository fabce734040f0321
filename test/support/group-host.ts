// Starts, stops, wakes and kills processes with members of a group, and keeps the history of their listener calls.
// Must never leave a process behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { PushConsumerOptions } from 'rocketmq-core';
import { FastClock } from './fast-clock.js';

export interface GroupSettings {
  readonly nameServer: string;
  readonly topic: string;
  readonly group: string;
  readonly orderly: boolean;
  /** Of the clock of client and broker. */
  readonly speed: number;
  /** Real ms a listener call takes. */
  readonly listenMs: number;
  readonly leaveWithinMs: number;
  readonly options: PushConsumerOptions;
  /** The text of a message at which the process ends itself, and of one that fails. */
  readonly exitOn?: string;
  readonly throwOn?: string;
}

/** One listener call; times in real ms, the same for all processes. */
export interface Call {
  readonly host: GroupHost;
  readonly member: string;
  readonly queue: string;
  readonly offset: number;
  readonly text: string;
  /** When the member last knew what time it was before the call. */
  readonly knewMs: number;
  readonly beginMs: number;
  /** Infinity: it did not end. */
  endMs: number;
}

/** What happened to a process. `untilMs` of a stop: when it was woken, or killed. */
export interface Stop {
  readonly fromMs: number;
  untilMs: number;
}

const LOADER = new URL('./ts-loader.mjs', import.meta.url).href;
const PROGRAM = new URL('./group-process.ts', import.meta.url).pathname;

export class GroupHost {
  readonly stops: Stop[] = [];
  /** When. */
  readonly kills: number[] = [];
  readonly members = new Set<string>();
  /** Calls that have begun and not ended. */
  private readonly open = new Map<string, Call>();
  private readonly waiting = new Map<string, () => void>();
  private child: ChildProcess | undefined;
  private ready = false;

  constructor(
    private readonly settings: GroupSettings,
    private readonly history: Call[],
  ) {}

  /** Its members can be told to come and go. */
  get isRunning(): boolean {
    return this.ready;
  }

  get isStopped(): boolean {
    return this.stops.at(-1)?.untilMs === Infinity;
  }

  /** The exit code, when the process ends by itself. */
  async start(changed: Partial<GroupSettings> = {}): Promise<void> {
    const words = JSON.stringify({ ...this.settings, ...changed });
    const child = spawn(process.execPath, ['--import', LOADER, PROGRAM, words], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    child.stdin!.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout! });
    const ready = this.wait('ready');
    lines.on('line', (line) => this.take(line.split(' ')));
    child.once('close', () => {
      if (this.child === child) this.gone();
    });
    await ready;
    this.ready = this.child === child;
  }

  async join(member: string): Promise<void> {
    this.members.add(member);
    await this.tell(`join ${member}`);
  }

  async leave(member: string): Promise<void> {
    this.members.delete(member);
    await this.tell(`leave ${member}`);
  }

  async jump(ms: number): Promise<void> {
    await this.tell(`jump ${ms}`);
  }

  stop(): void {
    this.stops.push({ fromMs: FastClock.realMs(), untilMs: Infinity });
    this.child!.kill('SIGSTOP');
  }

  wake(): void {
    this.stops.at(-1)!.untilMs = FastClock.realMs();
    this.child!.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const closed = once(child, 'close');
    this.kills.push(FastClock.realMs());
    child.kill('SIGKILL');
    await closed;
  }

  /** Resolves when the process has ended by itself. */
  async ended(): Promise<void> {
    if (this.child !== undefined) await once(this.child, 'close');
  }

  /** Members leave, then the process ends. */
  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    if (this.isStopped) this.wake();
    const closed = once(child, 'close');
    child.stdin!.end();
    await closed;
  }

  private gone(): void {
    this.child = undefined;
    this.ready = false;
    this.members.clear();
    this.open.clear();
    if (this.isStopped) this.stops.at(-1)!.untilMs = FastClock.realMs();
    for (const done of this.waiting.values()) done();
    this.waiting.clear();
  }

  private async tell(line: string): Promise<void> {
    const done = this.wait(`done ${line}`);
    this.child!.stdin!.write(`${line}\n`);
    await done;
  }

  /** Also when the process ends first. */
  private wait(line: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(line, resolve));
  }

  private take(words: string[]): void {
    const [kind, member, queue, offset] = words as [string, string, string, string];
    if (kind === 'begin') {
      const [text, knewMs, beginMs] = words.slice(4) as [string, string, string];
      const at = { host: this, member, queue, offset: Number(offset), text };
      const call: Call = { ...at, knewMs: Number(knewMs), beginMs: Number(beginMs), endMs: Infinity };
      this.history.push(call);
      this.open.set(`${member} ${queue} ${offset}`, call);
    } else if (kind === 'end') {
      const key = `${member} ${queue} ${offset}`;
      const call = this.open.get(key);
      this.open.delete(key);
      if (call !== undefined) call.endMs = Number(words[4]);
    } else {
      const line = words.join(' ');
      this.waiting.get(line)?.();
      this.waiting.delete(line);
    }
  }
}
