// Pid files of running servers: who runs on which port, and the proof that the process is still the one that wrote the file. Must never
// send a signal.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type ServerRole = 'namesrv' | 'broker';

export interface PidRecord {
  readonly role: ServerRole;
  /** Where the server can be reached from this machine. */
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** When the system started the process, as the system says it: differs when the pid is used again. Empty where the system does not tell. */
  readonly startMark: string;
}

/** Largest pid file read. */
const PID_FILE_LIMIT_CHARS = 4096;

/** Where pid files live: ROCKETMQ_RUN_DIR, or `.nest-rocketmq/run` in the user's home. */
export function runDirectory(variables: Readonly<Record<string, string | undefined>> = process.env): string {
  return variables.ROCKETMQ_RUN_DIR || join(homedir(), '.nest-rocketmq', 'run');
}

/** The system's own start stamp of a process; undefined when it is not running, '' when this system does not tell. */
export function processStartMark(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      process.kill(pid, 0);
      return '';
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; fields are counted after it. Field 22 is the start time, 3 the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Writes the pid file of this process and returns its removal, which leaves a successor's file alone. */
export function writePidFile(directory: string, role: ServerRole, address: { host: string; port: number }): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${role}-${address.port}.pid`);
  const record: PidRecord = { role, ...address, pid: process.pid, startMark: processStartMark(process.pid) ?? '' };
  writeFileSync(file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return () => {
    if (readPidFile(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** Running servers of a role, by port. Files of processes that are gone, or whose pid now belongs to another process, are removed. */
export function runningServers(directory: string, role: ServerRole): PidRecord[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  const running: PidRecord[] = [];
  for (const name of names) {
    if (!name.startsWith(`${role}-`) || !name.endsWith('.pid')) continue;
    const file = join(directory, name);
    const record = readPidFile(file);
    if (record === undefined || record.role !== role || !isRunning(record)) rmSync(file, { force: true });
    else running.push(record);
  }
  return running.toSorted((a, b) => a.port - b.port);
}

/** The process that wrote the record is still running. With an empty start mark only: some process has its pid; ask its port too. */
export function isRunning(record: PidRecord): boolean {
  return processStartMark(record.pid) === record.startMark;
}

function readPidFile(file: string): PidRecord | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > PID_FILE_LIMIT_CHARS) return undefined;
    const record = JSON.parse(text) as Partial<PidRecord> | null;
    const { role, host, port, pid, startMark } = record ?? {};
    if ((role !== 'namesrv' && role !== 'broker') || !Number.isInteger(port) || !Number.isInteger(pid) || pid! <= 1) return undefined;
    return { role, host: String(host ?? '127.0.0.1'), port: port!, pid: pid!, startMark: String(startMark ?? '') };
  } catch {
    return undefined;
  }
}
