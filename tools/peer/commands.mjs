// The Apache peers and an application of rocketmq-spring: where their jars lie, what is missing on this machine, and the command line of each server and main class.
// Must never start a process that outlives the call; who starts servers also ends them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Versions whose complete server sets are on Maven Central. */
export const PEER_VERSIONS = ['4.9.7', '5.5.0'];

/** What an application of rocketmq-spring needs; a client only, so no server version. */
export const SPRING_PEER = 'spring-2.3.5';

const apache = (version, ...names) => names.map((name) => ({ group: 'org.apache.rocketmq', name: `rocketmq-${name}`, version }));
const BOOT = { group: 'org.springframework.boot', version: '3.5.7' };

const ARTIFACTS = {
  '4.9.7': apache('4.9.7', 'broker', 'namesrv', 'client', 'tools'),
  '5.5.0': apache('5.5.0', 'broker', 'namesrv', 'client', 'tools', 'example'),
  [SPRING_PEER]: [...apache('2.3.5', 'spring-boot-starter'), { ...BOOT, name: 'spring-boot-starter-json' }],
};

/** A bill of materials that settles the versions of what the artifacts bring along. */
const MANAGED = { [SPRING_PEER]: [{ ...BOOT, name: 'spring-boot-dependencies' }] };

const MAIN_CLASSES = {
  namesrv: 'org.apache.rocketmq.namesrv.NamesrvStartup',
  broker: 'org.apache.rocketmq.broker.BrokerStartup',
  admin: 'org.apache.rocketmq.tools.command.MQAdminStartup',
};

/** Packages of the JDK the servers reach into; without them 4.9.7 fails to unmap files on Java 17. */
const OPENED = ['java.nio', 'sun.nio.ch', 'jdk.internal.ref', 'java.lang', 'sun.security.action', 'java.util'];

/** Folder of all peers: ROCKETMQ_PEERS, or the user's cache. */
export function peersHome() {
  return process.env.ROCKETMQ_PEERS || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rmq-peers');
}

export function peerHome(version) {
  if (!Object.hasOwn(ARTIFACTS, version)) throw new Error(`version ${version}: expected one of ${Object.keys(ARTIFACTS).join(', ')}`);
  return join(peersHome(), `rmq-${version}`);
}

export function classPathOf(version) {
  return join(peerHome(version), 'lib', '*');
}

export function isFetched(version) {
  return existsSync(join(peerHome(version), 'done'));
}

const runs = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What this machine lacks to run a peer, as words for people; empty when nothing. */
export function missingForPeers(versions = PEER_VERSIONS) {
  const missing = [];
  if (!runs('java', '-version') || !runs('javac', '-version')) missing.push('a JDK (Debian: apt-get install openjdk-17-jdk-headless)');
  const absent = versions.filter((version) => !isFetched(version));
  if (absent.length > 0 && !runs('mvn', '-version')) missing.push('Maven (Debian: apt-get install maven)');
  else if (absent.length > 0) missing.push(`the jars of ${absent.join(' and ')} (node tools/peer/fetch.mjs)`);
  return missing;
}

const dependency = ({ group, name, version }, more = '') =>
  `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>${more}</dependency>`;

function pomOf(version) {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    '  <groupId>peer</groupId><artifactId>peer</artifactId><version>1</version><packaging>pom</packaging>',
    '  <dependencyManagement><dependencies>',
    ...(MANAGED[version] ?? []).map((artifact) => dependency(artifact, '<type>pom</type><scope>import</scope>')),
    '  </dependencies></dependencyManagement>',
    '  <dependencies>',
    ...ARTIFACTS[version].map((artifact) => dependency(artifact)),
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
}

/** Fetches the jars of one version once. Answers false when they were there. */
export function fetchPeer(version) {
  const home = peerHome(version);
  if (isFetched(version)) return false;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'pom.xml'), pomOf(version));
  const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'];
  const { status, stdout, stderr, error } = spawnSync('mvn', args, { cwd: home, encoding: 'utf8' });
  if (status !== 0) {
    const lines = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-10).join('\n');
    throw new Error(`mvn ${args.join(' ')} in ${home} failed: ${error?.message ?? `exit ${status}`}\n${lines}`);
  }
  writeFileSync(join(home, 'done'), `${new Date().toISOString()}\n`);
  return true;
}

/** Makes `home` the home of one server: its log settings and its logs stay inside. */
export function prepareHome(home) {
  mkdirSync(join(home, 'conf'), { recursive: true });
  mkdirSync(join(home, 'logs'), { recursive: true });
  for (const name of ['logback_broker', 'logback_namesrv', 'logback_tools']) {
    const file = join(home, 'conf', `${name}.xml`);
    if (existsSync(file)) continue;
    writeFileSync(
      file,
      `<configuration>
  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
    <file>${join(home, 'logs', `${name}.log`)}</file>
    <encoder><pattern>%d{HH:mm:ss.SSS} %p %t %logger{0} - %m%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="FILE"/></root>
</configuration>
`,
    );
  }
}

/**
 * The command line of a main class of `version`.
 * `serializeType` is the header form the process itself sends; `classPath` comes before the jars; `shortLived` saves compiling time.
 */
export function mainCommand(version, mainClass, args = [], options = {}) {
  const { home, heap = '256m', serializeType, classPath, javaOptions = [], shortLived = false } = options;
  const jars = classPathOf(version);
  return {
    command: 'java',
    args: [
      `-Xmx${heap}`,
      '-XX:+UseSerialGC',
      ...(shortLived ? ['-XX:TieredStopAtLevel=1'] : []),
      ...OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
      '-Dio.netty.tryReflectionSetAccessible=true',
      ...(home === undefined ? [] : [`-Duser.home=${home}`, `-Drocketmq.home.dir=${home}`]),
      ...(serializeType === undefined ? [] : [`-Drocketmq.serialize.type=${serializeType}`]),
      ...javaOptions,
      '-cp',
      classPath === undefined ? jars : `${classPath}:${jars}`,
      mainClass,
      ...args,
    ],
  };
}

/** The command line of a server or of mqadmin: `what` is namesrv, broker or admin. */
export function serverCommand(version, what, args = [], options = {}) {
  // A full disk of the machine must not make a test broker refuse messages.
  const ratios = ['-Drocketmq.broker.diskSpaceWarningLevelRatio=0.99', '-Drocketmq.broker.diskSpaceCleanForciblyRatio=0.99'];
  const defaults = what === 'broker' ? { heap: '512m', javaOptions: ['-XX:MaxDirectMemorySize=512m', ...ratios] } : { heap: '128m' };
  return mainCommand(version, MAIN_CLASSES[what], args, { ...defaults, ...options });
}
