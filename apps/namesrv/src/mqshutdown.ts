// The command mqshutdown: asks the servers of a role that run on this machine to stop, by their pid files, and waits until they have. Must
// never signal a process that is not the one that wrote its file.
import { MessageChannel } from 'node:worker_threads';
import {
  CommandUsageError,
  isRunning,
  parseCommandLine,
  type PidRecord,
  runCommand,
  runDirectory,
  runningServers,
  type ServerRole,
  SHUTDOWN_DEADLINE_MS,
  usageText,
} from 'nest-rocketmq/server';
import { sleep, SystemClock } from 'rocketmq-core/common';
import { NodeNetwork } from 'rocketmq-core/remoting';

const COMMAND = {
  command: 'mqshutdown',
  summary: 'Stops the name servers or brokers of this user on this machine and waits until they have ended.',
  positionals: ['namesrv|broker'],
  options: {
    port: { type: 'string', value: 'PORT', doc: 'Stops only the server that listens on PORT.' },
  },
} as const;

const POLL_MS = 100;
const clock = new SystemClock();

async function main(): Promise<number> {
  const { values, positionals, help } = parseCommandLine(COMMAND, process.argv.slice(2));
  if (help) {
    process.stdout.write(usageText(COMMAND));
    return 0;
  }
  const [role] = positionals;
  if (role !== 'namesrv' && role !== 'broker') throw new CommandUsageError(`"${role}" is neither namesrv nor broker`, usageText(COMMAND));
  if (values.port !== undefined && !/^\d{1,5}$/.test(values.port))
    throw new CommandUsageError(`${values.port} is no port`, usageText(COMMAND));
  const found = await runningOnes(role);
  const wanted = found.filter(({ port }) => values.port === undefined || port === Number(values.port));
  if (wanted.length === 0) {
    process.stdout.write(`No mq${role} running${values.port === undefined ? '' : ` on port ${values.port}`}.\n`);
    return 1;
  }
  const outcomes = await Promise.all(wanted.map(stop));
  return outcomes.every(Boolean) ? 0 : 1;
}

/** Where the system does not say when a process started, a server also has to answer on its port. */
async function runningOnes(role: ServerRole): Promise<PidRecord[]> {
  const records = runningServers(runDirectory(), role);
  const answers = await Promise.all(records.map(async (record) => record.startMark !== '' || (await isListening(record))));
  return records.filter((_record, index) => answers[index]);
}

async function isListening({ host, port }: PidRecord): Promise<boolean> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  try {
    const channel = await new NodeNetwork().connect({ host: reachable, port, timeoutMs: 1000 });
    channel.destroy();
    return true;
  } catch {
    return false;
  }
}

async function stop(record: PidRecord): Promise<boolean> {
  const name = `mq${record.role}(${record.pid})`;
  process.stdout.write(`The ${name} is running...\n`);
  try {
    process.kill(record.pid, 'SIGTERM');
  } catch (error) {
    process.stdout.write(`Send shutdown request to ${name} failed: ${(error as NodeJS.ErrnoException).code}\n`);
    return false;
  }
  process.stdout.write(`Send shutdown request to ${name} OK\n`);
  const deadlineMs = clock.monotonic() + SHUTDOWN_DEADLINE_MS + 1000;
  while (isRunning(record)) {
    if (clock.monotonic() > deadlineMs) {
      process.stdout.write(`${name} is still running after ${SHUTDOWN_DEADLINE_MS + 1000} ms.\n`);
      return false;
    }
    await pause();
  }
  process.stdout.write(`${name} has stopped.\n`);
  return true;
}

/** The clock's timers do not keep the process alive; this one wait has to. */
async function pause(): Promise<void> {
  const { port1 } = new MessageChannel();
  port1.on('message', () => undefined);
  await sleep(clock, POLL_MS);
  port1.close();
}

await runCommand(main);
