// Starts the servers that are compared: ours from this repository, Apache's from the peers folder, each with its own name server and store.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Peer {
  name: string;
  nameServer: string;
  brokerPid: number;
  /** From starting the broker process to its boot line. */
  startMs: number;
  stop(): Promise<void>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const peersHome = process.env.PEERS ?? join(process.env.HOME ?? '', '.cache/rmq-peers');
const BOOT_DEADLINE_MS = 60_000;

/** `ours`, `4.9.7` or `5.5.0`. */
export async function startPeer(name: string): Promise<Peer> {
  const home = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const namesrvPort = await freePort();
  const listenPort = await freePort();
  const conf = join(home, 'broker.conf');
  writeFileSync(
    conf,
    `brokerClusterName=DefaultCluster\nbrokerName=bench\nbrokerId=0\nbrokerIP1=127.0.0.1\nlistenPort=${listenPort}\nhaListenPort=${await freePort()}\nstorePathRootDir=${home}/store\nstorePathCommitLog=${home}/store/commitlog\nflushDiskType=ASYNC_FLUSH\n`,
  );
  const namesrvConf = join(home, 'namesrv.conf');
  writeFileSync(namesrvConf, `listenPort=${namesrvPort}\n`);
  const nameServer = `127.0.0.1:${namesrvPort}`;
  const namesrv = await boot(home, 'namesrv', commandOf(name, 'namesrv', home, ['-c', namesrvConf]), /boot success/);
  const broker = await boot(home, 'broker', commandOf(name, 'broker', home, ['-n', nameServer, '-c', conf]), /boot success/);
  return {
    name,
    nameServer,
    brokerPid: broker.pid,
    startMs: broker.startMs,
    async stop() {
      await broker.stop();
      await namesrv.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function commandOf(name: string, server: 'namesrv' | 'broker', home: string, args: string[]): string[] {
  if (name === 'ours') return [process.execPath, join(root, `apps/${server}/bin/mq${server}.mjs`), ...args];
  const opens = ['java.nio', 'sun.nio.ch', 'jdk.internal.ref', 'java.lang', 'sun.security.action', 'java.util'].map(
    (each) => `--add-opens=java.base/${each}=ALL-UNNAMED`,
  );
  const memory =
    server === 'broker' ? ['-Xms1g', '-Xmx1g', '-XX:+UseG1GC', '-XX:MaxDirectMemorySize=1g'] : ['-Xmx128m', '-XX:+UseSerialGC'];
  const main = server === 'broker' ? 'org.apache.rocketmq.broker.BrokerStartup' : 'org.apache.rocketmq.namesrv.NamesrvStartup';
  return [
    'java',
    ...memory,
    ...opens,
    '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
    `-Duser.home=${home}`,
    `-Drocketmq.home.dir=${home}`,
    '-Drocketmq.broker.diskSpaceWarningLevelRatio=0.99',
    '-Drocketmq.broker.diskSpaceCleanForciblyRatio=0.99',
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-cp',
    join(peersHome, `rmq-${name}`, 'lib', '*'),
    main,
    ...args,
  ];
}

async function boot(
  home: string,
  what: string,
  command: string[],
  ready: RegExp,
): Promise<{ pid: number; startMs: number; stop(): Promise<void> }> {
  const startedAt = performance.now();
  const child = spawn(command[0]!, command.slice(1), {
    cwd: home,
    env: { ...process.env, HOME: home, ROCKETMQ_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`${what} did not boot within ${BOOT_DEADLINE_MS} ms:\n${output}`)),
      BOOT_DEADLINE_MS,
    );
    const see = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!ready.test(output)) return;
      clearTimeout(deadline);
      resolve();
    };
    child.stdout.on('data', see);
    child.stderr.on('data', see);
    child.once('exit', (code) => {
      clearTimeout(deadline);
      reject(new Error(`${what} exited with ${code}:\n${output}`));
    });
  });
  return {
    pid: child.pid!,
    startMs: performance.now() - startedAt,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Resident set of a process; on other systems than Linux 0. */
export function residentMiB(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Math.round(Number(line?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
