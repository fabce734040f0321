// Packs the packages of this repository and installs them into applications in temporary directories. Must never link into this repository:
// what runs there is what npm would give.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, succeed } from './shell.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const apps = join(root, 'test/packages/apps');

const PACKAGES = ['libs/rocketmq-core', 'libs/nest-rocketmq', 'libs/rocketmq-embedded', 'apps/namesrv', 'apps/broker'];
const NPM_FLAGS = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

export interface PackedFile {
  readonly path: string;
}

export interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly PackedFile[];
}

/** False, and told loudly, where packages cannot be installed; a CI without its registry fails instead. */
export async function registryAnswers(): Promise<boolean> {
  const { code, output } = await run(tmpdir(), 'npm', ['view', 'rxjs@7', 'version', '--fetch-retries=1', '--fetch-timeout=10000']);
  if (code === 0) return true;
  if (process.env.CI) throw new Error(`the npm registry does not answer, the packages cannot be tested:\n${output}`);
  console.warn('\n*** SKIPPED: the npm registry does not answer, fresh applications cannot be installed. CI runs these tests. ***\n');
  return false;
}

/** A directory with every package as npm would publish it, and applications made from them. */
export class Workbench {
  private constructor(
    readonly directory: string,
    readonly packed: readonly Packed[],
  ) {}

  static async open(): Promise<Workbench> {
    const directory = await mkdtemp(join(tmpdir(), 'nrmq-packages-'));
    await succeed(root, process.execPath, ['tools/build.mjs']);
    const workspaces = PACKAGES.flatMap((path) => ['-w', path]);
    const flags = ['--ignore-scripts', '--json', '--silent', '--pack-destination', directory];
    const output = await succeed(root, 'npm', ['pack', ...flags, ...workspaces]);
    const report: unknown = JSON.parse(output.slice(output.search(/^[[{]/m)));
    return new Workbench(directory, Object.values(report as Packed[]));
  }

  /** What npm is told to install: our tarball, or the name itself. */
  source(wanted: string): string {
    const own = this.packed.find(({ name }) => name === wanted);
    return own === undefined ? wanted : join(this.directory, own.filename);
  }

  /** A new application with nothing but what Nest's own generator writes. */
  async generated(name: string, type: 'esm' | 'cjs', packages: readonly string[]): Promise<FreshApp> {
    const app = new FreshApp(join(this.directory, name));
    await mkdir(app.directory);
    const generator = join(root, 'node_modules/@angular-devkit/schematics-cli/bin/schematics.js');
    await app.node(generator, '@nestjs/schematics:application', `--name=${name}`, '--directory=.', `--type=${type}`);
    // Its test runner and linter are not installed: this repository's are used.
    const { devDependencies: _, ...manifest } = JSON.parse(await readFile(join(app.directory, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    await app.write('package.json', { ...manifest, dependencies: {} });
    await app.install(packages.map((wanted) => this.source(wanted)));
    await mkdir(join(app.directory, 'node_modules/@nestjs'), { recursive: true });
    await mkdir(join(app.directory, 'node_modules/@types'), { recursive: true });
    for (const tool of ['typescript', '@nestjs/schematics', '@types/jest'])
      await symlink(join(root, 'node_modules', tool), join(app.directory, 'node_modules', tool), 'junction');
    return app;
  }

  /** A new application with what `packages` names: of this repository by tarball, all others from the registry. */
  async app(name: string, manifest: object, packages: readonly string[]): Promise<FreshApp> {
    const directory = join(this.directory, name);
    await mkdir(directory);
    await writeFile(join(directory, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true, ...manifest }));
    const app = new FreshApp(directory);
    await app.install(packages.map((wanted) => this.source(wanted)));
    return app;
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

export class FreshApp {
  constructor(readonly directory: string) {}

  async install(packages: readonly string[]): Promise<void> {
    await succeed(this.directory, 'npm', ['install', ...NPM_FLAGS, ...packages]);
  }

  async copy(source: string): Promise<void> {
    await cp(join(apps, source), this.directory, { recursive: true });
  }

  async write(file: string, content: string | object): Promise<void> {
    await mkdir(dirname(join(this.directory, file)), { recursive: true });
    await writeFile(join(this.directory, file), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }

  node(...args: string[]): Promise<string> {
    return succeed(this.directory, process.execPath, ['--disable-warning=ExperimentalWarning', ...args]);
  }

  /** A command of Nest's CLI, run in the application. */
  nest(...args: string[]): Promise<string> {
    return this.node(join(root, 'node_modules/@nestjs/cli/bin/nest.js'), ...args);
  }

  /** The program's output whatever its end: for those that must fail. */
  async outputOf(...args: string[]): Promise<string> {
    return (await run(this.directory, process.execPath, args)).output;
  }

  /** The compiler of this repository over the application's files; returns its complaints. */
  async compile(project = 'tsconfig.json'): Promise<string> {
    return (
      await run(this.directory, process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--pretty', 'false'])
    ).output;
  }

  /** The Jest of this repository over the application's tests, in the format of the application. */
  async jest(format: 'es6' | 'commonjs', env: Record<string, string>): Promise<string> {
    const decorators = { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false };
    const swc = {
      jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform: decorators },
      module: { type: format },
    };
    await this.write('jest.config.json', {
      rootDir: this.directory,
      testEnvironment: 'node',
      testRegex: '\\.(test|spec)\\.ts$',
      modulePathIgnorePatterns: ['/dist/'],
      transform: { '^.+\\.ts$': [join(root, 'node_modules/@swc/jest'), swc] },
      moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
      ...(format === 'es6' ? { extensionsToTreatAsEsm: ['.ts'] } : {}),
    });
    const flags = format === 'es6' ? ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'] : [];
    const args = [...flags, join(root, 'node_modules/jest/bin/jest.js'), '--config', 'jest.config.json', '--runInBand'];
    return succeed(this.directory, process.execPath, args, env);
  }
}
