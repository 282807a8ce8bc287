// Two projects: `unit` runs the sources; `build` runs what rollup built, as a consumer would load it (real workers, CLIs, ESM and CJS).
// `ceph` needs a real cluster and runs through `npm run test:ceph`.
const transform = { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.jest.json', diagnostics: false }] };
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/build/', '<rootDir>/test/consumers/'],
};
const relative = { '^(\\.{1,2}/(?:(?!dist/).)*)\\.js$': '$1' };
const sources = {
  '^@cephts/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
  '^@cephts/([^/]+)/([^/]+)$': '<rootDir>/packages/$1/src/$2.ts',
};

export default {
  // for what hangs: how long a test takes is the machine's affair
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/test/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.build\\.test\\.ts$', '<rootDir>/test/ceph/'],
      moduleNameMapper: { ...sources, ...relative },
    },
    {
      ...common,
      displayName: 'build',
      testMatch: ['<rootDir>/packages/*/test/**/*.build.test.ts', '<rootDir>/test/**/*.build.test.ts'],
      moduleNameMapper: relative,
    },
    {
      ...common,
      displayName: 'ceph',
      testMatch: ['<rootDir>/test/ceph/**/*.test.ts'],
      moduleNameMapper: relative,
    },
  ],
};
