// The packages as npm publishes them, installed into fresh applications: plain Node, Nest 12 in ESM, Nest 11 in CommonJS, their compilers and
// their Jest. Must never load a source of this repository into one of them.
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { doorsOf, load, promisedDoors } from './support/doors.js';
import { type FreshApp, registryAnswers, root, Workbench } from './support/fresh-app.js';

const online = await registryAnswers();
const described = online ? describe : describe.skip;

const TYPES = '@types/node@20';
const CLASS_TOOLS = ['class-transformer@0.5', 'class-validator@0.15'];
const NEST_12_ALONE = ['@nestjs/common@12.5.1', '@nestjs/core@12.5.1', 'reflect-metadata@0.2', 'rxjs@7'];
const NEST_12 = [...NEST_12_ALONE, '@nestjs/testing@12'];
const NEST_11_ALONE = ['@nestjs/common@11', '@nestjs/core@11', 'reflect-metadata@0.2', 'rxjs@7'];
const NEST_11 = [...NEST_11_ALONE, '@nestjs/testing@11'];
/** How compilers look packages up: as Node does, as bundlers do, and as TypeScript did before packages had `exports`. */
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
];
const EMBEDDED = ['rocketmq-embedded', '@nest-rocketmq/namesrv', '@nest-rocketmq/broker'];

