// Starts, stops and kills consumer processes and gathers what they were given.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Consumed {
  readonly id: string;
  readonly tag: string;
  readonly queue: string;
  readonly queueOffset: number;
}

const LOADER = new URL('./ts-loader.mjs', import.meta.url).href;
const PROGRAM = new URL('./consumer-process.ts', import.meta.url).pathname;

export class ConsumerMember {
  private child: ChildProcess | undefined;

  constructor(
    private readonly args: readonly string[],
    private readonly onMessage: (consumed: Consumed) => void,
  ) {}

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Resolves when the member's application has started. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, ['--import', LOADER, PROGRAM, ...this.args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    const lines = createInterface({ input: child.stdout! });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`the member ended before it was ready: ${code ?? signal}`)));
      lines.on('line', (line) => {
        if (line === 'ready') resolve();
        const [kind, id, tag, queue, queueOffset] = line.split(' ');
        if (kind === 'message') this.onMessage({ id: id!, tag: tag!, queue: queue!, queueOffset: Number(queueOffset) });
      });
    });
  }

  /** An orderly end: drains and commits. */
  stop(): Promise<void> {
    return this.end((child) => child.stdin!.end());
  }

  /** As the power going: nothing is drained or committed. */
  kill(): Promise<void> {
    return this.end((child) => child.kill('SIGKILL'));
  }

  private async end(how: (child: ChildProcess) => unknown): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    how(child);
    await ended;
  }
}
