// Three kinds of test, told apart by the file's name: *.test.ts (unit), *.int.test.ts (real parts), *.e2e.test.ts (whole mesh).
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  modulePathIgnorePatterns: ['<rootDir>/.mesh/'],
  testPathIgnorePatterns: ['/node_modules/', '/.mesh/']
}
const withStack = { ...shared, globalSetup: './infra/local/src/test-stack/setup.ts', globalTeardown: './infra/local/src/test-stack/teardown.ts' }

export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.test.ts'], testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.(int|e2e|long)\\.test\\.ts$'] },
    { ...withStack, displayName: 'int', testMatch: ['**/*.int.test.ts'] },
    { ...withStack, displayName: 'e2e', testMatch: ['**/*.e2e.test.ts'] },
    ...process.env.MESH_TEST_LONG === '1' ? [{ ...withStack, displayName: 'long', testMatch: ['**/*.long.test.ts'] }] : []
  ],
  maxWorkers: 2,
  testTimeout: 60_000
}
