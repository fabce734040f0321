// Runs a program from its TypeScript sources in a child process: `node --import ./test/support/ts-loader.mjs program.ts`.
// Must never be needed by the product: it is for tests that have to kill a process.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The package doors of this repository, as in tsconfig.json. */
const DOORS = [
  [/^rocketmq-core$/, () => 'libs/rocketmq-core/src/index.ts'],
  [/^rocketmq-core\/([\w-]+)$/, (folder) => `libs/rocketmq-core/src/${folder}/index.ts`],
  [/^nest-rocketmq$/, () => 'libs/nest-rocketmq/src/index.ts'],
  [/^nest-rocketmq\/([\w-]+)$/, (folder) => `libs/nest-rocketmq/src/${folder}/index.ts`],
  [/^rocketmq-embedded$/, () => 'libs/rocketmq-embedded/src/index.ts'],
  [/^@nest-rocketmq\/(namesrv|broker)$/, (name) => `apps/${name}/src/index.ts`],
];

export async function resolve(specifier, context, next) {
  for (const [pattern, target] of DOORS) {
    const match = pattern.exec(specifier);
    if (match) return { url: new URL(target(match[1]), root).href, shortCircuit: true };
  }
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    return { url: new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL).href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { transform } = await import('@swc/core');
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, 'utf8'), {
    filename: path,
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
  });
  return { format: 'module', source: code, shortCircuit: true };
}

// The hooks run in a thread that loads this file again; registering there too would not end.
const { isMainThread } = await import('node:worker_threads');
if (isMainThread) register(import.meta.url, pathToFileURL('./'));
