// A real Apache peer on this machine, for people. Everything of one server lies in DIR: conf/, logs/, out.log, pid.
//   peer VERSION namesrv   DIR PORT
//   peer VERSION broker    DIR NAMESRV [CONF]       CONF in properties format; without it: a broker of its own on port 10911, store in DIR
//   peer VERSION stop|kill9 DIR                     ends the server of DIR by its pid
//   peer VERSION admin     ARG...                   mqadmin
//   peer VERSION benchmark NAMESRV [ARG...]         5.5.0: the official benchmark producer, by default 64 threads, 128 bytes
//   peer VERSION run       MAINCLASS [ARG...]       any main class, in the foreground
// SERIALIZE=ROCKETMQ makes the process send binary headers. VERSION is 4.9.7 or 5.5.0; node tools/peer/fetch.mjs fetches them.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isFetched, mainCommand, PEER_VERSIONS, prepareHome, serverCommand } from './commands.mjs';

const BOOT_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const BENCHMARK = 'org.apache.rocketmq.example.benchmark.Producer';

const usage = () => {
  const lines = readFileSync(new URL(import.meta.url), 'utf8').split('\n');
  return lines
    .slice(
      0,
      lines.findIndex((line) => line.startsWith('import')),
    )
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
};
const fail = (text, code = 1) => {
  process.stderr.write(`${text}\n`);
  process.exit(code);
};

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition, limitMs) {
  for (const end = performance.now() + limitMs; performance.now() < end; await wait(50)) if (condition()) return true;
  return condition();
}

async function start(version, what, dir, args) {
  prepareHome(dir);
  const out = join(dir, 'out.log');
  const file = openSync(out, 'w');
  const { command, args: words } = serverCommand(version, what, args, { home: dir, serializeType: process.env.SERIALIZE || undefined });
  const child = spawn(command, words, { cwd: dir, detached: true, stdio: ['ignore', file, file] });
  closeSync(file);
  child.unref();
  writeFileSync(join(dir, 'pid'), `${child.pid}\n`);
  const text = () => readFileSync(out, 'utf8');
  await until(() => /boot success/.test(text()) || child.exitCode !== null, BOOT_LIMIT_MS);
  if (!/boot success/.test(text())) {
    if (child.exitCode === null) child.kill('SIGKILL');
    fail(`${what} ${version} did not boot; ${out} says:\n${text()}`);
  }
  process.stdout.write(`${/.*boot success.*/.exec(text())[0]}\npid ${child.pid}, logs in ${join(dir, 'logs')}\n`);
}

async function stop(dir, signal) {
  const file = join(dir, 'pid');
  if (!existsSync(file)) fail(`${file}: no such file, so no server was started there`);
  const pid = Number(readFileSync(file, 'utf8'));
  if (isAlive(pid)) process.kill(pid, signal);
  if (!(await until(() => !isAlive(pid), STOP_LIMIT_MS))) fail(`pid ${pid} is still there ${STOP_LIMIT_MS / 1000} s after ${signal}`);
}

function foreground({ command, args }) {
  process.exit(spawnSync(command, args, { stdio: 'inherit' }).status ?? 1);
}

function defaultConf(dir) {
  const file = join(dir, 'conf', 'broker.conf');
  mkdirSync(join(dir, 'conf'), { recursive: true });
  const store = join(dir, 'store');
  writeFileSync(
    file,
    `brokerClusterName=DefaultCluster\nbrokerName=apache\nbrokerId=0\nbrokerIP1=127.0.0.1\nstorePathRootDir=${store}\nstorePathCommitLog=${join(store, 'commitlog')}\n`,
  );
  return file;
}

const [version, what, ...rest] = process.argv.slice(2);
if (version === undefined || version === '-h' || version === '--help') fail(usage(), version === undefined ? 2 : 0);
if (!PEER_VERSIONS.includes(version)) fail(`version ${version}: expected one of ${PEER_VERSIONS.join(', ')}\n\n${usage()}`, 2);
if (!isFetched(version)) fail(`the jars of ${version} are not here: node tools/peer/fetch.mjs ${version}`);
const form = { home: join(tmpdir(), 'rmq-peer'), serializeType: process.env.SERIALIZE || undefined };
const needed = { namesrv: 2, broker: 2, stop: 1, kill9: 1, benchmark: 1, run: 1 }[what] ?? 0;
if (rest.length < needed) fail(`${what}: ${needed} arguments are needed\n\n${usage()}`, 2);
switch (what) {
  case 'namesrv': {
    const dir = resolve(rest[0]);
    mkdirSync(join(dir, 'conf'), { recursive: true });
    const conf = join(dir, 'conf', 'namesrv.conf');
    writeFileSync(conf, `listenPort=${rest[1]}\n`);
    await start(version, what, dir, ['-c', conf]);
    break;
  }
  case 'broker': {
    const dir = resolve(rest[0]);
    await start(version, what, dir, ['-n', rest[1], '-c', rest[2] === undefined ? defaultConf(dir) : resolve(rest[2])]);
    break;
  }
  case 'stop':
  case 'kill9':
    await stop(resolve(rest[0]), what === 'stop' ? 'SIGTERM' : 'SIGKILL');
    break;
  case 'admin':
    prepareHome(form.home);
    foreground(serverCommand(version, 'admin', rest, form));
    break;
  case 'benchmark': {
    if (version !== '5.5.0') fail('the official benchmark is in the jars of 5.5.0 only', 2);
    const given = (flag) => rest.includes(flag);
    const defaults = [
      ...(given('-t') ? [] : ['-t', 'BenchmarkTest']),
      ...(given('-w') ? [] : ['-w', '64']),
      ...(given('-s') ? [] : ['-s', '128']),
    ];
    foreground(mainCommand(version, BENCHMARK, ['-n', rest[0], ...defaults, ...rest.slice(1)], { ...form, heap: '512m' }));
    break;
  }
  case 'run':
    foreground(mainCommand(version, rest[0], rest.slice(1), form));
    break;
  default:
    fail(`${what ?? 'nothing'}: no such command\n\n${usage()}`, 2);
}