described('packages', () => {
  let bench: Workbench;
  let cluster: EmbeddedRocketMQ;

  beforeAll(async () => {
    [bench, cluster] = await Promise.all([Workbench.open(), EmbeddedRocketMQ.start()]);
  });
  afterAll(async () => {
    await Promise.all([bench?.close(), cluster?.stop()]);
  });

  it('hold what is built, a README and the licence, and no source', () => {
    for (const { name, files } of bench.packed) {
      const paths = files.map(({ path }) => path);
      expect({ name, paths }).toEqual({ name, paths: expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js']) });
      expect({ name, paths: paths.filter((path) => /(^|\/)src\/|\.spec\.|types-test|(?<!\.d)\.ts$|\.map$|buildinfo/.test(path)) }).toEqual({
        name,
        paths: [],
      });
    }
  });

  describe('plain Node', () => {
    let app: FreshApp;
    beforeAll(async () => {
      app = await bench.app('plain', {}, ['rocketmq-core', TYPES]);
      await app.copy('plain');
    });

    it.each(RESOLUTIONS)('every door has its types for $module with $moduleResolution', async (resolution) => {
      const doors = ['', '/client', '/common', '/errors', '/filter', '/message', '/protocol', '/remoting', '/store'];
      await app.write('doors.ts', importing(doors.map((door) => `rocketmq-core${door}`)));
      await app.write('tsconfig.json', tsconfig({ ...resolution, skipLibCheck: false, noEmit: true }, 'doors.ts'));
      expect(await app.compile()).toBe('');
    });

    it.each(['main.mjs', 'main.cjs'])('%s sends and consumes', async (program) => {
      const output = await app.node(program, cluster.nameServer, program.replace('.', '-'));
      expect(output.trim()).toBe('SEND_OK hello true');
    });
  });

  describe('Nest 12 in ESM', () => {
    let app: FreshApp;
    beforeAll(async () => {
      app = await bench.app('nest12', { type: 'module' }, [
        ...NEST_12,
        ...CLASS_TOOLS,
        TYPES,
        'nest-rocketmq',
        'rocketmq-core',
        ...EMBEDDED,
      ]);
      await app.copy('nest');
    });

    it('compiles, runs on the cluster inside its process, and is tested by Jest in ESM', async () => {
      await app.write('tsconfig.json', tsconfig({ module: 'nodenext' }));
      expect(await app.compile()).toBe('');
      expect((await app.node('dist/main.js')).trim()).toBe('SEND_OK true ORDER-1 paid');
      expect(await app.jest('es6', {})).toMatch('1 passed');
    });

    it('runs with both copies of the library in one process', async () => {
      expect((await app.node('mixed.mjs')).trim()).toBe('SEND_OK hello at attempt 2');
    });
  });

  describe('Nest 11 in CommonJS', () => {
    let app: FreshApp;
    beforeAll(async () => {
      app = await bench.app('nest11', {}, [...NEST_11, ...CLASS_TOOLS, TYPES, 'nest-rocketmq', 'rocketmq-core', ...EMBEDDED]);
      await app.copy('nest');
    });

    it.each(RESOLUTIONS)('compiles for $module with $moduleResolution', async (resolution) => {
      await app.write('tsconfig.json', tsconfig({ ...resolution, noEmit: true }));
      expect(await app.compile()).toBe('');
    });

    it('compiles, runs, and is tested by Jest in CommonJS, with a name server and with the cluster inside its process', async () => {
      await app.write('tsconfig.json', tsconfig({ module: 'nodenext' }));
      expect(await app.compile()).toBe('');
      expect((await app.node('dist/main.js')).trim()).toBe('SEND_OK true ORDER-1 paid');
      expect(await app.jest('commonjs', {})).toMatch('1 passed');
      expect((await app.node('dist/main.js', cluster.nameServer)).trim()).toBe('SEND_OK true ORDER-1 paid');
      expect(await app.jest('commonjs', { NAME_SERVER: cluster.nameServer })).toMatch('1 passed');
    });
  });

  for (const { specifier } of promisedDoors(root).filter(({ written }) => !written)) it.todo(`${specifier} is promised and not written`);

  describe.each([
    { version: '12', manifest: { type: 'module' }, nest: NEST_12_ALONE },
    { version: '11', manifest: {}, nest: NEST_11_ALONE },
  ])('doors of nest-rocketmq on Nest $version', ({ version, manifest, nest }) => {
    let app: FreshApp;
    beforeAll(async () => {
      app = await bench.app(`doors-${version}`, manifest, [...nest, TYPES, 'nest-rocketmq', 'rocketmq-core']);
    });

    it('load without the optional packages, or name the one that is missing', async () => {
      const doors = doorsOf(app, 'nest-rocketmq');
      expect(doors.map(({ specifier }) => specifier)).toEqual(
        promisedDoors(root).flatMap((door) => (door.written ? [door.specifier] : [])),
      );
      expect(doors[0]).toEqual({ specifier: 'nest-rocketmq', peers: [], typePeers: [] });
      const loaded = await load(app, doors);
      expect(loaded).toHaveLength(2 * doors.length);
      for (const { specifier, names, error } of loaded) {
        const peers = doors.find((door) => door.specifier === specifier)!.peers.map((peer) => nameOf(peer));
        if (peers.length === 0) expect({ specifier, error, loaded: names > 0 }).toEqual({ specifier, error: '', loaded: true });
        else expect({ specifier, error }).toEqual({ specifier, error: expect.stringMatching(`'(${peers.join('|')})'`) });
      }
    });

    it('load with them, by import and by require, and have types', async () => {
      const doors = doorsOf(app, 'nest-rocketmq');
      const peers = new Set(doors.flatMap((door) => [...door.peers, ...door.typePeers]));
      const ofNest = (peer: string): string => (peer.startsWith('@nestjs/') ? `${nameOf(peer)}@${version}` : peer);
      const wanted = [...peers].flatMap((peer) => (nameOf(peer) === 'rocketmq-embedded' ? EMBEDDED : [ofNest(peer)]));
      await app.install(wanted.map((peer) => bench.source(peer)));
      for (const { specifier, names, error } of await load(app, doors))
        expect({ specifier, error, loaded: names > 0 }).toEqual({ specifier, error: '', loaded: true });
      await app.write('doors.ts', importing(doors.map(({ specifier }) => specifier)));
      await app.write('tsconfig.json', tsconfig({ module: 'nodenext', skipLibCheck: false, noEmit: true }, 'doors.ts'));
      const own = (await app.compile()).split('\n').filter((line) => /^doors\.ts|(nest-rocketmq|rocketmq-[a-z]+)\//.test(line));
      expect(own).toEqual([]);
    });
  });
});

/** `name` of `name@range`. */
const nameOf = (peer: string): string => peer.slice(0, peer.lastIndexOf('@'));

/** A module that uses everything the doors export. */
const importing = (specifiers: readonly string[]): string =>
  [
    ...specifiers.map((specifier, index) => `import * as door${index} from '${specifier}';`),
    `export const names: string[] = [${specifiers.map((_, index) => `...Object.keys(door${index})`).join(', ')}];`,
    '',
  ].join('\n');

const tsconfig = (compilerOptions: object, file = 'main.ts'): object => ({
  compilerOptions: {
    target: 'es2023',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: ['node'],
    outDir: 'dist',
    rootDir: '.',
    ...compilerOptions,
  },
  files: [file],
});
