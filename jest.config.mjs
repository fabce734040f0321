const swc = {
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

const shared = {
  testEnvironment: 'node',
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  modulePathIgnorePatterns: ['/dist/'],
  moduleNameMapper: {
    '^rocketmq-core$': '<rootDir>/libs/rocketmq-core/src/index.ts',
    '^rocketmq-core/([^/]+)$': '<rootDir>/libs/rocketmq-core/src/$1/index.ts',
    '^nest-rocketmq$': '<rootDir>/libs/nest-rocketmq/src/index.ts',
    '^nest-rocketmq/([^/]+)$': '<rootDir>/libs/nest-rocketmq/src/$1/index.ts',
    '^rocketmq-embedded$': '<rootDir>/libs/rocketmq-embedded/src/index.ts',
    '^@nest-rocketmq/(namesrv|broker)$': '<rootDir>/apps/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

const project = (displayName, roots, setup) => ({
  ...shared,
  displayName,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testRegex: '\\.spec\\.ts$',
  ...(setup === undefined ? {} : { setupFilesAfterEnv: [`<rootDir>/tools/jest/${setup}.mjs`] }),
});

export default {
  workerIdleMemoryLimit: '512MB',
  reporters: ['default', '<rootDir>/tools/ci/summary-reporter.mjs'],
  projects: [
    project('unit', ['libs', 'apps', 'tools'], 'timeout-60s'),
    project('wire', ['test/wire', 'test/contract'], 'timeout-60s'),
    project('integration', ['test/integration', 'test/e2e', 'test/regression', 'test/docs'], 'timeout-60s'),
    project('interop', ['test/interop'], 'timeout-240s'),
    project('fault', ['test/fault'], 'timeout-240s'),
    project('packages', ['test/packages'], 'timeout-240s'),
  ],
};
