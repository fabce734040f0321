#!/usr/bin/env node
/**
 * Completes `package-lock.json` with the optional platform packages (`@swc/core-darwin-arm64`, …) that the registry npm
 * asked could not show. A registry or mirror may carry only the platforms of its own machines; npm then writes a lock
 * without the others, and `npm ci` refuses that lock everywhere ("Missing: … from lock file"). The entries written here
 * name version, operating system and processor, so npm skips them where they do not fit and fetches them where they do.
 *
 *   node tools/lock/complete-platforms.mjs [--check] [LOCK]     exit 1 with --check when something is missing
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** What the name of a platform package says of the machines it is for; undefined for a package that is for all. */
export function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.at(-1).startsWith('musl') ? 'musl' : words.at(-1).startsWith('gnu') ? 'glibc' : undefined;
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}) };
}

/** Adds to `lock` every platform package that a package of it names and the lock does not hold; answers their places. */
export function complete(lock) {
  const added = [];
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      const own = `${place}/node_modules/${name}`;
      const shared = `node_modules/${name}`;
      if (platform === undefined || lock.packages[own] !== undefined || lock.packages[shared] !== undefined) continue;
      lock.packages[shared] = {
        version,
        cpu: platform.cpu,
        ...(entry.dev === true ? { dev: true } : {}),
        ...(platform.libc === undefined ? {} : { libc: platform.libc }),
        optional: true,
        os: platform.os,
      };
      added.push(shared);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return added;
}

const check = process.argv.includes('--check');
const path = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = complete(lock);
if (added.length > 0 && !check) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${path}: ${added.length} platform packages ${check ? 'missing' : 'added'}`);
for (const place of added) console.log(`  ${place.slice('node_modules/'.length)}`);
if (check && added.length > 0) process.exitCode = 1;
