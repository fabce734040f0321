// The house style as a test: each rule takes the sources and returns problems `{ path, line, text }`. Limits that may only fall are in ratchet.json.

const CORE = 'libs/rocketmq-core/src/';

/** Which folder of the core may import which. */
const CORE_LAYERS = {
  common: [],
  errors: ['common'],
  message: ['common', 'errors'],
  filter: ['common', 'errors', 'message'],
  protocol: ['common', 'errors', 'message'],
  remoting: ['common', 'errors', 'message', 'protocol'],
  client: ['common', 'errors', 'message', 'filter', 'protocol', 'remoting'],
  store: ['common', 'errors', 'message'],
};

/** Which package may import which (tests and bench may import everything). */
const PACKAGES = {
  'libs/rocketmq-core': [],
  'libs/nest-rocketmq': ['libs/rocketmq-core'],
  'apps/namesrv': ['libs/rocketmq-core', 'libs/nest-rocketmq'],
  'apps/broker': ['libs/rocketmq-core', 'libs/nest-rocketmq'],
  'libs/rocketmq-embedded': ['libs/rocketmq-core', 'apps/namesrv', 'apps/broker'],
  'apps/demo': ['libs/rocketmq-core', 'libs/nest-rocketmq', 'libs/rocketmq-embedded'],
};

/** Where a port may be touched: clock, file system, network, console. */
const PORTS = {
  clock: [/^libs\/rocketmq-core\/src\/common\/(system-clock|manual-clock|virtual-clock|turn)\.ts$/],
  // The offset file of a broadcasting consumer: the client must not know the store and its disk.
  fs: [
    /^libs\/rocketmq-core\/src\/client\/consumer\/node-offset-file\.ts$/,
    /^libs\/rocketmq-core\/src\/store\/disk\//,
    /^libs\/nest-rocketmq\/src\/server\//,
    /^libs\/rocketmq-embedded\/src\//,
    /^apps\/demo\/src\/temporary-directory\.ts$/,
  ],
  // The demo starts servers and applications as processes, which is what it shows.
  processes: [/^apps\/demo\/src\/programs\.ts$/],
  net: [/^libs\/rocketmq-core\/src\/remoting\/node-network\.ts$/],
  console: [/^apps\/[\w-]+\/src\/main\.ts$/, /^apps\/demo\//, /^libs\/nest-rocketmq\/src\/server\/cli/],
};

const CLOCK_WORDS = new Set(['Date.now', 'performance.now', 'process.hrtime', 'setTimeout', 'setInterval', 'setImmediate', 'new Date()']);

const isProduct = (path) => /^(libs|apps)\//.test(path);
const isSpec = (path) => /\.(spec|types-test)\.ts$/.test(path);
const packageOf = (path) => path.split('/').slice(0, 2).join('/');
const coreFolderOf = (path) => (path.startsWith(CORE) ? path.slice(CORE.length).split('/')[0] : undefined);

function* layerProblems(source) {
  if (!isProduct(source.path) || isSpec(source.path)) return;
  const from = packageOf(source.path);
  for (const { to, specifier, line } of source.imports) {
    const target = packageOf(to);
    if (target !== from) {
      if (!PACKAGES[from]?.includes(target)) yield { line, text: `${from} must not import ${target} (${specifier})` };
      else if (specifier.startsWith('.')) yield { line, text: `import ${target} through its door, not by path (${specifier})` };
      continue;
    }
    const fromFolder = coreFolderOf(source.path);
    const toFolder = coreFolderOf(to);
    if (!fromFolder || fromFolder === 'index.ts' || fromFolder === toFolder) continue;
    if (toFolder === 'index.ts') yield { line, text: 'the public door is for users, not for the core itself' };
    else if (!CORE_LAYERS[fromFolder]?.includes(toFolder)) yield { line, text: `${fromFolder} must not import ${toFolder} (${specifier})` };
    else if (!to.endsWith(`/${toFolder}/index.ts`)) yield { line, text: `import ${toFolder} through its index.ts (${specifier})` };
  }
}

function* portProblems(source) {
  if (!isProduct(source.path) || isSpec(source.path)) return;
  const allowed = (port) => PORTS[port].some((pattern) => pattern.test(source.path));
  for (const { what, line } of source.found) {
    if (CLOCK_WORDS.has(what) && !allowed('clock')) yield { line, text: `${what}: time goes through the Clock port` };
    if (what === 'console' && !allowed('console')) yield { line, text: 'console: lines go through the Logger port' };
    if (what === 'NODE_ENV') yield { line, text: 'production code never reads NODE_ENV' };
  }
  for (const { specifier, line } of source.bare) {
    if (/^(node:)?fs(\/promises)?$/.test(specifier) && !allowed('fs')) yield { line, text: `${specifier}: files go through the disk port` };
    if (/^(node:)?(net|tls|dgram)$/.test(specifier) && !allowed('net'))
      yield { line, text: `${specifier}: sockets go through the network port` };
    if (/^(node:)?child_process$/.test(specifier) && !allowed('processes')) yield { line, text: 'no child processes in the product' };
  }
}

function* wordProblems(source) {
  for (const { what, line } of source.found) {
    if (what === 'export *') yield { line, text: 'export *: list the names' };
    if (what === 'enum') yield { line, text: 'enum: use a const object and a union of literals' };
    if (what === 'any' && source.path.startsWith('libs/')) yield { line, text: 'any' };
  }
  if (/\bFIXME\b/.test(source.text)) yield { line: 1, text: 'FIXME left behind' };
}

function* corePurity(source) {
  if (!source.path.startsWith(CORE) || isSpec(source.path)) return;
  for (const { specifier, line } of source.bare) {
    if (!specifier.startsWith('node:') && specifier !== 'fzstd')
      yield { line, text: `runtime dependency ${specifier}: the core has none (D10)` };
  }
}

function* specPlaces(source) {
  if (!source.path.endsWith('.spec.ts')) return;
  if (!/^(libs|apps|tools|test\/(wire|contract|integration|e2e|regression|docs|interop|fault|packages))\//.test(source.path))
    yield { line: 1, text: 'no test project runs this file' };
  if (/\b(it|test|describe)\.(skip|only)\(/.test(source.text))
    yield { line: 1, text: '.skip/.only: give the reason as a condition of the peer, or remove it' };
}

/** Problems of one kind for every source. */
export function checkSources(sources) {
  const problems = [];
  for (const source of sources.values()) {
    for (const rule of [layerProblems, portProblems, wordProblems, corePurity, specPlaces]) {
      for (const problem of rule(source)) problems.push({ path: source.path, ...problem });
    }
  }
  return problems;
}

/** File cycles, type imports included, as lists of paths. */
export function findCycles(sources) {
  const state = new Map();
  const cycles = [];
  const stack = [];
  const visit = (path) => {
    state.set(path, 'open');
    stack.push(path);
    for (const { to } of sources.get(path)?.imports ?? []) {
      if (!sources.has(to)) continue;
      if (state.get(to) === 'open') cycles.push([...stack.slice(stack.indexOf(to)), to]);
      else if (!state.has(to)) visit(to);
    }
    stack.pop();
    state.set(path, 'done');
  };
  for (const path of sources.keys()) if (!state.has(path)) visit(path);
  return cycles;
}
